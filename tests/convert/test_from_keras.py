"""Living models of Keras: here planish's own stand in for them, behind what Keras shows of its models."""

import numpy as np
import pytest

import planish
from planish import layers
from planish.convert import from_keras


class KerasModel:
    """A model of Keras: it writes files, predicts, and knows its inputs."""

    __module__ = "keras.src.models.model"
    built = True

    def __init__(self, model, error=0.0):
        self.model, self.error = model, error
        self.name, self.input = model.name, model.input

    def save(self, path):
        self.model.save(path)

    def predict_on_batch(self, x):
        self.seen = x.shape
        return self.model.predict_on_batch(x) + self.error


def classifier():
    model = planish.Sequential(
        [planish.Input((None, 6, 2)), layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    model.compile("sgd", "mse")
    return model


def test_layers_weights_and_compilation_come_along():
    model = classifier()
    made = from_keras(KerasModel(model))
    assert [layer.name for layer in made.layers] == [layer.name for layer in model.layers]
    assert all(np.array_equal(a, b) for a, b in zip(made.get_weights(), model.get_weights(), strict=True))
    assert made.loss == "mse"


def test_as_many_images_are_compared_as_the_model_takes():
    x = planish.Input(batch_shape=(3, 5))
    model = KerasModel(planish.Model(x, layers.Dense(2)(x)))
    from_keras(model)
    assert model.seen == (3, 5)


class SequentialOfKeras(KerasModel):
    @property
    def input(self):
        raise AttributeError("The layer sequential has never been called and thus has no defined input.")

    @input.setter
    def input(self, tensor):
        self.inputs = [tensor]


def test_models_of_keras_that_have_inputs_but_no_input():
    assert len(from_keras(SequentialOfKeras(classifier())).layers) == 3


def text_of(kind, use):
    with pytest.raises(kind) as caught:
        use()
    return str(caught.value).splitlines()


def test_other_numbers_are_refused():
    lines = text_of(ValueError, lambda: from_keras(KerasModel(classifier(), error=1.0)))
    assert lines[0].endswith("the converted model gives other numbers than Keras's")
    assert lines[2].endswith(" apart")


def test_what_is_not_a_model_of_keras():
    assert text_of(TypeError, lambda: from_keras(classifier()))[0] == "from_keras: this is not a model of Keras"
    assert text_of(TypeError, lambda: from_keras("model.keras"))[-1] == "  remedy:   planish.models.load_model(path)"


def test_a_model_without_weights():
    model = KerasModel(classifier())
    model.built = False
    assert "has no weights before it knows" in text_of(ValueError, lambda: from_keras(model))[0]
