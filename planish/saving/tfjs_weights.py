"""The arrays of a TensorFlow.js model: what its manifest lists, from files beside it.

weightsManifest: [{"paths": ["group1-shard1of2.bin", ...], "weights": [
    {"name": "conv2d/kernel", "shape": [3, 3, 1, 8], "dtype": "float32",
     "quantization": {"dtype": "uint8", "min": -0.5, "scale": 0.004}}, ...]}]

The files of a group, joined, hold its arrays one after the other. Every size is checked before anything is read, and
nothing is read before the model is known to fit: arrays go straight into its weights.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.saving.contents import Joined
from planish.saving.stored_array import Place, StoredArray

Array = NDArray[Any]

_TYPES = {name: np.dtype(name).newbyteorder("<") for name in ("float32", "int32", "uint8", "uint16", "float16", "bool")}
_QUANTIZED = ("uint8", "uint16", "float16")
_OF_OPTIMIZER = "optimizer"
_MOST_FILES = 10_000
_LEADS_ELSEWHERE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0|^$")


class DamagedManifestError(ValueError):
    """A manifest that does not say which arrays there are; the text names the file."""


def arrays(manifest: Any, folder: str, source: str) -> dict[str, StoredArray]:
    """The arrays by name, to be read from their files, and dequantized then.

    ValueError, naming the file, for a manifest that makes no sense, files that are missing, outside of the folder or of
    another size, and names that come twice.
    """
    found: dict[str, StoredArray] = {}
    used: set[str] = set()
    for group in _listed(manifest, "weightsManifest", source):
        entries = [_entry(item, source) for item in _listed(_of(group, "weights", source), "weights", source)]
        names = _listed(_of(group, "paths", source), "paths", source)
        if len(names) + len(used) > _MOST_FILES:
            raise _damaged(source, f"weights are in more than {_MOST_FILES:,} files", len(names))
        paths = [_inside(name, folder, source) for name in names]
        if len({*paths, *used}) < len(paths) + len(used):
            raise _damaged(source, "a file of weights is listed twice", paths)
        used.update(paths)
        contents = _joined(paths, sum(entry.nbytes for entry in entries), source)
        offset = 0
        for entry in entries:
            if entry.name in found:
                raise _damaged(source, "an array is listed twice", entry.name)
            if entry.group != _OF_OPTIMIZER:
                found[entry.name] = entry.stored(Place(contents, offset, source))
            offset += entry.nbytes
    return found


class _Entry:
    """An array of the manifest."""

    def __init__(self, item: Mapping[str, Any], source: str) -> None:
        self.name, self.shape = _of(item, "name", source), _of(item, "shape", source)
        self.group, self._quantization = item.get("group"), item.get("quantization")
        if not isinstance(self.name, str) or not _is_shape(self.shape):
            raise _damaged(source, "an array has no name, or no shape", f"{self.name!r}, {self.shape!r}")
        kind, stored = _of(item, "dtype", source), self._quantization
        if stored is not None:
            kind = stored.get("dtype") if isinstance(stored, dict) else None
            if kind not in _QUANTIZED or not _is_affine(stored):
                raise _damaged(source, f"array {self.name!r} is quantized in an unknown way", stored)
        if not isinstance(kind, str) or kind not in _TYPES:
            raise _damaged(source, f"array {self.name!r} is not an array of numbers", kind)
        self._stored, self._type = _TYPES[kind], _TYPES.get(str(item["dtype"]), _TYPES["float32"])
        self.nbytes = math.prod(self.shape) * self._stored.itemsize

    def stored(self, place: Place) -> StoredArray:
        """The array at a place, as numbers of its type when it is read."""
        found = StoredArray(tuple(self.shape), self._stored, place)
        return found if self._quantization is None else found.then(self._as_they_were)

    def _as_they_were(self, values: Array) -> Array:
        settings = self._quantization or {}
        if "scale" not in settings:
            return values.astype(self._type)
        return _dequantized(values, settings["scale"], settings["min"], self._type)


def _dequantized(values: Array, scale: float, least: float, kind: np.dtype[Any]) -> Array:
    """`values * scale + least`, in float64 and rounded once, as JavaScript computes it; every value is computed once,
    not every element."""
    table = np.arange(np.iinfo(values.dtype).max + 1) * float(scale) + float(least)
    table = np.floor(table + 0.5) if kind.kind == "i" else table  # as Math.round does
    with np.errstate(over="ignore", invalid="ignore"):
        dequantized: Array = table.astype(kind)[values]
    return dequantized


def _is_affine(stored: Mapping[str, Any]) -> bool:
    numbers = [stored.get(name) for name in ("scale", "min")]
    if stored["dtype"] == "float16" and numbers == [None, None]:
        return True
    return stored["dtype"] != "float16" and all(
        isinstance(number, int | float) and not isinstance(number, bool) and abs(number) <= 1e300 for number in numbers
    )


def _is_shape(shape: Any) -> bool:
    return (
        isinstance(shape, list)
        and all(
            isinstance(extent, int) and not isinstance(extent, bool) and 0 <= extent < 1 << 48 for extent in shape[:33]
        )
        and len(shape) <= 32
    )


def _entry(item: Any, source: str) -> _Entry:
    if not isinstance(item, dict):
        raise _damaged(source, "an array is not described", item)
    return _Entry(item, source)


def _of(item: Any, name: str, source: str) -> Any:
    if not isinstance(item, dict) or name not in item:
        raise _damaged(source, f"the manifest of weights lacks {name!r}", item)
    return item[name]


def _listed(value: Any, name: str, source: str) -> list[Any]:
    if not isinstance(value, list):
        raise _damaged(source, f"{name!r} is not a list", value)
    return value


def _inside(path: Any, folder: str, source: str) -> str:
    """The file of the folder with this name."""
    if not isinstance(path, str) or not path.isprintable():
        raise _damaged(source, "weights are in a file without a possible name", path)
    if _LEADS_ELSEWHERE.search(path):
        raise _damaged(source, "weights lie outside of the model's folder", path)
    file = os.path.realpath(os.path.join(folder, path))
    if not file.startswith(os.path.join(os.path.realpath(folder), "")):
        raise _damaged(source, "weights lie outside of the model's folder", path)
    return file


def _joined(paths: list[str], nbytes: int, source: str) -> Joined:
    """The files one after the other, `nbytes` in all."""
    sizes = list(_sizes(paths, source))
    if sum(sizes) != nbytes:
        raise _damaged(
            source, "its files of weights have another size than its arrays", f"{sum(sizes):,} bytes, not {nbytes:,}"
        )
    return Joined(paths, sizes, "a file of weights")


def _sizes(paths: list[str], source: str) -> Iterator[int]:
    for path in paths:
        if not os.path.isfile(path):
            raise FileNotFoundError(
                explain(
                    what=f"{source!r} lists a file of weights that is not there",
                    expected=path,
                    remedy="copy the whole folder",
                )
            )
        yield os.path.getsize(path)


def _damaged(source: str, what: str, received: object) -> DamagedManifestError:
    return DamagedManifestError(
        explain(
            what=f"{source!r} is damaged, or not of TensorFlow.js: {what}",
            received=repr(received)[:200],
            remedy="copy or download it again",
        )
    )
