"""Layers that change images, at random or not: values, draws, configurations, and what happens in a model."""

import numpy as np
import pytest

import planish as keras
from planish import layers

from .support import again, error_of, images

RANDOM = {
    "RandomBrightness": lambda **o: layers.RandomBrightness((0.1, 0.5), (-3, 3), **o),
    "RandomContrast": lambda **o: layers.RandomContrast(0.9, (-9, 9), **o),
    "RandomErasing": lambda **o: layers.RandomErasing(1.0, (0.2, 0.6), **o),
    "RandomFlip": lambda **o: layers.RandomFlip("horizontal", **o),
    "RandomGrayscale": lambda **o: layers.RandomGrayscale(0.5, **o),
    "RandomRotation": lambda **o: layers.RandomRotation(0.3, **o),
    "RandomShear": lambda **o: layers.RandomShear(0.5, (0.1, 0.3), **o),
    "RandomTranslation": lambda **o: layers.RandomTranslation((0.1, 0.4), 0.5, "constant", **o),
    "AugMix": lambda **o: layers.AugMix((-4, 4), 2, 1, 0.4, 0.5, **o),
    "RandomElasticTransform": lambda **o: layers.RandomElasticTransform(
        0.9, fill_mode="mirror", value_range=(-9, 9), **o
    ),
    "RandomPerspective": lambda **o: layers.RandomPerspective(0.9, 0.7, **o),
    "RandAugment": lambda **o: layers.RandAugment((-4, 4), 2, 0.4, **o),
    "RandomColorDegeneration": lambda **o: layers.RandomColorDegeneration((0.2, 0.9), (-4, 4), **o),
    "RandomColorJitter": lambda **o: layers.RandomColorJitter((-4, 4), 0.2, 0.3, (0.3, 0.6), 0.5, **o),
    "RandomGaussianBlur": lambda **o: layers.RandomGaussianBlur(0.9, (3, 5), (0.4, 1.0), (-4, 4), **o),
    "RandomHue": lambda **o: layers.RandomHue((0.1, 0.9), (-4, 4), **o),
    "RandomInvert": lambda **o: layers.RandomInvert(0.8, **o),
    "RandomPosterization": lambda **o: layers.RandomPosterization((1, 7), (-4, 4), **o),
    "RandomSaturation": lambda **o: layers.RandomSaturation((0.1, 0.6), **o),
    "RandomSharpness": lambda **o: layers.RandomSharpness(0.9, (-4, 4), **o),
    "Solarization": lambda **o: layers.Solarization(0.4, 0.9, (-4, 4), **o),
    "RandomZoom": lambda **o: layers.RandomZoom(0.5, (-0.3, 0.2), "wrap", **o),
}
CERTAIN = {
    "AutoContrast": lambda **o: layers.AutoContrast((-4, 4), **o),
    "Equalization": lambda **o: layers.Equalization((-4, 4), 16, **o),
    "CenterCrop": lambda **o: layers.CenterCrop(3, 2, **o),
    "CLAHE": lambda **o: layers.ContrastLimitedAdaptiveHistogramEqualization((-4, 4), 2.0, (2, 3), **o),
    "Resizing": lambda **o: layers.Resizing(4, 9, "bicubic", pad_to_aspect_ratio=True, fill_value=2.0, **o),
}
CROP = {"RandomCrop": lambda **o: layers.RandomCrop(3, 2, **o)}
ALL = RANDOM | CROP | CERTAIN
MIXING = {"CutMix": lambda **o: layers.CutMix((0.5, 1.0), **o), "MixUp": lambda **o: layers.MixUp(0.4, **o)}


@pytest.mark.parametrize("name", RANDOM)
def test_inference_leaves_images_as_they_are_and_untold_layers_change_them(name):
    keras.utils.set_random_seed(1)  # some layers leave every image as it is in one of a hundred draws
    x = images(8, 5, 6, 3)
    layer = RANDOM[name]()
    np.testing.assert_array_equal(layer(x, training=False), x)
    assert (layer(x) != x).any()
    model = keras.Sequential([keras.Input((5, 6, 3)), layer])
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_has_its_own_draw_and_a_seed_repeats_them(name):
    x = np.repeat(images(1, 5, 6, 3), 16, axis=0)
    first, second = ([layer(x, training=True) for _ in range(2)] for layer in (RANDOM[name](seed=7) for _ in range(2)))
    np.testing.assert_array_equal(first, second)
    assert (first[0] != first[1]).any()
    assert len(np.unique(first[0].reshape(16, -1), axis=0)) > 1


@pytest.mark.parametrize("name", ALL)
def test_single_images_dictionaries_and_channels_first(name):
    x = images(4, 5, 6, 3)
    whole = ALL[name]()(x, training=False)
    np.testing.assert_array_equal(ALL[name]()(x[1], training=False), whole[1])
    data = ALL[name]()({"images": x, "labels": [1, 2, 3, 4]}, training=False)
    np.testing.assert_array_equal(data["images"], whole)
    assert data["labels"] == [1, 2, 3, 4]
    moved = np.moveaxis(x, -1, 1)
    for training in (False, True):
        seeded = {} if name in CERTAIN else {"seed": 3}
        last, first = ALL[name](**seeded), ALL[name](**seeded, data_format="channels_first")
        expected = np.moveaxis(last(x, training=training), -1, 1)
        np.testing.assert_allclose(first(moved, training=training), expected, atol=1e-5)


@pytest.mark.parametrize("name", ALL | MIXING)
def test_the_configuration_makes_the_layer_again(name):
    layer = (ALL | MIXING)[name]()
    assert again(layer).get_config() == again(again(layer)).get_config()
    assert {*again(layer).get_config()} == {*layer.get_config()}


def seen_in_a_step(make, x, *, eagerly):
    """What a step of training sees behind the layer: the gradient of a kernel of zeros, with a target of its own for
    each image, is the images themselves."""
    keras.utils.set_random_seed(3)
    dense = layers.Dense(len(x), use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input(x.shape[1:]), make(), layers.Flatten(), dense])
    model.compile(keras.optimizers.SGD(len(x) ** 2 / 2), "mse", run_eagerly=eagerly)
    model.train_on_batch(x, np.eye(len(x)))
    return dense.get_weights()[0].T


@pytest.mark.parametrize("name", ALL | MIXING)
def test_a_compiled_step_does_what_the_interpreter_does_with_the_same_bits_on_any_number_of_threads(name):
    x = images(37, 7, 6, 3)
    expected = seen_in_a_step((ALL | MIXING)[name], x, eagerly=True)
    found = []
    for threads in (1, 2, 3):
        keras.set_num_threads(threads)
        found.append(seen_in_a_step((ALL | MIXING)[name], x, eagerly=False))
    keras.set_num_threads(None)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    # a number beside a threshold may be rounded to its other side
    assert np.isclose(found[0], expected, rtol=1e-4, atol=1e-4).mean() > 0.998
    changed = name in CERTAIN or (found[0].shape != (37, 126) or not np.allclose(found[0], x.reshape(37, -1)))
    assert changed


def test_flips():
    x = images(400, 4, 5, 2)
    for mode, axes in (("horizontal", 2), ("vertical", 1), ("horizontal_and_vertical", (1, 2))):
        y = layers.RandomFlip(mode)(x, training=True)
        flipped = (y == np.flip(x, axes)).all((1, 2, 3))
        assert (flipped | (y == x).all((1, 2, 3))).all()
        assert 140 < flipped.sum() < 260


def test_contrast_is_drawn_around_one_and_stays_in_its_range():
    x = images(500, 4, 5, 2)
    mean = x.mean((1, 2), keepdims=True)
    for factor, low, high in ((0.5, 0.5, 1.5), ((0.2, 0.7), 0.8, 1.7)):
        y = layers.RandomContrast(factor, (-99, 99))(x, training=True)
        drawn = ((y - mean) / (x - mean))[:, 0, 0, 0]
        assert low - 1e-3 < drawn.min() < low + 0.05
        assert high - 0.05 < drawn.max() < high + 1e-3
        np.testing.assert_allclose(y, (x - mean) * drawn[:, None, None, None] + mean, atol=1e-3)
    y = layers.RandomContrast(1.0, (-0.5, 0.25))(x, training=True)
    assert (y.min(), y.max()) == (-0.5, 0.25)


def test_brightness_is_a_share_of_the_range():
    x = np.full((500, 2, 3, 1), 100, np.float32)
    y = layers.RandomBrightness(0.2)(x, training=True) - 100
    assert -51 <= y.min() < -48
    assert 48 < y.max() <= 51
    np.testing.assert_array_equal(layers.RandomBrightness((0.1, 0.1), (0, 10))(x / 100, training=True), x / 100 + 1)
    np.testing.assert_array_equal(layers.RandomBrightness((1, 1))(x, training=True), np.full_like(x, 255))


def test_gray_images():
    x = images(400, 3, 4, 3)
    gray = np.repeat(x @ np.float32([[0.2989], [0.587], [0.114]]), 3, -1)
    y = layers.RandomGrayscale(0.25)(x, training=True)
    is_gray = np.isclose(y, gray, atol=1e-5).all((1, 2, 3))
    assert (is_gray | (y == x).all((1, 2, 3))).all()
    assert 60 < is_gray.sum() < 145
    np.testing.assert_allclose(layers.RandomGrayscale(1)(x, training=True), gray, atol=1e-5)
    np.testing.assert_array_equal(layers.RandomGrayscale(0)(x, training=True), x)


def test_rectangles_are_covered():
    x = np.full((400, 20, 30, 3), 7, np.float32)
    for fill in (300, [1.0, 2.0, 3.0], None):
        y = layers.RandomErasing((0.5, 0.5), (0.25, 0.36), fill)(x, training=True)
        covered = (y != x).any(-1)
        touched = covered.any((1, 2))
        assert 150 < touched.sum() < 250
        rows, columns = covered.any(2).sum(1)[touched], covered.any(1).sum(1)[touched]
        np.testing.assert_array_equal(covered.sum((1, 2))[touched], rows * columns)
        assert (rows.min(), columns.min()) >= (10, 15)
        assert (rows.max(), columns.max()) <= (13, 19)
        found = y[covered]
        if fill is None:
            assert found.min() == 0
            assert found.max() == 255
            assert abs((found == 0).mean() - 0.5) < 0.02
            assert abs((found == 255).mean() - 0.1587) < 0.02
        else:
            np.testing.assert_array_equal(found, np.broadcast_to(np.minimum(fill, 255), found.shape))
    assert (
        "fill_value has numbers for three"
        in error_of(lambda: layers.RandomErasing(1, fill_value=[1, 2, 3])(x[..., :1]))[0]
    )


def test_a_pipeline_is_its_layers_and_is_saved_with_them():
    x = images(4, 6, 6, 3)
    made = layers.Pipeline(
        [layers.RandomBrightness((0.25, 0.25), (0, 4)), layers.Rescaling(2.0), layers.CenterCrop(4, 5)]
    )
    for layer in (made, again(made)):
        expected = np.clip(x + 1, 0, 4)[:, 1:5, :5] * 2
        np.testing.assert_allclose(layer(x), expected, atol=1e-6)
        np.testing.assert_allclose(layer(x, training=False), x[:, 1:5, :5] * 2, atol=1e-6)
        np.testing.assert_allclose(layer(x[0]), expected[0], atol=1e-6)
    assert "argument 'layers' is wrong" in error_of(lambda: layers.Pipeline([abs]))[0]


def test_crops_are_from_one_place_for_a_batch_and_from_every_place_in_time():
    x = np.repeat(np.arange(20, dtype=np.float32).reshape(1, 4, 5, 1), 3, axis=0)
    layer = layers.RandomCrop(2, 4)
    places = [layer(x, training=True)[:, 0, 0, 0] for _ in range(200)]
    assert all(len({*place}) == 1 for place in places)
    counts = {place: sum(p[0] == place for p in places) for place in (0, 1, 5, 6, 10, 11)}
    assert sum(counts.values()) == 200
    assert min(counts.values()) > 12


def test_crops_of_images_that_are_too_small_and_at_inference():
    x = images(2, 6, 9, 2)
    middle = x[:, :, 1:7]
    np.testing.assert_array_equal(layers.RandomCrop(6, 6)(x, training=True), x[:, :, 1:7])
    np.testing.assert_allclose(layers.RandomCrop(3, 3)(x, training=False), layers.Resizing(3, 3)(middle), atol=1e-6)
    np.testing.assert_allclose(layers.CenterCrop(12, 12)(x), layers.Resizing(12, 12)(middle), atol=1e-6)
    np.testing.assert_array_equal(layers.CenterCrop(3, 4)(x), x[:, 1:4, 2:6])


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"])
@pytest.mark.parametrize("antialias", [False, True])
def test_sizes_are_those_of_arrays(interpolation, antialias):
    x = images(2, 7, 5, 3)
    for how in ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 0.5}):
        layer = layers.Resizing(4, 9, interpolation, antialias=antialias, **how)
        expected = keras.ops.image.resize(x, (4, 9), interpolation=interpolation, antialias=antialias, **how)
        np.testing.assert_allclose(layer(x), expected, atol=2e-5)
        model = keras.Sequential([keras.Input((7, 5, 3)), layer])
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=2e-5)


def test_integers_keep_their_type_in_another_size():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 7, 5, 3)).astype(np.uint8)
    y = layers.Resizing(3, 4)(pixels)
    assert y.dtype == np.uint8
    np.testing.assert_array_equal(y, keras.ops.image.resize(pixels, (3, 4)))


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: layers.RandomBrightness(2), "factor"),
        (lambda: layers.RandomBrightness("much"), "factor"),
        (lambda: layers.RandomContrast((0.1, 0.2, 0.3)), "factor"),
        (lambda: layers.RandomContrast(0.1, value_range=5), "value_range"),
        (lambda: layers.RandomGrayscale(1.5), "factor"),
        (lambda: layers.RandomFlip(seed=-1), "seed"),
        (lambda: layers.RandomCrop(0, 3), "height"),
        (lambda: layers.CenterCrop(3, 2.5), "width"),
        (lambda: layers.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "pad_to_aspect_ratio"),
    ],
)
def test_wrong_arguments(make, argument):
    assert f"argument '{argument}' is wrong" in error_of(make)[0]


def test_names_that_do_not_exist_and_images_of_another_kind():
    assert "unknown mode" in error_of(lambda: layers.RandomFlip("sideways"))[0]
    assert "unknown interpolation" in error_of(lambda: layers.Resizing(3, 3, "cubic"))[0]
    assert "neither in color nor gray" in error_of(lambda: layers.RandomGrayscale()(images(1, 3, 3, 2)))[0]
    boxes = {"images": images(1, 3, 3, 3), "bounding_boxes": {}}
    assert "dictionary has what the layer does not change" in error_of(lambda: layers.RandomFlip()(boxes))[0]
    with pytest.raises(ValueError, match="the input has the wrong rank"):
        layers.RandomFlip()(images(2, 3))


def test_arguments_of_colors_and_shades():
    for make, argument in (
        (lambda: layers.RandomPosterization(9), "factor"),
        (lambda: layers.RandomPosterization((1.5, 3)), "factor"),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), "kernel_size"),
        (lambda: layers.RandomGaussianBlur(sigma=2), "sigma"),
        (lambda: layers.Solarization(addition_factor=-0.1), "addition_factor"),
        (lambda: layers.Equalization(bins=1), "bins"),
        (lambda: layers.RandomHue(1.5), "factor"),
        (lambda: layers.RandAugment(num_ops=0), "num_ops"),
        (lambda: layers.RandAugment(factor=2), "factor"),
    ):
        assert f"argument '{argument}' is wrong" in error_of(make)[0]
    gray = images(1, 4, 4, 1)
    for make in (
        lambda: layers.RandomHue(0.1),
        lambda: layers.RandAugment(),
        lambda: layers.RandomColorJitter(hue_factor=0.1),
    ):
        assert "the images are not in color" in error_of(lambda make=make: make()(gray))[0]


def test_the_ways_of_rand_augment_are_all_drawn_and_each_image_has_its_own():
    x = np.repeat(images(1, 6, 6, 3), 400, axis=0)
    y = layers.RandAugment((-4, 4), 1, (0.3, 0.3))(x, training=True)
    assert len(np.unique(y.reshape(400, -1).round(3), axis=0)) >= 11


def test_a_chain_of_colors_in_a_pipeline():
    x = images(4, 6, 6, 3)
    chain = [layers.RandomHue(0.2, (-4, 4)), layers.RandomSharpness(0.5, (-4, 4)), layers.AutoContrast((-4, 4))]
    y = layers.Pipeline(chain)(x, training=True)
    assert y.shape == x.shape
    np.testing.assert_allclose(y.max((1, 2)), 4, rtol=1e-5)


def changes_in(calls):
    return [any(not np.array_equal(call(), X) for _ in range(4)) for call in calls]


X = np.random.default_rng(9).random((3, 5, 6, 3), np.float32)


def test_a_model_called_by_itself_changes_images_as_in_keras_unless_it_is_told_what_for():
    chain = keras.Sequential([layers.RandomRotation(0.3, seed=1), layers.RandomFlip(seed=2)])
    image = keras.Input((5, 6, 3))
    around = keras.Model(image, chain(image))
    for model in (chain, around):
        told = [lambda model=model, how=how: model(X, training=how) for how in (True, False, None)]
        silent = [lambda model=model: model(X), lambda model=model: model.predict(X, verbose=0)]
        assert changes_in([*told, *silent]) == [True, False, True, True, False]


def test_a_subclass_that_says_what_training_means_decides_for_its_layers():
    class Silent(keras.Model):
        def __init__(self):
            super().__init__()
            self.turn = layers.RandomRotation(0.3, seed=1)

        def call(self, x, training=False):
            return self.turn(x)

    class Training(Silent):
        def call(self, x, training=True):
            return self.turn(x)

    assert changes_in([lambda: Silent()(X), lambda: Training()(X), lambda: Training()(X, training=False)]) == [
        False,
        True,
        False,
    ]


def test_a_model_that_got_such_a_layer_is_asked_anew():
    model = keras.Sequential([layers.Rescaling(1.0)])
    assert changes_in([lambda: model(X)]) == [False]
    model.add(layers.RandomRotation(0.3, seed=1))
    assert changes_in([lambda: model(X)]) == [True]
