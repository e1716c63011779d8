"""Every public attribute of Keras's models, layers, optimizers, metrics and losses is there, or it is told."""

import copy
import json
import pickle

import pytest

import planish as keras
from planish.absent import attributes
from tests.keras.record_attributes import PATH, objects

NAMES = json.loads(PATH.read_text())


@pytest.mark.parametrize("kind", NAMES)
def test_every_attribute_is_there_or_told(kind):
    item = objects(keras)[kind]
    for name in NAMES[kind]:
        if not hasattr(item, name):
            with pytest.raises(AttributeError, match=rf"^Keras has \w+\.{name}; planish does not\n  remedy: "):
                getattr(item, name)


@pytest.mark.parametrize("kind", ["Layer", "Metric", "Loss"])
def test_the_tables_have_no_name_that_keras_does_not_have(kind):
    assert attributes.names(kind) <= {*NAMES[kind]}


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("Model", "compute_metrics", "Keras has Model.compute_metrics; planish does not\n  remedy: a metric of your"),
        (
            "Model",
            "fit_generator",
            "Keras 2 had Model.fit_generator; planish does not\n  remedy: model.fit(generator)",
        ),
        ("Model", "predict_classes", "remedy: model.predict(x).argmax(axis=-1)"),
        ("Model", "add_update", "Keras 2 had Layer.add_update; planish does not"),
        ("Optimizer", "lr", "Keras 2 had Optimizer.lr; planish does not\n  remedy: optimizer.learning_rate"),
        ("Metric", "reset_states", "Keras 2 had Metric.reset_states; planish does not\n  remedy: metric.reset_state()"),
    ],
)
def test_texts(kind, name, text):
    item = objects(keras)[kind]
    assert not hasattr(item, name)
    with pytest.raises(AttributeError) as caught:
        getattr(item, name)
    assert text in str(caught.value)


@pytest.mark.parametrize("kind", NAMES)
def test_other_attributes_are_missing_as_usual(kind):
    item = objects(keras)[kind]
    with pytest.raises(AttributeError, match=r"object has no attribute 'foo'$"):
        item.foo  # noqa: B018
    assert copy.deepcopy(item) is not None
    assert pickle.loads(pickle.dumps(item)) is not None


def test_an_error_in_a_property_is_the_propertys_own():
    class Odd(keras.layers.Layer):
        @property
        def rate(self):
            return self.nothing

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        Odd().rate  # noqa: B018


def test_setting_the_learning_rate_under_its_old_name_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(AttributeError, match=r"Keras 2 had Optimizer\.lr; planish does not"):
        optimizer.lr = 0.1
