"""Keras 3's layout of weights in HDF5: a group for every layer, arrays named by number in its group `vars`.

vars                            the model's own (none)
layers/conv2d/vars/0, 1         kernel and bias, in the order of `layer.weights`
layers/flatten/vars             empty
layers/sequential/layers/dense/vars/0, 1        a model inside the model
optimizer/vars/0, 1, 2          iterations, learning rate, then the slots: see optimizer_state.py

Layers are named by their class in snake case, numbered within their model: names that users gave are only an attribute.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import regular_file
from planish.errors import ExplainedError, explain
from planish.saving import strings
from planish.saving.chunks import reads_in_bounds
from planish.saving.contents import Contents
from planish.saving.stored_array import Place, StoredArray

Array = NDArray[Any]

_MOST_ATTRIBUTE_NBYTES = 64512
_DEEPEST = 1000


class WeightsWriter:
    """Builds an HDF5 file in memory: `add` groups, then `contents`."""

    def __init__(self) -> None:
        import h5py

        self._buffer = io.BytesIO()
        self._file = h5py.File(self._buffer, "w")

    def add(self, path: str, name: str, arrays: Sequence[Array]) -> None:
        """The arrays of a group, and the name that its layer has for its user."""
        self.begin(path, name)
        for number, array in enumerate(arrays):
            self.add_array(f"{path}/vars/{number}" if path else f"vars/{number}", array)

    def begin(self, path: str, name: str) -> None:
        """The group of a layer, without arrays, and the name that the layer has for its user."""
        self.group(f"{path}/vars" if path else "vars").attrs["name"] = name

    def group(self, path: str) -> Any:
        """The group at a path, which is made if it is not there."""
        return self._file.require_group(path) if path else self._file

    def add_array(self, place: str, array: Array) -> None:
        """An array at a place."""
        self._file[place] = array

    def note(self, path: str, attribute: str, text: str) -> None:
        """A text as an attribute of a group."""
        self.group(path).attrs[attribute] = text.encode()

    def note_names(self, path: str, attribute: str, names: Sequence[str]) -> None:
        """A list of names as an attribute of a group, in numbered parts if it is longer than HDF5 allows."""
        encoded = np.asarray([name.encode() for name in names])
        parts = 1
        while any(part.nbytes > _MOST_ATTRIBUTE_NBYTES for part in np.array_split(encoded, parts)):
            parts += 1
        for number, part in enumerate(np.array_split(encoded, parts)):
            self.group(path).attrs[attribute if parts == 1 else f"{attribute}{number}"] = part

    def contents(self) -> bytes:
        """The file. Nothing can be added afterwards."""
        self._file.close()
        return self._buffer.getvalue()


class WeightsError(ValueError):
    """A file of weights that cannot be used; the text names it and says why."""


class WrongShapeError(ExplainedError, WeightsError):
    """An array of the shape `received` where another is wanted."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.received: tuple[int, ...] = parts["received"]


class WeightsReader:
    """Reads an HDF5 file, however hostile: `with WeightsReader(contents, name) as reader`, or see `opened`.

    Only arrays of numbers that lie in the file itself are read, each only once its shape is known to be the right one.
    WeightsError for everything else. h5py's low-level interface reads a small model ten times as fast as the other.
    """

    def __init__(self, contents: bytes | Contents, source: str) -> None:
        import h5py

        self._h5py = h5py
        self.source = source
        self._contents = contents if isinstance(contents, Contents) else Contents(io.BytesIO(contents))
        self._groups: dict[str, Any] = {}
        self._seen = strings.TextsSeen()
        with self._guarded():
            self._file = h5py.File(self._contents.stream(self._seen), "r")
            self._groups[""] = h5py.h5g.open(self._file.id, b"/")

    def __enter__(self) -> WeightsReader:
        return self

    def __exit__(self, *error: object) -> None:
        self._groups.clear()
        self._file.close()

    def groups(self, path: str) -> list[str]:
        """The names in a group; none if there is no such group."""
        with self._guarded():
            group = self._group(path)
            return [] if group is None else [name.decode() for name in group]

    def has(self, path: str) -> bool:
        """Whether there is a group at a path."""
        with self._guarded():
            return self._group(path) is not None

    def count(self, path: str) -> int:
        """How many arrays the group of a layer holds; 0 if there is no such group."""
        with self._guarded():
            group = self._group(f"{path}/vars")
            return 0 if group is None else int(group.get_num_objs())

    def stored(self, path: str, number: int, shape: tuple[int, ...], what: str) -> StoredArray:
        """An array of a layer's group, which has to have `shape`; `what` names it in messages.

        It can be read while the file is open.
        """
        return self.stored_at(f"{path}/vars/{number}", shape, what)

    def stored_at(self, place: str, shape: tuple[int, ...], what: str) -> StoredArray:
        """As `stored`, of the dataset at a place."""
        path, _, name = place.rpartition("/")
        with self._guarded():
            group = self._group(path)
            dataset = None if group is None else self._child(group, name, place)
            if dataset is None:
                raise WeightsError(
                    explain(
                        what=f"{self.source!r} has no array for {what}",
                        expected=place,
                        remedy="load into the model that was saved, or give skip_mismatch=True",
                    )
                )
            if not isinstance(dataset, self._h5py.h5d.DatasetID) or not self._is_in_the_file(dataset):
                raise self._hostile(place)
            if dataset.get_space().get_simple_extent_type() == self._h5py.h5s.NULL:
                raise WeightsError(
                    explain(
                        what=f"{self.source!r}: {what} is an array without values",
                        expected=shape,
                        remedy="write it again, in Keras: model.save_weights('model.weights.h5')",
                    )
                )
            if dataset.dtype.kind not in "fiub":
                raise WeightsError(
                    explain(
                        what=f"{self.source!r}: {what} is not an array of numbers",
                        received=f"dtype {dataset.dtype}",
                        remedy="write it again, in Keras: model.save_weights('model.weights.h5')",
                    )
                )
            if dataset.shape != shape:
                raise WrongShapeError(
                    what=f"{self.source!r}: {what} has another shape", expected=shape, received=dataset.shape
                )
            return self._values(dataset)

    def shape_at(self, place: str) -> tuple[int, ...] | None:
        """The shape of the array at a place; None if there is none."""
        path, _, name = place.rpartition("/")
        with self._guarded():
            group = self._group(path)
            dataset = None if group is None else self._child(group, name, place)
            return tuple(dataset.shape) if isinstance(dataset, self._h5py.h5d.DatasetID) else None

    def has_names(self, path: str, attribute: str) -> bool:
        """Whether the group at `path` has a list of names, whole or in numbered parts."""
        with self._guarded():
            group = self._group(path)
            return group is not None and any(
                self._h5py.h5a.exists(group, name.encode()) for name in (attribute, f"{attribute}0")
            )

    def names(self, path: str, attribute: str) -> list[str]:
        """A list of names that the group at `path` has as an attribute, or in numbered parts where it is long."""
        with self._guarded():
            group = self._group(path)
            if group is None:
                raise WeightsError(
                    explain(
                        what=f"the weights in {self.source!r} are damaged",
                        expected=f"group {path}",
                        remedy="copy or download it again",
                    )
                )
            if self._h5py.h5a.exists(group, attribute.encode()):
                return self._texts_of(group, attribute)
            names: list[str] = []
            part = 0
            while self._h5py.h5a.exists(group, f"{attribute}{part}".encode()):
                names += self._texts_of(group, f"{attribute}{part}", len(names))
                part += 1
            return names

    def text(self, path: str, attribute: str) -> str | None:
        """A text that the group at `path` has as an attribute; None if it has none."""
        with self._guarded():
            group = self._group(path)
            if group is None or not self._h5py.h5a.exists(group, attribute.encode()):
                return None
            return "".join(self._texts_of(group, attribute)[:1])

    def _texts_of(self, group: Any, attribute: str, before: int = 0) -> list[str]:
        """The texts of an attribute, after `before` others. WeightsError for more than a model has, or larger ones."""
        found = self._h5py.h5a.open(group, attribute.encode())
        count, kind = math.prod(found.shape), found.get_type()
        if before + count > strings.MOST_NAMES:
            rule = f"a list has at most {strings.MOST_NAMES:,} names"
            raise self._unusual(rule, f"{before + count:,} in {attribute}")
        if not count:
            return []
        if not isinstance(kind, self._h5py.h5t.TypeStringID) or found.get_storage_size() > self._contents.nbytes:
            raise ValueError(f"{attribute} is not text")
        if kind.is_variable_str():
            self._seen.check_references(self._contents)
        return _texts(self._h5py.Group(group).attrs[attribute])

    def _values(self, dataset: Any) -> StoredArray:
        """Where the array is in the file, if it is there as it is. What is packed is read now: only then does damage in
        it show."""
        offset, nbytes = dataset.get_offset(), dataset.dtype.itemsize * math.prod(dataset.shape)
        if offset is not None and nbytes:
            if offset + nbytes > self._contents.nbytes:
                raise ValueError("an array goes on behind the end of the file")
            return StoredArray(dataset.shape, dataset.dtype, Place(self._contents, offset, self.source))
        if not reads_in_bounds(dataset, self._contents):
            raise WeightsError(
                explain(
                    what=f"{self.source!r} is not as Keras writes it, so it is not read",
                    rule="an array is packed in pieces no larger than the array",
                    remedy="if you trust the file, load it in Keras, and save it again",
                )
            )
        array = np.empty(dataset.shape, dataset.dtype)
        dataset.read(self._h5py.h5s.ALL, self._h5py.h5s.ALL, array)
        return StoredArray.of(array)

    def _group(self, path: str) -> Any:
        """The group at `path`; None if there is none."""
        if path.count("/") > _DEEPEST:
            raise self._unusual(f"groups are at most {_DEEPEST} deep", f"{path.count('/'):,} slashes in a name")
        unknown = []
        while path not in self._groups:
            unknown.append(path)
            path = path.rpartition("/")[0]
        for each in reversed(unknown):
            above, _, name = each.rpartition("/")
            group = self._groups[above]
            found = None if group is None else self._child(group, name, each)
            self._groups[each] = found if isinstance(found, self._h5py.h5g.GroupID) else None
            path = each
        return self._groups[path]

    def _child(self, group: Any, name: str, place: str) -> Any:
        """The item `name` of a group; None if there is none. Links to other places and files are refused."""
        encoded = name.encode()
        if not group.links.exists(encoded):
            return None
        if group.links.get_info(encoded).type != self._h5py.h5l.TYPE_HARD:
            raise self._hostile(place)
        return self._h5py.h5o.open(group, encoded)

    def _is_in_the_file(self, dataset: Any) -> bool:
        properties = dataset.get_create_plist()
        return properties.get_layout() != self._h5py.h5d.VIRTUAL and not properties.get_external_count()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """HDF5's library has many ways to say that a file is damaged."""
        try:
            yield
        except WeightsError:
            raise
        except (OSError, RuntimeError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            reason = str(error).strip("'") or type(error).__name__
            raise WeightsError(
                explain(
                    what=f"the weights in {self.source!r} are damaged or cut short",
                    received=reason,
                    remedy="copy or download it again",
                )
            ) from error

    def _hostile(self, place: str) -> WeightsError:
        return self._unusual("weights are arrays in the file itself", f"{place} leads elsewhere")

    def _unusual(self, rule: str, received: str) -> WeightsError:
        return WeightsError(
            explain(
                what=f"{self.source!r} is not as Keras writes it, so it is not read",
                rule=rule,
                received=received,
                remedy="write it again, in Keras: model.save_weights('model.weights.h5')",
            )
        )


@contextlib.contextmanager
def opened(path: str, what: str) -> Iterator[WeightsReader]:
    """A reader of the HDF5 file at a path; `what` says what it should be. Errors as in `regular_file.opened`, and
    WeightsError."""
    with regular_file.opened(path, what) as file, WeightsReader(Contents(file), path) as reader:
        yield reader


def _texts(values: Any) -> list[str]:
    """The names in an attribute: h5py gives bytes or text, in an array."""
    return [value.decode() if isinstance(value, bytes) else str(value) for value in np.atleast_1d(values).ravel()]
