"""Element types of results are those of Keras on TensorFlow, wherever that has a result."""

import numpy as np
import pytest

from planish import ops
from tests.ops import support

NUMBERS = {"a bool": True, "an int": 1, "a float": 1.5}
NAMES = sorted({key.partition(" ")[0] for key in support.DTYPES})


def given(told):
    return NUMBERS[told] if told in NUMBERS else np.ones((2, 2), told)


def told_types(key):
    """The types in a key such as "add int32 a float"."""
    _, _, rest = key.partition(" ")
    first, _, second = rest.partition(" ")
    return [first, second] if second else [first]


@pytest.mark.parametrize("name", NAMES)
def test_types_of(name):
    for key, expected in support.DTYPES.items():
        if key.startswith(f"{name} ") and expected is not None:
            result = getattr(ops, name)(*map(given, told_types(key)))
            assert ops.dtype(result) == expected, key


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.0, "float32"),
        (True, "bool"),
        ([1, 2], "int32"),
        ([[1.0], [2.0]], "float32"),
        ([True], "bool"),
        (np.arange(2), "int64"),
        (np.ones(2), "float64"),
        ([np.float32(1)], "float32"),
        ([np.ones(2, np.float16)] * 2, "float16"),
        ([2**40], "int64"),
        ([], "float32"),
    ],
)
def test_what_becomes_a_tensor(value, dtype):
    assert ops.convert_to_tensor(value).dtype == dtype


@pytest.mark.parametrize(
    ("dtype", "made"), [("float32", "float32"), (np.int64, "int64"), (np.dtype("bool"), "bool"), ("int", "int32")]
)
def test_types_by_name(dtype, made):
    assert ops.cast([1.5], dtype).dtype == made


@pytest.mark.parametrize("dtype", ["bfloat16", "string", "nothing", 3, object])
def test_what_is_not_a_type(dtype):
    with pytest.raises(ValueError, match="an element type was expected\n  expected: bool, uint8"):
        ops.cast([1.5], dtype)


def test_python_numbers_take_the_type_of_arrays():
    half = np.ones(2, np.float16)
    assert ops.add(half, 1.5).dtype == np.float16
    assert ops.maximum(0, half).dtype == np.float16
    assert ops.where([True, False], half, 2).dtype == np.float16
