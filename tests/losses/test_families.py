"""Focal losses, losses of regions and the generalized cross-entropy are those of Keras (recorded by
`record_families.py`: 3.15.1 on TensorFlow), trained and told."""

import json
from pathlib import Path

import numpy as np
import pytest

from planish import losses, primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.layers import Conv2D, Dense, Input
from planish.models import Sequential
from planish.primitives.interpreter import interpret
from planish.utils import set_random_seed
from tests.losses import cases

RECORDED = json.loads((Path(__file__).parent / "recorded_families.json").read_text(encoding="utf-8"))
PAIRS = list(zip(cases.CASES, RECORDED, strict=True))
CLOSE = {"rtol": 2e-5, "atol": 1e-6}


def told(value):
    return value[0] if isinstance(value, tuple) else ""


def made(case, **more):
    return getattr(losses, case[0])(**case[1], **more)


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_values_are_those_of_keras(case, recorded):
    targets, outputs = cases.ARRAYS[case[2]]
    for reduction, expected in recorded["values"].items():
        np.testing.assert_allclose(np.ravel(made(case, reduction=reduction)(targets, outputs)), expected, **CLOSE)
    for reduction, expected in recorded["weighted"].items():
        value = made(case, reduction=reduction)(targets, outputs, sample_weight=cases.weights(case))
        np.testing.assert_allclose(np.ravel(value), expected, **CLOSE)


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_gradients_are_those_of_keras(case, recorded):
    loss, (targets, outputs) = made(case), cases.ARRAYS[case[2]]
    y = primitives.input_("y", targets.shape[1:], "i32" if loss.target_kind == "labels" else "f32")
    p = primitives.input_("p", outputs.shape[1:])
    mean = primitives.divide(primitives.batch_sum(loss.per_sample(y, p)), primitives.batch_size())
    graph = Graph.build({"gradient": gradients(mean, [p])[0]})
    found = interpret(graph, {"y": targets, "p": outputs}).outputs["gradient"]
    np.testing.assert_allclose(found.ravel(), recorded["gradient"], rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_configurations_are_those_of_keras(case, recorded):
    again = losses.deserialize(losses.serialize(made(case)))
    assert json.loads(json.dumps(again.get_config())) == recorded["config"]


@pytest.mark.parametrize("name", ["Dice", "Tversky", "BinaryFocalCrossentropy"])
def test_maps_are_trained_as_the_interpreter_trains_them(name):
    random = np.random.default_rng(2)
    x, y = random.random((7, 6, 5, 1), dtype=np.float32), (random.random((7, 6, 5, 2)) > 0.5).astype(np.float32)
    results = []
    for eagerly in (False, True):
        set_random_seed(4)
        model = Sequential([Input((6, 5, 1)), Conv2D(2, 3, padding="same", activation="sigmoid")])
        model.compile("adam", getattr(losses, name)(), run_eagerly=eagerly)
        history = model.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0)
        results.append([*model.get_weights(), history.history["loss"], model.evaluate(x, y, batch_size=3, verbose=0)])
    for compiled, interpreted in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, interpreted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", [losses.CategoricalFocalCrossentropy(), losses.CategoricalGeneralizedCrossEntropy()])
def test_a_saturated_softmax_still_learns(loss):
    model = Sequential([Input((2,)), Dense(2, activation="softmax")])
    model.compile("sgd", loss)
    model.set_weights([np.array([[200.0, -200.0], [0.0, 0.0]]), np.zeros(2)])
    wrong = np.array([[1.0, 0.0]], np.float32)
    targets = np.array([1]) if loss.target_kind == "labels" else np.array([[0.0, 1.0]])
    assert np.isfinite(model.train_on_batch(wrong, targets))
    assert np.isfinite(model.get_weights()[0]).all()
    focal = isinstance(loss, losses.CategoricalFocalCrossentropy)
    assert (model.get_weights()[0][0, 0] < 200.0) == focal  # the generalized one gives such an image up, by design


def test_functions_take_what_classes_take():
    targets, outputs = cases.ARRAYS["masks"]
    assert float(losses.dice(targets, outputs)) == pytest.approx(float(losses.Dice()(targets, outputs)))
    assert losses.dice(targets, outputs, axis=(1, 2)).shape == (3, 2)
    assert float(losses.dice([1.0, 0.0], [1.0, 1.0])) == pytest.approx(1 / 3)
    assert losses.get("tversky").name == "tversky"
    assert type(losses.get(losses.categorical_focal_crossentropy)) is losses.CategoricalFocalCrossentropy


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: losses.Dice(axis=1.5),
            r"`axis` is not an axis, or several\n  expected: None, an integer",
        ),
        (
            lambda: losses.Dice(axis=(1, 5))(*cases.ARRAYS["masks"]),
            r"these are not axes of the outputs\n",
        ),
        (lambda: losses.Tversky(axis=(1, -3))(*cases.ARRAYS["masks"]), "each of them once"),
        (lambda: losses.Tversky(alpha="x"), r"loss 'tversky': `alpha` is not a number"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1), "`gamma` is wrong\n  expected: a finite number, 0 or more"),
        (
            lambda: losses.CategoricalFocalCrossentropy(alpha=[0.5, 0.5])(*cases.ARRAYS["shares"]),
            "`alpha` is a list of another length\n  expected: a number, or 3 of them",
        ),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1), "`q` is not between 0 and 1"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
