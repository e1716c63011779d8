"""Files that real Keras wrote open here, compute the same, and go on training the same."""

import numpy as np
import pytest

from planish.models import load_model
from planish.saving import optimizer_state

TRAINED = [
    *("adam", "sgd", "adamw", "rmsprop", "adagrad", "nadam", "adafactor", "muon", "ftrl", "accumulating", "scaled"),
    *("adadelta", "lion", "schedule_free", "convolutions"),
]


@pytest.mark.parametrize("name", [*TRAINED, "layers"])
def test_predictions(recorded, outcome, name):
    expected = outcome(name)
    predictions = load_model(recorded(f"{name}.keras")).predict(expected["x"], verbose=0)
    np.testing.assert_allclose(predictions, expected["predictions"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", TRAINED)
def test_the_next_step_of_training(recorded, outcome, name):
    """It depends on all that was saved: slots, number of steps, settings, loss."""
    expected = outcome(name)
    model = load_model(recorded(f"{name}.keras"))
    assert int(model.optimizer.batches_done) == 3
    model.train_on_batch(expected["x"], expected["y"])
    for number, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, expected[f"weight_{number}"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", TRAINED)
def test_the_optimizer_after_the_next_step(recorded, outcome, name):
    expected = outcome(name)
    model = load_model(recorded(f"{name}.keras"))
    model.train_on_batch(expected["x"], expected["y"])
    state = optimizer_state.arrays(model.optimizer, model.trainable_weights)
    assert len(state) == sum(key.startswith("state_") for key in expected)
    for number, (array, variable) in enumerate(zip(state, model.optimizer.variables, strict=True)):
        if variable.name == "step_counter":  # nothing is scaled here
            continue
        np.testing.assert_allclose(array, expected[f"state_{number}"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", TRAINED)
def test_saved_again_it_is_the_same(recorded, outcome, tmp_path, name):
    expected = outcome(name)
    load_model(recorded(f"{name}.keras")).save(tmp_path / "again.keras")
    model = load_model(tmp_path / "again.keras")
    model.train_on_batch(expected["x"], expected["y"])
    for number, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, expected[f"weight_{number}"], rtol=1e-4, atol=1e-6)


def test_a_model_that_was_not_compiled(recorded):
    model = load_model(recorded("layers.keras"))
    assert model.optimizer is None
    assert model.name == "layers"
    assert model.get_layer("head").layers[0].name.startswith("conv2d")


def test_without_compiling(recorded):
    assert load_model(recorded("adam.keras"), compile=False).optimizer is None


def test_names_and_shapes(recorded):
    model = load_model(recorded("adam.keras"))
    assert [layer.name for layer in model.layers] == [
        "conv2d", "batch_normalization", "max_pooling2d", "conv2d_1", "leaky_re_lu", "flatten", "dense",
    ]  # fmt: skip
    assert model.input_shape == (None, 6, 7, 1)
    assert model.loss == "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lambda.keras", "holds code, which is never run\n"),
        ("recurrent.keras", "Keras has keras.layers.LSTM; planish does not"),
    ],
)
def test_models_that_planish_has_not(recorded, name, message):
    path = recorded(name)
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path)
    assert repr(str(path)) in str(caught.value)


def test_a_functional_model(recorded):
    model = load_model(recorded("functional.keras"))
    assert [layer.class_name for layer in model.layers] == ["InputLayer", "Flatten", "Dense"]
    assert model.predict(np.ones((2, *model.input_shape[1:])), verbose=0).shape == (2, 2)


def test_the_layer_is_named(recorded):
    with pytest.raises(ValueError, match="layer 'memory' of"):
        load_model(recorded("recurrent.keras"))
    with pytest.raises(ValueError, match="received: Lambda 'twice'"):
        load_model(recorded("lambda.keras"))


def test_code_is_not_run_in_unsafe_mode_either(recorded):
    with pytest.raises(ValueError, match="holds code, which is never run"):
        load_model(recorded("lambda.keras"), safe_mode=False)
