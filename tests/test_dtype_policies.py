"""Policies of mixed precision are accepted, kept in files, and computed in float32, which is said once."""

import json
import warnings

import numpy as np
import pytest

import planish as keras
from planish import dtype_policies
from planish.layers import Dense, Input
from planish.models import Sequential, load_model


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch):
    monkeypatch.setattr(dtype_policies, "_said", set())
    yield
    dtype_policies._global[0] = None


def told(use):
    """The warnings of a function."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use()
    return [str(warning.message) for warning in caught]


def model_with(**options):
    return Sequential([Input((3,)), Dense(4, activation="relu", **options), Dense(2, **options)])


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_a_global_policy_is_said_once_and_computed_in_float32(name):
    texts = told(lambda: [keras.mixed_precision.set_global_policy(name), model_with(), model_with()])
    assert len(texts) == 1
    assert texts[0].startswith(f"the policy '{name}' is computed in float32\n")
    assert keras.config.dtype_policy().name == keras.mixed_precision.global_policy().name == name
    assert keras.config.dtype_policy().compute_dtype == name.removeprefix("mixed_")
    layer = Dense(3)
    assert (layer.dtype_policy.name, layer.compute_dtype, layer.variable_dtype) == (name, "float32", "float32")
    assert layer.get_config()["dtype"]["config"] == {"name": name}


def test_the_results_are_those_of_float32():
    keras.utils.set_random_seed(1)
    plain = model_with()
    assert len(told(lambda: Sequential([Dense(2, dtype="mixed_float16"), Dense(2, dtype="mixed_float16")]))) == 1
    mixed = model_with(dtype="mixed_float16")
    mixed.set_weights(plain.get_weights())
    x, y = np.ones((4, 3), np.float32) / 3, np.array([0, 1, 0, 1])
    for model in (plain, mixed):
        optimizer = keras.optimizers.Adam()
        wrapped = optimizer if model is plain else keras.mixed_precision.LossScaleOptimizer(optimizer)
        model.compile(wrapped, "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=3, verbose=0)
    for one, other in zip(plain.get_weights(), mixed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert mixed.predict(x, verbose=0).dtype == np.float32


def test_files_keep_the_policy(tmp_path):
    model = model_with(dtype=keras.DTypePolicy("mixed_bfloat16"))
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5), initial_scale=8.0), "mse")
    model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    model.save(tmp_path / "mixed.keras")
    again = load_model(tmp_path / "mixed.keras")
    assert [layer.dtype_policy.name for layer in again.layers] == ["mixed_bfloat16"] * 2
    assert json.loads(again.to_json())["config"] == json.loads(model.to_json())["config"]
    optimizer = again.optimizer
    assert (type(optimizer).__name__, type(optimizer.inner_optimizer).__name__) == ("LossScaleOptimizer", "Adam")
    assert (optimizer.initial_scale, int(optimizer.iterations), float(optimizer.learning_rate)) == (8.0, 1, 0.5)
    for one, other in zip(model.optimizer.variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.value, other.value)


def test_policies_are_objects():
    policy = keras.dtype_policies.get("mixed_float16")
    assert policy == keras.mixed_precision.Policy("mixed_float16")
    assert policy != keras.DTypePolicy()
    assert (repr(policy), policy.variable_dtype) == ('<DTypePolicy "mixed_float16">', "float32")
    assert keras.dtype_policies.deserialize(keras.dtype_policies.serialize(policy)) == policy
    assert keras.dtype_policies.get({"class_name": "DTypePolicy", "config": {"name": "float32"}}).name == "float32"
    assert keras.dtype_policies.get(None).name == "float32"
    assert len({policy, keras.DTypePolicy("mixed_float16")}) == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda: keras.mixed_precision.set_global_policy("float16"),
        lambda: keras.DTypePolicy("mixed_int8"),
        lambda: keras.dtype_policies.get(5),
        lambda: keras.dtype_policies.deserialize({"class_name": "QuantizedDTypePolicy", "config": {}}),
    ],
)
def test_other_policies_are_refused(use):
    with pytest.raises(ValueError, match="this dtype policy is not supported\n  rule: "):
        use()
