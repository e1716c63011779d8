"""Metrics that are functions of operations are part of the compiled step; others get arrays. The values are Keras's."""

import json

import numpy as np
import pytest

import planish as keras
from planish import ops
from planish.layers import Dense, Input
from tests.of_ones_own.record_compiled_metrics import BITS, CLASSES, COUNT, PATH, WEIGHTS, X, metrics, model_for, run

RECORDED = json.loads(PATH.read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_values_are_those_of_keras(name):
    ours = run(keras, name)
    for what, theirs in RECORDED[name].items():
        assert set(ours[what]) == set(theirs)
        for key, value in theirs.items():
            np.testing.assert_allclose(ours[what][key], value, rtol=1e-5, atol=1e-6, err_msg=f"{what} {key}")


def counted(function):
    """The function, and what it was called with."""
    calls = []

    def wrapped(t, p):
        calls.append(type(p).__name__)
        return function(t, p)

    wrapped.__name__ = function.__name__
    return wrapped, calls


def model_with(*chosen, **settings):
    model = keras.Sequential([Input((4,)), Dense(3, "sigmoid")])
    model.compile("sgd", "mse", metrics=[*chosen], **settings)
    return model


def images_alone(t, p):
    return ops.mean(ops.abs(t - p), axis=-1)


def whole_batch(t, p):
    return ops.max(ops.abs(t - p))


def with_numpy(t, p):
    return np.abs(np.asarray(t) - np.asarray(p)).mean(axis=-1)


def with_if(t, p):
    return ops.abs(t - p) if p[0, 0] >= 0 else p


def with_equality(t, p):
    return ops.mean(ops.where(t == ops.round(p), 1.0, 0.0) + 0 * p, axis=-1)


def without_a_tensor(t, p):
    return 1.0


@pytest.mark.parametrize(("function", "arrays"), [
    (images_alone, 0), (whole_batch, 0), (with_numpy, 7), (with_if, 7), (with_equality, 7), (without_a_tensor, 7),
])  # fmt: skip
def test_a_function_sees_arrays_only_if_it_needs_them(function, arrays):
    wrapped, calls = counted(function)
    history = model_with(wrapped).fit(X, BITS, batch_size=8, verbose=0).history
    assert (calls.count("SymbolicTensor"), calls.count("Tensor")) == (1, arrays)
    eager = model_with(function, run_eagerly=True)
    assert {*history} == {function.__name__, "loss"}
    assert eager.fit(X, BITS, batch_size=8, verbose=0).history.keys() == history.keys()


def test_evaluate_gives_arrays_to_what_depends_on_the_batch():
    wrapped, calls = counted(whole_batch)
    model = model_with(wrapped)
    compiled = model.evaluate(X, BITS, batch_size=8, verbose=0)[1]
    assert calls == ["SymbolicTensor", *["Tensor"] * 7]
    expected = [np.abs(BITS[i : i + 8] - model.predict(X[i : i + 8], verbose=0)).max() for i in range(0, COUNT, 8)]
    np.testing.assert_allclose(compiled, np.mean(expected), rtol=1e-6)


@pytest.mark.parametrize("name", ["bits", "batches", "classes"])
def test_interpreted_and_compiled_metrics_agree(name):
    y, chosen = metrics(keras)[name][1:]
    compiled, eager = (model_for(keras, name, chosen, run_eagerly=eagerly) for eagerly in (False, True))
    for model in (compiled, eager):
        model.fit(X, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    found, expected = (model.evaluate(X, y, batch_size=8, verbose=0) for model in (compiled, eager))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_metrics_change_no_bit_of_the_weights():
    plain, measured = model_with(), model_with(images_alone, whole_batch)
    measured.set_weights(plain.get_weights())
    for model in (plain, measured):
        model.fit(X, BITS, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(plain.get_weights(), measured.get_weights(), strict=True):
        assert (one == other).all()


def test_each_output_has_its_own():
    def doubled(t, p):
        return 2 * ops.mean(ops.abs(t - p), axis=-1)

    x = Input((4,))
    model = keras.Model(x, [Dense(3, name="bits")(x), Dense(3, "softmax", name="kind")(x)])
    weighted = {"bits": [images_alone]}
    model.compile(
        "sgd",
        {"bits": "mse", "kind": "sparse_categorical_crossentropy"},
        metrics={"bits": [images_alone, doubled], "kind": [with_numpy]},
        weighted_metrics=weighted,
    )
    y = {"bits": BITS, "kind": CLASSES.reshape(-1, 1)}
    sample_weight = {"bits": WEIGHTS, "kind": np.ones(COUNT)}
    model.fit(X, y, sample_weight=sample_weight, batch_size=16, verbose=0)
    found = model.evaluate(X, y, sample_weight=sample_weight, return_dict=True, verbose=0)
    bits, kinds = model.predict(X, verbose=0)
    errors = np.abs(BITS - bits).mean(axis=-1)
    assert found["bits_images_alone"] == pytest.approx(errors.mean(), rel=1e-5)
    assert found["bits_doubled"] == pytest.approx(2 * errors.mean(), rel=1e-5)
    assert found["bits_weighted_images_alone"] == pytest.approx(np.average(errors, weights=WEIGHTS), rel=1e-5)
    assert found["kind_with_numpy"] == pytest.approx(np.abs(y["kind"] - kinds).mean(), rel=1e-5)


def test_batches_of_a_generator():
    def batches():
        for start in range(0, COUNT, 8):
            yield X[start : start + 8], BITS[start : start + 8]

    wrapped, calls = counted(images_alone)
    one, other = model_with(wrapped), model_with(with_numpy)
    other.set_weights(one.get_weights())
    found = one.fit(batches(), verbose=0).history["images_alone"]
    assert calls == ["SymbolicTensor"]
    np.testing.assert_allclose(found, other.fit(batches(), verbose=0).history["with_numpy"], rtol=1e-5)


def test_sizes_that_come_with_the_data():
    image = Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(image))
    model.compile("sgd", "mse", metrics=[images_alone])
    for size in (5, 7):
        x, y = np.ones((4, size, size, 3)), np.zeros((4, size - 2, size - 2, 1))
        expected = np.abs(model.predict(x, verbose=0)).mean()
        assert model.evaluate(x, y, verbose=0)[1] == pytest.approx(expected, rel=1e-5)


def test_a_variable_is_read_at_every_step():
    factor = keras.backend.variable(1.0)

    def scaled(t, p):
        return factor * ops.mean(ops.abs(t - p), axis=-1)

    model = model_with(scaled)
    before = model.evaluate(X, BITS, verbose=0)[1]
    factor.assign(2.0)
    assert model.evaluate(X, BITS, verbose=0)[1] == pytest.approx(2 * before)


def test_names_of_layers_go_on_as_if_nothing_had_been_traced():
    keras.utils.clear_session(free_memory=False)
    model_with(images_alone).fit(X, BITS, verbose=0)
    assert (Input((2,)) + 1).call.layer.name == "add"
    assert Dense(1).name == "dense_1"


def test_equality_is_refused_only_in_place_of_arrays():
    x = Input((4,))
    assert x == x.call.outputs[0]
