"""Image layers against real Keras: values where nothing is left to chance, otherwise means and deviations."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import layers, primitives
from planish.graph.graph import Graph
from planish.layers.preprocessing.random_elastic_transform import blurred
from planish.layers.preprocessing.warping import Warp, warped
from planish.primitives.interpreter import interpret

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


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize(("place", "corners"), [*enumerate(cases.CORNERS)])
def test_images_seen_from_where_the_corners_are_told_to_go(place, corners, interpolation):
    layer = layers.RandomPerspective(interpolation=interpolation, fill_value=7.0)
    numbers = [primitives.constant(number) for number in (0.5, 0.0, *(each + 0.5 for each in corners))]
    x = primitives.input_("x", cases.SHAPE)
    graph = Graph.build({"y": warped(Warp(x, (layer.move(cases.SHAPE, numbers),), layer.reading))})
    y = interpret(graph, {"x": cases.image()[None]}).outputs["y"]
    np.testing.assert_allclose(y.ravel(), RECORDED["corners"][interpolation][place], atol=5e-3)


@pytest.mark.parametrize(("place", "deviation"), [*enumerate(cases.DEVIATIONS)])
def test_noise_is_blurred_as_that_of_keras(place, deviation):
    made = blurred(primitives.table(cases.noise()), primitives.constant(deviation), 2.0)
    y = interpret(Graph.build({"y": made}), {}).outputs["y"]
    np.testing.assert_allclose(y.ravel(), RECORDED["blurred"][place], atol=1e-5)


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


def test_an_elastic_image_is_read_beside_its_places():
    """Pixels are the number of their column, and in the second channel that of their row: they say where they are."""
    shape, count = (40, 60), 200
    rows, columns = np.indices(shape, np.float32)
    x = np.repeat(np.stack([columns, rows], -1)[None], count, 0)
    layer = layers.RandomElasticTransform((0.75, 0.75), (0.8, 0.8), fill_mode="mirror", seed=1)
    moved = layer(x, training=True) - x
    changed = moved.any((1, 2, 3))
    assert 0.65 * count < changed.sum() < 0.85 * count
    inner = moved[changed][:, 15:-15, 15:-15]
    sigma, alpha = 0.05 * 40 * 0.8, 0.1 * 60 * 0.8
    weights = np.exp(-0.5 * (np.arange(-3, 4) / sigma) ** 2)
    expected = alpha * sigma * ((weights / weights.sum()) ** 2).sum()
    assert inner.std() == pytest.approx(expected, rel=0.03)
    assert abs(np.corrcoef(inner[..., 0].ravel(), inner[..., 1].ravel())[0, 1]) < 0.05
    side = np.corrcoef(inner[:, :, :-1, 0].ravel(), inner[:, :, 1:, 0].ravel())[0, 1]
    assert side == pytest.approx((weights[1:] * weights[:-1]).sum() / (weights**2).sum(), abs=0.03)
