"""ZeroPadding and Cropping of sequences, images and volumes."""

import numpy as np
import pytest

from planish import config, layers
from planish.layers import Cropping1D, Cropping2D, Cropping3D, UpSampling1D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D

from .support import again, compiled_as_interpreted, error_of, images

SIZE = (5, 6, 7)
GIVEN = {
    1: {2: ((2, 2),), (1, 0): ((1, 0),), 0: ((0, 0),)},
    2: {2: ((2, 2), (2, 2)), (1, 3): ((1, 1), (3, 3)), ((1, 2), (0, 3)): ((1, 2), (0, 3))},
    3: {1: ((1, 1),) * 3, (0, 1, 2): ((0, 0), (1, 1), (2, 2)), ((1, 2), (0, 3), (1, 0)): ((1, 2), (0, 3), (1, 0))},
}
EVERY = [(rank, given, sides) for rank, both in GIVEN.items() for given, sides in both.items()]


def of(kind, rank):
    return getattr(layers, f"{kind}{rank}D")


def sequences_images_volumes(rank, first=False):
    size = SIZE[-rank:]
    return images(2, 3, *size) if first else images(2, *size, 3)


def cropped(x, sides):
    return x[(slice(None), *(slice(before, -after or None) for before, after in sides))]


@pytest.mark.parametrize(("rank", "given", "sides"), EVERY)
def test_zero_padding(rank, given, sides):
    x = sequences_images_volumes(rank)
    layer = of("ZeroPadding", rank)(given)
    expected = np.pad(x, ((0, 0), *sides, (0, 0)))
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.padding == (sides if rank > 1 else sides[0])
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *expected.shape[1:])
    assert layer.compute_output_shape((None, *[None] * rank, 3)) == (None, *[None] * rank, 3)
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize(("rank", "given", "sides"), EVERY)
def test_cropping(rank, given, sides):
    x = sequences_images_volumes(rank)
    layer = of("Cropping", rank)(given)
    expected = cropped(x, sides)
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.cropping == (sides if rank > 1 else sides[0])
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *expected.shape[1:])
    assert layer.compute_output_shape((None, *[None] * rank, 3)) == (None, *[None] * rank, 3)
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_channels_first(rank):
    x, sides = sequences_images_volumes(rank, first=True), ((1, 2), (0, 1), (2, 0))[-rank:]
    given = sides if rank > 1 else sides[0]
    y = of("ZeroPadding", rank)(given, data_format="channels_first")(x)
    np.testing.assert_array_equal(y, np.pad(x, ((0, 0), (0, 0), *sides)))
    if rank > 1:
        y = of("Cropping", rank)(given, data_format="channels_first")(x)
        np.testing.assert_array_equal(y, cropped(x, ((0, 0), *sides)))


@pytest.mark.parametrize("kind", ["ZeroPadding", "Cropping"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_compiled(kind, rank):
    sides = ((1, 2), (0, 1), (2, 0))[-rank:]
    compiled_as_interpreted(of(kind, rank)(sides if rank > 1 else sides[0]), 3, *SIZE[-rank:], 3)


def test_defaults_are_those_of_keras():
    assert (ZeroPadding1D().padding, ZeroPadding2D().padding) == ((1, 1), ((1, 1), (1, 1)))
    assert ZeroPadding3D().padding == Cropping3D().cropping == ((1, 1),) * 3
    assert (Cropping1D().cropping, Cropping2D().cropping) == ((1, 1), ((0, 0), (0, 0)))
    assert "data_format" not in Cropping1D().get_config()
    assert [layer.name for layer in (ZeroPadding3D(), Cropping1D())] == ["zero_padding3d_1", "cropping1d_2"]


def test_sequences_are_cropped_along_their_steps_whatever_the_usual_data_format():
    x, usual = images(1, 5, 3), config.image_data_format()
    config.set_image_data_format("channels_first")
    try:
        np.testing.assert_array_equal(Cropping1D(1)(x), x[:, 1:-1])
        np.testing.assert_array_equal(UpSampling1D(2)(x), np.repeat(x, 2, 1))
        np.testing.assert_array_equal(ZeroPadding1D(1)(x), np.pad(x, ((0, 0), (0, 0), (1, 1))))
    finally:
        config.set_image_data_format(usual)


WRONG = [-1, 1.5, None, "ab", ((1, 2), 3, 4, 5), ((1, -2), (0, 0)), (1, None)]


@pytest.mark.parametrize("wrong", [*WRONG, True], ids=repr)
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("kind", "argument"), [("ZeroPadding", "padding"), ("Cropping", "cropping")])
def test_wrong_arguments(kind, argument, rank, wrong):
    lines = error_of(lambda: of(kind, rank)(wrong))
    assert lines[0].endswith(f": argument '{argument}' is wrong")
    assert lines[1].startswith("  expected: an integer, 0 or more")
    assert lines[2] == f"  received: {wrong!r}"


@pytest.mark.parametrize(
    ("make", "shape", "told"),
    [
        (
            lambda: Cropping1D(3),
            (1, 6, 2),
            ["cropping (3, 3) leaves nothing of 6 steps", "7 steps or more", "6 steps", "Cropping1D(2), or longer"],
        ),
        (
            lambda: Cropping2D(((1, 4), (0, 1))),
            (1, 4, 5, 2),
            [
                "cropping ((1, 4), (0, 1)) leaves nothing of 4x5 pixels",
                "6x2 pixels or more",
                "4x5 pixels",
                "Cropping2D((1, 0)), or larger",
            ],
        ),
        (
            lambda: Cropping3D((0, 2, 0)),
            (1, 4, 4, 4, 2),
            [
                "cropping ((0, 0), (2, 2), (0, 0)) leaves nothing of 4x4x4 voxels",
                "1x5x1 voxels or more",
                "4x4x4 voxels",
                "Cropping3D((0, 1, 0)), or larger",
            ],
        ),
    ],
)
def test_cropping_to_nothing(make, shape, told):
    lines = error_of(lambda: make()(images(*shape)))
    for line, text in zip([*lines[:3], lines[-1]], told, strict=True):
        assert text in line


def test_volumes_are_told_from_images():
    assert error_of(lambda: ZeroPadding3D()(images(1, 2, 2)))[-1] == ("  remedy:      ZeroPadding1D for sequences")
    lines = error_of(lambda: Cropping3D()(images(1, 28, 28, 28)))
    assert lines[1] == "  expected:    rank 5: (batch, depth, height, width, channels)"
    assert lines[-1] == "  remedy:      add the channel axis: Reshape((28, 28, 28, 1))"
