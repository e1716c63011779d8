"""Records what real Keras makes of the calls in `cases.py`, for tests that run without it.

    KERAS_BACKEND=tensorflow python -m tests.ops.record

values.npz: the elements of all results one after the other, by their type, and an index of them (several results of
one call by number). dtypes.json: the element types of the results
of functions of one and of two values, by the types of these; null where TensorFlow refuses.
"""

import json
from pathlib import Path

import keras
import numpy as np

from tests.ops.case import words
from tests.ops.cases import CASES

FOLDER = Path(__file__).parent
DTYPES = ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")
NUMBERS = {"a bool": True, "an int": 1, "a float": 1.5}
UNARY = words(
    "abs negative sign square sqrt exp log sin floor ceil round relu tanh isnan sum mean prod max var std"
    " argmax cumsum median any count_nonzero norm nan_to_num average sort diff trace trunc logical_not"
)
ELEMENTWISE = words("add subtract multiply divide floor_divide mod power maximum equal arctan2 logaddexp divide_no_nan")
PRODUCTS = ["matmul", "dot", "tensordot", "outer"]


def function_named(name):
    found = keras.ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


def values():
    for case in CASES:
        try:
            result = function_named(case.name)(*case.arguments, **case.settings)
        except Exception as error:
            raise RuntimeError(case.key) from error
        several = isinstance(result, (tuple, list))
        for place, part in enumerate(result if several else [result]):
            yield f"{case.key} {place}" if several else case.key, np.asarray(part)


def dtype_of(name, *arguments):
    try:
        return keras.backend.standardize_dtype(getattr(keras.ops, name)(*arguments).dtype)
    except Exception:
        return None


def tensor(dtype):
    return keras.ops.convert_to_tensor(np.ones((2, 2), dtype))


def dtypes():
    found = {f"{name} {dtype}": dtype_of(name, tensor(dtype)) for name in UNARY for dtype in DTYPES}
    for first in DTYPES:
        for name in (*ELEMENTWISE, *PRODUCTS):
            pairs = {second: dtype_of(name, tensor(first), tensor(second)) for second in DTYPES}
            found |= {f"{name} {first} {second}": dtype for second, dtype in pairs.items()}
        for name in ELEMENTWISE:
            found |= {f"{name} {first} {told}": dtype_of(name, tensor(first), n) for told, n in NUMBERS.items()}
    return found


def packed(arrays):
    """The arrays of each element type as one, and where each of them is: it is much smaller than many small files."""
    index, elements = {}, {}
    for key, array in arrays.items():
        before = elements.setdefault(str(array.dtype), [])
        index[key] = [str(array.dtype), sum(part.size for part in before), array.shape]
        before.append(array.ravel())
    return {**{dtype: np.concatenate(parts) for dtype, parts in elements.items()}, "index": json.dumps(index)}


def main():
    found, types = dict(values()), dtypes()
    assert len({case.key for case in CASES}) == len(CASES)
    np.savez_compressed(FOLDER / "values.npz", **packed(found))
    lines = (f"{json.dumps(key)}: {json.dumps(types[key])}" for key in sorted(types))
    (FOLDER / "dtypes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(keras.__version__, len(found), "values", len(types), "types")


if __name__ == "__main__":
    main()
