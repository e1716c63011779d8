"""Weights in an ONNX file, or beside it: their sizes are checked against what is there before they are made."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish.errors import explain

Array = NDArray[Any]

# ONNX's numbers of element types: (its name, NumPy's type, the field that holds the numbers if they are not raw).
_TYPES: dict[int, tuple[str, str, str]] = {
    1: ("float32", "<f4", "float_data"),
    2: ("uint8", "|u1", "int32_data"),
    3: ("int8", "|i1", "int32_data"),
    4: ("uint16", "<u2", "int32_data"),
    5: ("int16", "<i2", "int32_data"),
    6: ("int32", "<i4", "int32_data"),
    7: ("int64", "<i8", "int64_data"),
    9: ("bool", "|b1", "int32_data"),
    10: ("float16", "<f2", "int32_data"),
    11: ("float64", "<f8", "double_data"),
    12: ("uint32", "<u4", "uint64_data"),
    13: ("uint64", "<u8", "uint64_data"),
    16: ("bfloat16", "<u2", "int32_data"),
}
_OTHERS = {
    8: "string", 14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2",
    20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
}  # fmt: skip
_FLOAT16, _BFLOAT16 = 10, 16
_OUTSIDE = 1


def name_of_type(number: int, what: str) -> str:
    """'float32' for 1. ValueError for types that planish does not compute with."""
    if number in _TYPES:
        return _TYPES[number][0]
    raise ValueError(
        explain(
            what=f"{what!r} is of a type that planish does not compute with",
            expected=", ".join(name for name, _, _ in _TYPES.values()),
            received=_OTHERS.get(number, f"type {number}"),
            remedy="export the network in float32",
        )
    )


def element_type(number: int, what: str) -> np.dtype[Any]:
    name = name_of_type(number, what)
    return np.dtype("float32" if name == "bfloat16" else name)


class Weights:
    """Reads the tensors of one file, and of files in its folder."""

    def __init__(self, path: str) -> None:
        self.folder = os.path.dirname(os.path.abspath(path))

    def array(self, tensor: Any) -> Array:
        """The numbers of a tensor. Halves become 32-bit floats: planish computes with these."""
        kind, shape = int(tensor.data_type), tuple(int(extent) for extent in tensor.dims)
        name = name_of_type(kind, tensor.name)
        stored = np.dtype(_TYPES[kind][1])
        count = math.prod(shape)
        if any(extent < 0 for extent in shape) or count > 1 << 40:
            raise ValueError(
                explain(
                    what=f"{tensor.name!r} has a shape that cannot be",
                    received=shape,
                    remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
                )
            )
        if tensor.data_location == _OUTSIDE:
            flat = np.frombuffer(self._outside(tensor, count * stored.itemsize), stored)
        elif tensor.HasField("raw_data"):
            self._check_size(tensor.name, shape, count * stored.itemsize, len(tensor.raw_data), "bytes")
            flat = np.frombuffer(tensor.raw_data, stored)
        else:
            field = getattr(tensor, _TYPES[kind][2])
            self._check_size(tensor.name, shape, count, len(field), "numbers")
            flat = _from_numbers(field, kind, stored)
        self._check_size(tensor.name, shape, count, flat.size, "numbers")
        return _as_floats(flat, kind, name).reshape(shape)

    def _check_size(self, name: str, shape: tuple[int, ...], wanted: int, found: int, what: str) -> None:
        if wanted != found:
            raise ValueError(
                explain(
                    what=f"{name!r} is not as large as its shape says",
                    expected=f"{wanted:,} {what} for {shape}",
                    received=f"{found:,}",
                    remedy="copy or download it again",
                )
            )

    def _outside(self, tensor: Any, nbytes: int) -> bytes:
        """The bytes of a tensor in a file beside the network's."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        path = self._inside_folder(entries.get("location", ""), tensor.name)
        offset, length = _whole(entries, "offset", 0, tensor.name), _whole(entries, "length", nbytes, tensor.name)
        if not os.path.exists(path):
            raise FileNotFoundError(
                explain(
                    what=f"the weights of {tensor.name!r} are in a file that is not there",
                    expected=repr(path),
                    remedy=f"copy {os.path.basename(path)!r} into the folder of the network",
                )
            )
        with regular_file.opened(path, "a file of an ONNX network's weights") as file:
            size = os.fstat(file.fileno()).st_size
            if length != nbytes or offset + length > size:
                raise ValueError(
                    explain(
                        what=f"the weights of {tensor.name!r} are not in {path!r}",
                        expected=f"{nbytes:,} bytes from byte {offset:,} on",
                        received=f"a length of {length:,}, in a file of {size:,} bytes",
                        remedy="copy the file of the weights again, beside that of the network",
                    )
                )
            file.seek(offset)
            return file.read(length)

    def _inside_folder(self, location: str, name: str) -> str:
        """The path of a file in the network's folder, or below it; links may not lead out of it."""
        parts = location.replace("\\", "/").split("/")
        plain = location and not os.path.isabs(location) and ":" not in location and "\0" not in location
        inside = os.path.realpath(self.folder)
        path = os.path.realpath(os.path.join(inside, *parts)) if plain else ""
        if not plain or ".." in parts or os.path.commonpath([path, inside]) != inside:
            raise ValueError(
                explain(
                    what=f"the weights of {name!r} lie outside of the file's folder",
                    rule="files beside the network's are read only in its own folder",
                    received=repr(location[:200]),
                    remedy="move the file into the folder, and save the network with its name alone",
                )
            )
        return path


def _whole(entries: dict[str, str], key: str, default: int, name: str) -> int:
    text = entries.get(key) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ValueError(
            explain(
                what=f"the {key} of {name!r} is not a number",
                received=repr(text[:50]),
                remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
            )
        )
    return int(text)


def _from_numbers(field: Any, kind: int, stored: np.dtype[Any]) -> Array:
    """Numbers that are written one by one; those of 16 bits are written as whole numbers of the same bits."""
    if kind in (_FLOAT16, _BFLOAT16):
        return np.fromiter(field, np.int64, len(field)).astype(np.uint16).view(stored)
    wide = np.float64 if stored.kind == "f" else np.uint64 if stored.kind == "u" and stored.itemsize > 2 else np.int64
    return np.fromiter(field, wide, len(field)).astype(stored)


def _as_floats(flat: Array, kind: int, name: str) -> Array:
    if kind == _BFLOAT16:
        return (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.astype(np.float32) if kind == _FLOAT16 else flat.astype(name, copy=False)
