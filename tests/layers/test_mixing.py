"""CutMix and MixUp: what is mixed with what, in images and in labels, on arrays and in models."""

import numpy as np
import pytest

import planish as keras
from planish import layers, primitives
from planish.graph.graph import Graph
from planish.layers.preprocessing import betas
from planish.primitives.interpreter import interpret

from .checked import check_gradients
from .support import error_of, images

MIXING = {"CutMix": lambda **o: layers.CutMix((0.5, 1.0), **o), "MixUp": lambda **o: layers.MixUp(0.5, **o)}


@pytest.mark.parametrize("name", MIXING)
@pytest.mark.parametrize("shape", [(5, 4, 3, 2), (3, 40, 36, 3)])  # less than a part of a kernel, and more
def test_compiled_code_and_gradients(name, shape):
    x, after = images(*shape), []
    if shape[1] < 9:
        check_gradients(MIXING[name](), x)
    for eagerly in (True, False):
        keras.utils.set_random_seed(5)
        inner = [layers.Dense(shape[-1]), MIXING[name](), layers.Flatten(), layers.Dense(2, "tanh")]
        model = keras.Sequential([keras.Input(shape[1:]), *inner])
        model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=eagerly)
        for seed in (1, 2):
            model.train_on_batch(x, images(len(x), 2, seed=seed))
        after.append(model.get_weights())
    for interpreted, compiled in zip(*after, strict=True):
        np.testing.assert_allclose(compiled, interpreted, rtol=1e-4, atol=1e-5)


def mixed(layer, count=40):
    """Images that say which one they are, and labels."""
    x = np.broadcast_to(np.arange(count, dtype=np.float32)[:, None, None, None], (count, 6, 8, 3)).copy()
    return x, layer({"images": x, "labels": np.eye(count)}, training=True)


def test_mixed_images_and_labels_have_the_same_weights():
    x, y = mixed(layers.MixUp(1.0))
    np.testing.assert_allclose(np.tensordot(y["labels"], x, 1), y["images"], atol=1e-4)
    np.testing.assert_allclose(y["labels"].sum(1), 1, rtol=1e-6)
    others = y["labels"] - np.diag(np.diag(y["labels"]))
    partners = others.argmax(1)[others.max(1) > 0]
    assert len(set(partners.tolist())) == len(partners) > 30
    assert ((y["labels"] > 0).sum(1) <= 2).all()


def test_rectangles_are_those_of_another_image_and_count_by_their_area():
    x, y = mixed(layers.CutMix((1.0, 1.0)))
    foreign = (y["images"] != x).all(-1)
    assert (foreign == (y["images"] != x).any(-1)).all()
    for place, inside in enumerate(foreign):
        rows, columns = inside.any(1).sum(), inside.any(0).sum()
        assert inside.sum() == rows * columns
        if inside.any():
            partner = int(y["images"][place][inside][0, 0])
            assert (y["images"][place][inside] == partner).all()
            share = float(y["labels"][place, partner])
            assert abs(rows - np.sqrt(share) * 6) < 1
            assert abs(columns - np.sqrt(share) * 8) < 1
    assert foreign.any((1, 2)).mean() > 0.7


@pytest.mark.parametrize("name", MIXING)
def test_at_inference_single_images_and_without_labels(name):
    x, labels = images(4, 5, 6, 3), np.eye(4, dtype=np.float32)
    layer = MIXING[name]()
    data = layer({"images": x, "labels": labels}, training=False)
    np.testing.assert_array_equal(data["images"], x)
    np.testing.assert_array_equal(data["labels"], labels)
    np.testing.assert_allclose(layer(x[0], training=True), x[0], rtol=1e-6)
    one = layer({"images": x[0], "labels": labels[0]}, training=True)
    np.testing.assert_allclose(one["labels"], labels[0], rtol=1e-6)
    assert set(layer({"images": x}, training=True)) == {"images"}
    model = keras.Sequential([keras.Input((5, 6, 3)), MIXING[name]()])
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    first, last = MIXING[name](seed=1, data_format="channels_first"), MIXING[name](seed=1)
    np.testing.assert_allclose(first(np.moveaxis(x, -1, 1), training=True), np.moveaxis(last(x, training=True), -1, 1))


def test_a_model_of_images_and_labels_mixes_both():
    data = {"images": keras.Input((4, 4, 1)), "labels": keras.Input((6,))}
    y = layers.MixUp(1.0)(data)
    pixels = layers.GlobalAveragePooling2D()(y["images"])
    model = keras.Model(data, layers.Concatenate()([pixels, y["labels"]]))
    x = np.broadcast_to(np.arange(6, dtype=np.float32)[:, None, None, None], (6, 4, 4, 1))
    found = np.asarray(model({"images": x, "labels": np.eye(6)}, training=True))
    np.testing.assert_allclose(found[:, 0], found[:, 1:] @ np.arange(6), atol=1e-5)
    assert (found[:, 1:].max(1) < 1).any()


def test_a_layer_that_is_told_to_mix_at_inference_is_compiled():
    class Always(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mix = layers.MixUp(1.0, seed=3)

        def call(self, x):
            return self.mix(x, training=True)

    x = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None, None], (8, 4, 4, 1)).copy()
    y = keras.Sequential([keras.Input((4, 4, 1)), Always()]).predict(x, verbose=0)
    assert (y.min((1, 2, 3)) == y.max((1, 2, 3))).all()
    assert (y != x).any()
    assert y.min() >= 0
    assert y.max() <= 7


def draws(count):
    return primitives.unstack(primitives.random_uniform(primitives.scalar("seed", "i32"), (count,), 0), 0)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.7, 1.0, 3.0])
def test_weights_are_from_a_beta_distribution(alpha):
    places = np.linspace(0.002, 0.998, 499)
    expected = np.searchsorted(np.sort(np.random.default_rng(0).beta(alpha, alpha, 200_000)), places) / 200_000
    numbers = [betas.quantile(draws(1)[0], alpha)]
    if alpha <= 1:
        numbers.append(betas.drawn(primitives.constant(alpha), draws(2 * betas.TRIES)))
    for number in numbers:
        found = interpret(Graph.build({"y": number}), {"seed": np.int32(7)}, batch_size=4000).outputs["y"]
        assert 0 <= found.min() <= found.max() <= 1
        shares = np.searchsorted(np.sort(found), places) / len(found)
        assert np.abs(shares - expected).max() < 1.63 / np.sqrt(len(found))  # as Kolmogorov and Smirnov have it, at 1 %


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 2.0), (0.4, 0.8), (0.7, 2.1), (3.0, 6.0), (2.0, 0.3)])
def test_weights_of_chains_are_from_beta_distributions_with_two_parameters(alpha, beta):
    places = np.linspace(0.002, 0.998, 499)
    expected = np.searchsorted(np.sort(np.random.default_rng(0).beta(alpha, beta, 200_000)), places) / 200_000
    number = betas.quantile(draws(1)[0], alpha, beta)
    found = interpret(Graph.build({"y": number}), {"seed": np.int32(7)}, batch_size=4000).outputs["y"]
    shares = np.searchsorted(np.sort(found), places) / len(found)
    assert np.abs(shares - expected).max() < 1.63 / np.sqrt(len(found))


def test_ranks_and_images_in_their_order():
    numbers, x = np.float32([0.5, 0.1, 0.9, 0.5]), images(4, 2, 3)
    ranks = primitives.batch_ranks(primitives.input_("u", ()))
    there = primitives.other_images(primitives.input_("x", (2, 3)), ranks)
    graph = Graph.build({"ranks": ranks, "there": there, "back": primitives.other_images(there, ranks, back=True)})
    found = interpret(graph, {"u": numbers, "x": x}, batch_size=4).outputs
    assert found["ranks"].tolist() == [1, 0, 3, 2]
    np.testing.assert_array_equal(found["there"], x[[1, 0, 3, 2]])
    np.testing.assert_array_equal(found["back"], x)


def test_wrong_labels_and_arguments():
    data = {"images": images(2, 3, 3, 1), "labels": np.array([1.0, 2.0])}
    text = error_of(lambda: layers.MixUp(name="mix")(data, training=True))
    assert text[0] == "MixUp 'mix': the labels are numbers of classes, which cannot be mixed"
    assert text[-1] == "  remedy:   labels = keras.utils.to_categorical(labels)"
    text = error_of(lambda: layers.CutMix(name="cut")([images(2, 3, 3, 1), np.eye(2)], training=True))
    assert text[0] == "CutMix 'cut': the layer takes images, or a dictionary of images and labels"
    assert text[-1] == '  remedy:   CutMix()({"images": images, "labels": labels})'
    for make, argument in ((lambda: layers.MixUp(0), "alpha"), (lambda: layers.CutMix(2), "factor")):
        assert f"argument '{argument}' is wrong" in error_of(make)[0]
    boxes = {"images": images(1, 3, 3, 3), "bounding_boxes": {}}
    assert "dictionary has what the layer does not change" in error_of(lambda: layers.CutMix()(boxes))[0]
