"""The element types of the Open Inference Protocol, and NumPy's."""

from __future__ import annotations

BYTES = "BYTES"
"""Strings of bytes, each with its length before it: encoded images, and labels of classes."""

DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}

_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def datatype(dtype: str) -> str:
    """The protocol's name of an element type."""
    return _NAMES[dtype]
