"""Maps paths to the weights of a model. Models inside it keep their own maps, which are not built again."""

from __future__ import annotations

from collections.abc import Iterator

from planish.layers.layer import Layer
from planish.variable import Variable


class PathNames:
    """The paths of the weights of layers, and the `PathNames` of models among them."""

    def __init__(self) -> None:
        self._own: dict[str, Variable] = {}
        self._inner: list[PathNames] = []
        self._count = 0

    def add(self, layer: Layer) -> list[str]:
        """Takes in the weights of a layer. Returns the paths that another weight also has."""
        clashes = []
        for variable in layer.weights:
            if self._find(variable.path) not in (None, id(variable)):
                clashes.append(variable.path)
            self._own[variable.path] = variable
        self._count += len(layer.weights)
        return clashes

    def add_model(self, names: PathNames) -> list[str]:
        """Takes in the paths that a model knows. Returns the paths that another weight also has."""
        few, many = sorted((self, names), key=lambda each: each._count)
        clashes = [variable.path for variable in few if many._find(variable.path) not in (None, id(variable))]
        self._inner.append(names)
        self._count += names._count
        return clashes

    def _all(self) -> Iterator[PathNames]:
        waiting = [self]
        while waiting:
            names = waiting.pop()
            yield names
            waiting.extend(names._inner)

    def __iter__(self) -> Iterator[Variable]:
        for names in self._all():
            yield from names._own.values()

    def _find(self, path: str) -> int | None:
        """The identity of the weight of that path; None if there is none."""
        found = (names._own[path] for names in self._all() if path in names._own)
        return next(map(id, found), None)
