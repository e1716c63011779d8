"""Turns what a user passes as data into NumPy arrays, without copying where possible.

The compiled program reads the user's memory as it is: its element type is one of `READABLE`. Arrays of another layout
or byte order are converted in chunks, see `contiguous_chunks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]

READABLE = frozenset(map(np.dtype, ("f4", "f8", "f2", "u1", "i1", "u2", "i2", "i4", "i8", "u4", "u8", "?")))
"""Element types that a compiled program can read."""

_SHORT = 60
"""Characters of a value that a message may show."""

_AS_ARRAY = ("__array__", "__dlpack__", "to_numpy")
"""Methods of objects that hold data: any of them will do."""

CHUNK_NBYTES = 8 << 20
"""Bytes of a converted copy of a part of the data; two copies exist while one is followed by the next."""

_OTHER_DATA = {
    "NoneType": "a function that fills its argument returns None: pass the array, not what the function returned",
    "RaggedTensor": "pass {what}.to_tensor(), which fills up with zeros",
    "SparseTensor": "pass tf.sparse.to_dense({what})",
    "dict": "the model has one input: pass its array, for example next(iter({what}.values()))",
}


def as_array(value: Any, what: str) -> Array:
    """Returns `value` as an array of numbers; `what` is the argument's name in messages ("x", "y", "sample_weight").

    Takes arrays, lists, and objects with `__array__` or `__dlpack__`. TypeError if it cannot be one; ValueError for
    lists of unequal lengths.
    """
    array = value if type(value) is np.ndarray else _converted(value, what)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        from planish.models.data import not_numbers

        _refuse_ragged(array, what)
        raise not_numbers.mistake(array, what)
    return array


@contextmanager
def told_at(place: str) -> Iterator[None]:
    """Lets errors begin with the source of the data, if it has a name: "validation_data: `x` holds ..."."""
    try:
        yield
    except (ValueError, TypeError) as error:
        if place:
            error.args = (f"{place}: {error}",)
        raise


def memory_dtype(dtype: np.dtype[Any], what: str = "x") -> np.dtype[Any]:
    """The element type in which a program reads an array of `dtype`: itself, if `dtype` is one of `READABLE`.

    TypeError if elements of `dtype` are not numbers.
    """
    if dtype in READABLE and dtype.isnative:
        return dtype
    if dtype.name == "bfloat16":
        return np.dtype(np.float32)
    if dtype.kind == "f" and dtype.itemsize > 8:
        return np.dtype(np.float64)
    if dtype.kind in "fiu" and dtype.newbyteorder("=") in READABLE:
        return dtype.newbyteorder("=")
    raise TypeError(
        explain(
            what=f"`{what}` does not hold plain numbers",
            expected="floats, integers or booleans",
            received=f"an array of dtype {dtype}",
        )
    )


def readable_as_is(array: Array) -> bool:
    flags = array.flags
    return bool(flags.c_contiguous and flags.aligned) and array.dtype in READABLE and array.dtype.isnative


def readable(array: Array, what: str = "x") -> Array:
    """`array` itself if a program can read it, else a converted copy of the whole."""
    return array if readable_as_is(array) else np.require(array, memory_dtype(array.dtype, what), ["C", "A"])


def contiguous_chunks(arrays: Sequence[Array], nbytes: int = CHUNK_NBYTES) -> Iterator[tuple[int, list[Array]]]:
    """Yields (first row, rows of each): pieces of arrays of one length that a program can read, together a copy of
    about `nbytes`."""
    dtypes = [memory_dtype(array.dtype) for array in arrays]
    of_row = sum(dtype.itemsize * array[0].size for array, dtype in zip(arrays, dtypes, strict=True))
    rows = max(1, nbytes // max(1, of_row))
    for start in range(0, len(arrays[0]), rows):
        pieces = zip(arrays, dtypes, strict=True)
        yield start, [np.require(array[start : start + rows], dtype, ["C", "A"]) for array, dtype in pieces]


def is_array_like(value: Any) -> bool:
    """Whether `value` holds data itself, as opposed to being a supply of batches."""
    return isinstance(value, np.ndarray | list | tuple) or any(hasattr(value, name) for name in _AS_ARRAY)


def is_sparse(value: Any) -> bool:
    """Whether it is a matrix that stores only its nonzero values, such as SciPy's."""
    return hasattr(value, "toarray") and not isinstance(value, type)


def _converted(value: Any, what: str) -> Array:
    if is_sparse(value):
        raise TypeError(explain(what=f"`{what}` is a sparse matrix", remedy=f"pass {what}.toarray()"))
    if not is_array_like(value) or isinstance(value, type):
        raise TypeError(
            explain(
                what=f"`{what}` is not data that can be read",
                expected="an array, a list, or an object with __array__ or __dlpack__",
                received=_described(value),
                remedy=_OTHER_DATA.get(type(value).__name__, "").format(what=what) or None,
            )
        )
    try:
        if hasattr(value, "__array__") or isinstance(value, list | tuple):
            return np.asarray(value)
        return np.from_dlpack(value) if hasattr(value, "__dlpack__") else np.asarray(value.to_numpy())
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        _refuse_ragged(value, what)
        raise ValueError(
            explain(
                what=f"`{what}` is a list whose items differ in shape",
                expected="items of one shape, in lists of one length",
            )
        ) from None
    except (RuntimeError, TypeError, BufferError) as error:
        raise TypeError(
            explain(
                what=f"`{what}` of type {type(value).__module__}.{type(value).__qualname__} cannot be read as an array",
                received=str(error),
                remedy=f"for a PyTorch tensor, pass {what}.detach().cpu().float()",
            )
        ) from error


def _described(value: Any) -> str:
    """The type of a value, and the value itself if it is short."""
    if isinstance(value, dict):
        return f"a dict with the keys {', '.join(map(repr, value))}"
    shown = repr(value)
    class_ = type(value)
    name = class_.__qualname__ if class_.__module__ == "builtins" else f"{class_.__module__}.{class_.__qualname__}"
    return f"{name} {shown}" if len(shown) <= _SHORT and " at 0x" not in shown else name


def _refuse_ragged(items: Any, what: str) -> None:
    """ValueError, naming the first such item, if items of a list or of an array of objects differ in shape."""
    found = [_shape(item) for item in items] if isinstance(items, list | tuple) or items.ndim else []
    shapes = [shape for shape in found if shape is not None]
    other = next((place for place, shape in enumerate(shapes) if shape != shapes[0]), None)
    if other is None or len(shapes) < len(found):
        return
    usual = Counter(shapes).most_common(1)[0][0]
    odd = sum(shape != usual for shape in shapes)
    sized = len(usual) in (2, 3) and what == "x"
    resized = f"read all in one size: load_img(path, target_size={usual[:2]})\nor " if sized else ""
    raise ValueError(
        explain(
            what=f"the items of `{what}` differ in shape",
            expected=f"{len(shapes):,} items of one shape",
            received=f"{what}[0] of shape {shapes[0]}, {what}[{other}] of shape {shapes[other]}",
            remedy=f"{resized}leave out {'the other one' if odd == 1 else f'the {odd:,} others'}: "
            f"np.stack([item for item in {what} if np.shape(item) == {usual}])",
        )
    )


def _shape(item: Any) -> tuple[int, ...] | None:
    """The shape of an item; None if the item's own items differ in shape."""
    try:
        shape: tuple[int, ...] = np.shape(item)
        return shape
    except ValueError:
        return None
