"""Compiled models that Keras 2 wrote open here, compute the same, and go on training the same."""

import numpy as np
import pytest

from planish.models import load_model
from planish.optimizers import Adam
from planish.optimizers.schedules import InverseTimeDecay
from planish.saving.older import compile_settings as keras2

WITH_STATE = ["adam", "adamw", "rmsprop", "sgd"]
ADAM = {"name": "Adam", "learning_rate": 0.001, "jit_compile": True, "is_legacy_optimizer": False}


@pytest.mark.parametrize("name", [*WITH_STATE, "legacy"])
def test_predictions_and_loss(recorded, outcome, name):
    expected = outcome(f"keras2_{name}")
    model = load_model(recorded(f"keras2_{name}.keras"))
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["predictions"], rtol=1e-5, atol=1e-6)
    results = model.evaluate(expected["x"], expected["y"], verbose=0, return_dict=True)
    assert results["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize("name", WITH_STATE)
def test_the_next_step_of_training(recorded, outcome, name):
    expected = outcome(f"keras2_{name}")
    model = load_model(recorded(f"keras2_{name}.keras"))
    assert int(model.optimizer.iterations) == 3
    model.train_on_batch(expected["x"], expected["y"])
    for number, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, expected[f"weight_{number}"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", WITH_STATE)
def test_saved_here_it_is_a_file_of_keras_3(recorded, outcome, tmp_path, name):
    expected = outcome(f"keras2_{name}")
    load_model(recorded(f"keras2_{name}.keras")).save(tmp_path / "again.keras")
    model = load_model(tmp_path / "again.keras")
    assert int(model.optimizer.iterations) == 3
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["predictions"], rtol=1e-5, atol=1e-6)


def test_the_decay_of_a_legacy_optimizer_is_a_schedule(recorded):
    optimizer = load_model(recorded("keras2_legacy.keras")).optimizer
    schedule = optimizer.get_config()["learning_rate"]
    assert schedule["class_name"] == "InverseTimeDecay"
    assert optimizer.learning_rate == pytest.approx(0.01)
    assert InverseTimeDecay.from_config(schedule["config"])(10) == pytest.approx(0.01 / 2)


def test_classes_as_keras_2_12_named_them():
    adam = {"module": "keras.optimizers", "class_name": "Custom>Adam", "config": ADAM, "registered_name": "Custom>Adam"}
    settings = keras2.modern({"optimizer": adam, "loss": "mse", "run_eagerly": None, "steps_per_execution": None})
    assert settings["optimizer"]["class_name"] == "Adam"
    assert Adam.from_config(settings["optimizer"]["config"]).learning_rate == pytest.approx(0.001)
    assert (settings["run_eagerly"], settings["steps_per_execution"]) == (False, 1)


def test_settings_of_keras_3_stay_as_they_are():
    config = {
        "optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {"beta_1": 0.8}},
        "loss": {"module": "keras.losses", "class_name": "Huber", "config": {"reduction": "sum"}},
        "metrics": ["accuracy", None],
        "run_eagerly": True,
        "steps_per_execution": 3,
    }
    modern = keras2.modern(config)
    assert modern.pop("optimizer")["config"] == {"beta_1": 0.8}
    assert modern == {name: value for name, value in config.items() if name != "optimizer"}
