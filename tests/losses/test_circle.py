"""Circle loss in models: trained as Keras trains (recorded by `record_circle.py`: 3.15.1 on TensorFlow), compiled and
interpreted, with the same bits on any number of threads; and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import losses, primitives
from planish.graph.graph import Graph
from planish.primitives.circle_sums import CircleSettings, circle_sums
from planish.primitives.interpreter import interpret
from tests.losses import cases

RECORDED = json.loads((Path(__file__).parent / "recorded_circle.json").read_text(encoding="utf-8"))


def embedding(**settings):
    model = keras.Sequential(
        [keras.Input((11,)), keras.layers.Dense(5, activation="tanh"), keras.layers.UnitNormalization()]
    )
    model.set_weights([cases.CIRCLE_KERNEL, np.zeros(5)])
    model.compile(keras.optimizers.SGD(0.01), **settings)
    return model


@pytest.mark.parametrize("name", [name for name in RECORDED if name != "references"])
def test_a_training_is_that_of_keras(name):
    reduction, weighted = name.split()
    weights = np.linspace(0.5, 2.0, len(cases.MANY)) if weighted == "weighted" else None
    model = embedding(loss=losses.Circle(gamma=6.0, margin=0.2, reduction=reduction))
    history = model.fit(
        cases.MANY, cases.MANY_PEOPLE, batch_size=8, epochs=3, sample_weight=weights, shuffle=False, verbose=0
    )
    np.testing.assert_allclose(history.history["loss"], RECORDED[name]["loss"], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0].ravel(), RECORDED[name]["kernel"], atol=2e-5)


def test_the_function_takes_references_as_that_of_keras():
    found = losses.circle(
        cases.PEOPLE[:3], cases.DIRECTIONS[:3], cases.PEOPLE[2:], cases.DIRECTIONS[2:], gamma=5.0, margin=0.3
    )
    np.testing.assert_allclose(found, RECORDED["references"], rtol=1e-5)
    same = losses.circle(cases.PEOPLE, cases.DIRECTIONS)
    np.testing.assert_allclose(same, losses.Circle(reduction="none")(cases.PEOPLE, cases.DIRECTIONS), rtol=1e-6)


def test_the_name_and_a_loss_of_ones_own_are_the_class():
    x, y = cases.MANY, cases.MANY_PEOPLE[:, None]
    expected = embedding(loss=losses.Circle()).evaluate(x, y, verbose=0)
    assert embedding(loss="circle").evaluate(x, y, verbose=0) == expected
    own = embedding(loss=lambda y_true, y_pred: losses.circle(y_true, y_pred, y_true, y_pred))
    given = losses.circle(y, embedding(loss="circle").predict(x, verbose=0)).numpy()
    assert own.evaluate(x, y, verbose=0) == pytest.approx(given.mean(), rel=1e-4)


def test_threads_change_no_bit():
    found = []
    for threads in (1, 2, 3):
        keras.set_num_threads(threads)
        model = embedding(loss="circle")
        model.fit(cases.MANY, cases.MANY_PEOPLE, batch_size=11, epochs=2, shuffle=False, verbose=0)
        found.append(model.get_weights()[0].tobytes())
    keras.set_num_threads(None)
    assert found[0] == found[1] == found[2]


def test_one_vector_that_is_not_a_number_reaches_its_pairs_and_nothing_else_is_undefined():
    x = primitives.input_("x", (3,))
    labels = primitives.input_("labels", (), "i32")
    y = circle_sums(x, labels, x, labels, CircleSettings(gamma=1.0, margin=0.4, without_self=True))
    given = np.eye(4, 3, dtype=np.float32)
    found = interpret(Graph.build({"y": y}), {"x": given, "labels": np.arange(4, dtype=np.int32)}).outputs["y"]
    assert (found[:, 0] == -np.inf).all()
    given[0, 0] = np.nan
    found = interpret(Graph.build({"y": y}), {"x": given, "labels": np.zeros(4, np.int32)}).outputs["y"]
    assert np.isnan(found[:, 0]).all()
    assert (found[:, 1] == -np.inf).all()


def test_images_without_pairs_learn_nothing_and_lose_nothing():
    model = embedding(loss="circle")
    assert model.train_on_batch(cases.MANY[:6], np.arange(6)) == 0
    np.testing.assert_array_equal(model.get_weights()[0], cases.CIRCLE_KERNEL)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Circle(gamma="x"), "loss 'circle': `gamma` is not a number"),
        (lambda: losses.Circle()(np.zeros(3), np.zeros((3, 2, 2))), "needs one vector of each image"),
        (lambda: losses.Circle()(np.full(3, 0.5), np.eye(3)), "needs whole class numbers"),
        (lambda: losses.Circle()([2**40, 0, 0], np.eye(3)), "a label is too large"),
        (lambda: losses.circle([0, 0], np.eye(2), [0, 0, 1], np.eye(2)), "images and references do not fit"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_references_in_a_model_are_of_its_batch():
    model = embedding(loss=lambda y_true, y_pred: losses.circle(y_true, y_pred, ref_embeddings=np.eye(5)))
    with pytest.raises(TypeError, match="references are of the batch, not arrays"):
        model.evaluate(cases.MANY, cases.MANY_PEOPLE, verbose=0)
