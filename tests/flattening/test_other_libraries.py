"""Arrays of other libraries stay what they are, and where they are: small ones that keep to the standards."""

import sys
import types

import numpy as np
import pytest

import planish
from planish.flattening import FlattenMap


class Refusing:
    """Holds an array that nobody may turn into a NumPy array."""

    def __init__(self, array):
        self._array = array

    @property
    def shape(self):
        return self._array.shape

    def __array__(self, *args, **options):
        raise AssertionError("copied to NumPy")

    def __dlpack__(self, **options):
        raise AssertionError("exchanged")


class StandardArray(Refusing):
    """An array of the array API standard, in which shapes are changed by functions of the namespace."""

    def __array_namespace__(self, api_version=None):
        return types.SimpleNamespace(
            reshape=lambda x, shape: StandardArray(np.reshape(x._array, shape)),
            permute_dims=lambda x, axes: StandardArray(np.transpose(x._array, axes)),
        )


class TorchLike(Refusing):
    """PyTorch's spelling: methods, and a `transpose` that takes two axes."""

    def reshape(self, shape):
        return TorchLike(self._array.reshape(shape))

    def permute(self, axes):
        return TorchLike(self._array.transpose(axes))

    def transpose(self, first, second):
        return TorchLike(self._array.swapaxes(first, second))


class DaskLike(Refusing):
    """NumPy's spelling, on something that is no NumPy array."""

    def reshape(self, shape):
        return DaskLike(self._array.reshape(shape))

    def transpose(self, axes):
        return DaskLike(self._array.transpose(axes))


class TensorFlowLike(Refusing):
    """Functions of the package, and no methods."""

    __module__ = "tensor_stand_in.framework"


@pytest.fixture(autouse=True)
def _package(monkeypatch):
    package = types.ModuleType("tensor_stand_in")
    package.reshape = lambda x, shape: TensorFlowLike(x._array.reshape(shape))
    package.transpose = lambda x, axes: TensorFlowLike(x._array.transpose(axes))
    monkeypatch.setitem(sys.modules, "tensor_stand_in", package)


LIBRARIES = pytest.mark.parametrize("library", [StandardArray, TorchLike, DaskLike, TensorFlowLike])


@LIBRARIES
def test_flatten_returns_the_same_kind(library):
    numbers = np.arange(120).reshape(2, 3, 4, 5)
    rows = planish.flatten(library(numbers))
    assert type(rows) is library
    np.testing.assert_array_equal(rows._array, numbers.reshape(2, 60))
    assert np.shares_memory(rows._array, numbers)
    assert planish.flatten(library(np.zeros(3))).shape == (3, 1)


@LIBRARIES
def test_unflatten_returns_the_same_kind(library):
    numbers = np.arange(120).reshape(2, 60)
    images = planish.unflatten(library(numbers), -1, (3, 4, -1))
    assert type(images) is library
    np.testing.assert_array_equal(images._array, numbers.reshape(2, 3, 4, 5))
    assert np.shares_memory(images._array, numbers)


@LIBRARIES
def test_kernels_are_laid_out_in_the_same_kind(library):
    numbers = np.arange(120).reshape(60, 2)
    laid_out = FlattenMap((3, 4, 5), "channels_first").unflatten(library(numbers))
    assert type(laid_out) is library
    np.testing.assert_array_equal(laid_out._array, np.moveaxis(numbers.reshape(4, 5, 3, 2), 2, 0))


def test_memory_that_can_only_be_exchanged_is_not_copied():
    class Exchanged:
        def __init__(self, array):
            self._array = array

        def __dlpack__(self, **options):
            return self._array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self._array.__dlpack_device__()

    numbers = np.arange(24.0).reshape(2, 3, 4)
    rows = planish.flatten(Exchanged(numbers))
    np.testing.assert_array_equal(rows, numbers.reshape(2, 12))
    assert np.shares_memory(rows, numbers)


def test_arrays_on_disk_stay_there(tmp_path):
    mapped = np.memmap(tmp_path / "images", dtype=np.uint8, mode="w+", shape=(4, 3, 5))
    rows = planish.flatten(mapped)
    assert type(rows) is np.memmap
    assert np.shares_memory(rows, mapped)


def test_mistakes_with_other_kinds():
    with pytest.raises(ValueError, match=r"received: start_axis=3, end_axis=-1 for an array of shape \(2, 3\)"):
        planish.flatten(TorchLike(np.zeros((2, 3))), 3)
    with pytest.raises(ValueError, match=r"received:    \(2, 2\): 2 \* 2 = 4"):
        planish.unflatten(StandardArray(np.zeros((2, 3))), 1, (2, 2))
