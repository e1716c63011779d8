"""Warnings are told at the user's own line."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import layers

SOURCES = Path(keras.__file__).parent


def fitted_with_few_rows():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), batch_size=2, steps_per_epoch=3, epochs=2, verbose=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.LayerNormalization(rms_scaling=True),
        lambda: layers.Dense(2, dtype="mixed_float16"),
        lambda: keras.callbacks.ModelCheckpoint("model.keras", mode="other"),
        fitted_with_few_rows,
    ],
)
def test_a_warning_names_the_line_that_led_to_it(make):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make()
    assert told
    assert {each.filename for each in told} == {__file__}


def test_all_warnings_are_told_this_way():
    files = [path for path in SOURCES.rglob("*.py") if "warnings.warn(" in path.read_text(encoding="utf-8")]
    assert [path.name for path in files] == ["warned.py"]
