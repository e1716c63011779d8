"""Keras 3's weights in several files: `name.weights.json` says which group is in which of `name_00000.weights.h5`, ...

{"metadata": {"total_size": 123.0}, "weight_map": {"/layers/dense/vars": "name_00000.weights.h5"}}

Each file is as a `.weights.h5` file, with some of the groups; a group whose arrays are in several has a list of them.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from planish import atomic_file, regular_file
from planish.errors import explain
from planish.models import Model
from planish.saving import archive, model_weights
from planish.saving.stored_array import StoredArray
from planish.saving.weights_store import Array, WeightsError, WeightsReader, WeightsWriter

ENDING = ".weights.json"
RULE = "with max_shard_size, a .weights.json file says which weights are in which of the files beside it"

_SHARD_ENDING = ".weights.h5"
_GIGABYTE = 1 << 30
_MOST_SHARDS = 10_000


# -- writing -----------------------------------------------------------------------------------------------------------


def index_name(name: str) -> str:
    """The name of the file that names the others: as in Keras, `.weights.h5` is taken for `.weights.json`."""
    return name.removesuffix(_SHARD_ENDING) + ENDING if name.endswith(_SHARD_ENDING) else name


def save(model: Model, path: str, max_shard_size: float) -> None:
    """Writes the weights and the optimizer's state: all files, or none. The one that names the others is the last.

    ValueError for a size that is not above 0, or in which one of the arrays does not fit.
    """
    most = _checked_size(max_shard_size)
    with atomic_file.Together() as files:
        _save(model, path, most, max_shard_size, files)


def _save(model: Model, path: str, most: int, max_shard_size: float, files: atomic_file.Together) -> None:
    stem = os.path.basename(path).removesuffix(ENDING)
    writer, used, number = WeightsWriter(), 0, 0
    places: dict[str, list[str]] = {}
    total = 0
    for group, name, arrays in model_weights.groups(model):
        writer.begin(group, name)
        for place, array in enumerate(arrays):
            _check_fits(group, array, most, max_shard_size)
            if used and used + array.nbytes > most:
                _write(files, path, stem, number, writer)
                writer, used, number = WeightsWriter(), 0, number + 1
                writer.begin(group, name)
            writer.add_array(f"{group}/vars/{place}" if group else f"vars/{place}", array)
            used, total = used + array.nbytes, total + array.nbytes
            known = places.setdefault(f"/{group}/vars" if group else "/vars", [])
            if (file := _name(stem, number)) not in known:
                known.append(file)
    _write(files, path, stem, number, writer)
    weight_map = {group: names[0] if len(names) == 1 else names for group, names in places.items()}
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=4)
    files.write(path, text.encode())


def _checked_size(max_shard_size: Any) -> int:
    is_number = isinstance(max_shard_size, int | float) and not isinstance(max_shard_size, bool)
    if not (is_number and 0 < max_shard_size < float("inf")):
        raise ValueError(
            explain(
                what="save_weights: `max_shard_size` is not a size",
                expected="a number of gigabytes above 0",
                received=repr(max_shard_size),
                remedy="max_shard_size=2",
            )
        )
    return int(max_shard_size * _GIGABYTE)


def _check_fits(group: str, array: Array, most: int, max_shard_size: float) -> None:
    if array.nbytes > most:
        raise ValueError(
            explain(
                what=f"save_weights: an array of {group} is larger than `max_shard_size`",
                expected=f"at most {most:,} bytes, which are {max_shard_size} gigabytes",
                received=f"{array.nbytes:,} bytes",
                remedy=f"max_shard_size={array.nbytes / _GIGABYTE:.3g} or more",
            )
        )


def _name(stem: str, number: int) -> str:
    return f"{stem}_{number:05}{_SHARD_ENDING}"


def _write(files: atomic_file.Together, path: str, stem: str, number: int, writer: WeightsWriter) -> None:
    files.write(os.path.join(os.path.dirname(path), _name(stem, number)), writer.contents())


# -- reading -----------------------------------------------------------------------------------------------------------


def load(model: Model, path: str, skip_mismatch: bool) -> None:
    """Reads weights and the optimizer's state. Errors as those of `load_weights`."""
    with ShardsReader(path) as reader:
        model_weights.restore_from(model, reader, skip_mismatch=skip_mismatch)


class ShardsReader(WeightsReader):
    """Reads each group from the file that has it. A file is opened when it is needed, and only one is at a time."""

    def __init__(self, path: str) -> None:
        self.source = path
        self._folder = os.path.dirname(path)
        self._files = _weight_map(path)
        self._open: tuple[str, WeightsReader] | None = None

    def __exit__(self, *error: object) -> None:
        if self._open is not None:
            self._open[1].__exit__(*error)
            self._open = None

    def groups(self, path: str) -> list[str]:
        """The names in a group; none if there is no such group."""
        start = f"/{path}/"
        inside = (group.removeprefix(start) for group in self._files if group.startswith(start))
        return [*dict.fromkeys(name.partition("/")[0] for name in inside)]

    def has(self, path: str) -> bool:
        """Whether there is a group at a path."""
        return any(group.startswith(f"/{path}/") for group in self._files)

    def count(self, path: str) -> int:
        """How many arrays the group of a layer holds, in all its files."""
        return sum(self._reader(file).count(path) for file in self._of(path))

    def stored_at(self, place: str, shape: tuple[int, ...], what: str) -> StoredArray:
        """An array of `shape`, which is read at once: its file does not stay open. `what` names it in messages."""
        files = self._of(place.removesuffix("/" + place.rpartition("/")[2]).removesuffix("/vars").removesuffix("vars"))
        for file in files:
            if self._reader(file).shape_at(place) is not None:
                return StoredArray.of(self._reader(file).stored_at(place, shape, what).read())
        raise WeightsError(
            explain(
                what=f"{self.source!r} has no array for {what}",
                expected=place,
                remedy="load into the model that was saved, or give skip_mismatch=True",
            )
        )

    def _of(self, path: str) -> list[str]:
        return self._files.get(f"/{path}/vars" if path else "/vars", [])

    def _reader(self, file: str) -> WeightsReader:
        if self._open is None or self._open[0] != file:
            self.__exit__()
            path = os.path.join(self._folder, file)
            inside = os.path.join(os.path.realpath(self._folder or "."), "")
            if not os.path.realpath(path).startswith(inside):
                raise self._unusual("weights are in files beside the index", f"{file}, a link that leads elsewhere")
            self._open = file, WeightsReader(regular_file.contents(path, f"a {_SHARD_ENDING} file"), path)
        return self._open[1]


def _weight_map(path: str) -> dict[str, list[str]]:
    """The files of each group. ValueError for a file that is damaged, or names files outside of its folder."""
    found = archive.parsed(archive.text_of(path, f"a {ENDING} file"), repr(path))
    groups: Any = found.get("weight_map") if isinstance(found, dict) else None
    with contextlib.suppress(TypeError, AttributeError):
        files = {group: [*dict.fromkeys(_names(value))] for group, value in groups.items()}
        if len({name for names in files.values() for name in names}) <= _MOST_SHARDS:
            return files
    raise WeightsError(
        explain(
            what=f"{path!r} does not say where the weights are",
            expected="a weight_map of groups, and the names of files beside it",
            received=repr(found)[:80],
            remedy="copy or download it again",
        )
    )


def _names(value: Any) -> Iterator[str]:
    for name in [value] if isinstance(value, str) else value:
        if not (isinstance(name, str) and name.endswith(_SHARD_ENDING)) or {"/", "\\", "\0"} & {*name}:
            raise TypeError("not the name of a file beside this one")
        yield name
