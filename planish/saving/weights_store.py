"""Keras 3's layout of weights in HDF5: a group for every layer, arrays named by number in its group `vars`.

vars                            the model's own (none)
layers/conv2d/vars/0, 1         kernel and bias, in the order of `layer.weights`
layers/flatten/vars             empty
layers/sequential/layers/dense/vars/0, 1        a model inside the model
optimizer/vars/0, 1, 2          iterations, learning rate, then the slots: see optimizer_state.py

Layers are named by their class in snake case, numbered within their model: names that users gave are an attribute only.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]


class WeightsWriter:
    """Builds an HDF5 file in memory: `add` groups, then `contents`."""

    def __init__(self) -> None:
        import h5py

        self._buffer = io.BytesIO()
        self._file = h5py.File(self._buffer, "w")

    def add(self, path: str, name: str, arrays: Sequence[Array]) -> None:
        """The arrays of a group, and the name that its layer has for its user."""
        group = self._file.create_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = name
        for number, array in enumerate(arrays):
            group[str(number)] = array

    def contents(self) -> bytes:
        """The file. Nothing can be added after."""
        self._file.close()
        return self._buffer.getvalue()


class WeightsError(ValueError):
    """A file of weights that cannot be used; the text names it and says why."""


class WeightsReader:
    """Reads an HDF5 file, as hostile as it may be: `with WeightsReader(contents, name) as reader`.

    Only arrays of numbers that lie in the file itself are read, each only once its shape is known to be the right one.
    WeightsError for everything else.
    """

    def __init__(self, contents: bytes, source: str) -> None:
        import h5py

        self._h5py = h5py
        self.source = source
        with self._guarded():
            self._file = h5py.File(io.BytesIO(contents), "r")

    def __enter__(self) -> WeightsReader:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def groups(self, path: str) -> list[str]:
        """The names in a group; none if there is no such group."""
        with self._guarded():
            group = self._item(path)
            return list(group) if isinstance(group, self._h5py.Group) else []

    def count(self, path: str) -> int:
        """How many arrays the group of a layer holds; 0 if there is no such group."""
        return len(self.groups(f"{path}/vars"))

    def array(self, path: str, number: int, shape: tuple[int, ...], what: str) -> Array:
        """An array of a layer's group, which has to have `shape`; `what` names it in messages."""
        place = f"{path}/vars/{number}"
        with self._guarded():
            dataset = self._item(place)
            if dataset is None:
                raise WeightsError(explain(what=f"{self.source!r} has no array for {what}", expected=place))
            if not isinstance(dataset, self._h5py.Dataset) or dataset.external or dataset.is_virtual:
                raise self._hostile(place)
            if dataset.dtype.kind not in "fiub":
                raise WeightsError(
                    explain(what=f"{self.source!r}: {what} is no array of numbers", received=f"dtype {dataset.dtype}")
                )
            if dataset.shape != shape:
                raise WeightsError(
                    explain(what=f"{self.source!r}: {what} has another shape", expected=shape, received=dataset.shape)
                )
            return np.asarray(dataset[()])

    def _item(self, path: str) -> Any:
        """The group or array at `path`, None if there is none. Links to other places and files are refused."""
        item = self._file
        for name in path.split("/"):
            link = item.get(name, getlink=True) if isinstance(item, self._h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, self._h5py.HardLink):
                raise self._hostile(f"{item.name.rstrip('/')}/{name}")
            item = item[name]
        return item

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
                explain(what=f"the weights in {self.source!r} are damaged or cut short", received=reason)
            ) from error

    def _hostile(self, place: str) -> WeightsError:
        return WeightsError(
            explain(
                what=f"{self.source!r} is not what Keras writes, and is not read",
                rule="weights are arrays in the file itself",
                received=f"{place} leads elsewhere",
            )
        )
