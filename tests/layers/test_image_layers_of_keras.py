"""Image layers against real Keras: values where nothing is left to chance, otherwise means and deviations."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import layers

from . import image_cases as cases

RECORDED = json.loads((Path(__file__).parent / "recorded_image_layers.json").read_text(encoding="utf-8"))
CERTAIN = [(name, options, place) for name, each in cases.CERTAIN.items() for place, options in enumerate(each)]


def recorded(entry, key):
    return np.reshape(entry[key], entry["shape"])


@pytest.mark.parametrize(("name", "options", "place"), CERTAIN)
def test_settings_that_leave_no_choice(name, options, place):
    expected = recorded(RECORDED["certain"][name][place], "values")
    y = getattr(layers, name)(**options)(cases.image()[None], training=True)[0]
    np.testing.assert_allclose(y, expected, atol=5e-3)


@pytest.mark.parametrize(("place", "case"), [*enumerate(cases.SMART)])
def test_smart_resize(place, case):
    size, options = case
    y = keras.preprocessing.image.smart_resize(cases.image(), size, **options)
    np.testing.assert_allclose(y.ravel(), RECORDED["smart_resize"][place], atol=5e-3)


def drawn(name, options):
    """Many images, each changed at random."""
    layer, x = getattr(layers, name.partition(" ")[0])(seed=5, **options), cases.image()
    if name in ("CutMix", "MixUp"):
        batch = np.stack([x, x[::-1, ::-1]] * 10)
        return np.concatenate([layer(batch, training=True)[::2] for _ in range(cases.IMAGES // 20)])
    if name == "RandomCrop":  # one place for each call
        return np.concatenate([layer(x[None], training=True) for _ in range(cases.FEW_IMAGES)])
    return layer(np.repeat(x[None], cases.IMAGES, 0), training=True)


@pytest.mark.parametrize("name", cases.RANDOM)
def test_means_and_deviations_of_what_is_drawn(name):
    entry, y = RECORDED["random"][name], drawn(name, cases.RANDOM[name])
    few = cases.FEW_IMAGES if name in cases.BY_BATCH else len(y)
    mean, deviation = (recorded(entry, key) for key in ("mean", "deviation"))
    error = deviation * np.sqrt(1 / few + 1 / len(y)) + 0.05
    assert np.abs(y.mean(0) - mean).max() < (5 * error).max()
    assert (np.abs(y.mean(0) - mean) < 6 * error).all()
    assert np.abs(y.std(0).mean() - deviation.mean()) < 0.1 * deviation.mean()
