"""Variables that belong to no layer, such as the weights of classes in a loss of the user's: `backend.variable`.

Programs read them at every step, so that a callback may change them.
"""

from __future__ import annotations

import itertools
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.variable import Variable

_alive: WeakValueDictionary[str, Variable] = WeakValueDictionary()
_numbers = itertools.count()


def variable(value: Any, dtype: str, name: str | None = None) -> Variable:
    """A new variable with this value. Its path in graphs is its own, whatever `name` is."""
    array = np.asarray(value, dtype)
    path = f"variable/{next(_numbers)}"
    made = Variable(name or "variable", path, array.shape, dtype, trainable=False)
    made.assign(array)
    _alive[path] = made
    return made


def read_by(*graphs: Graph | None) -> list[Variable]:
    """The variables of this kind that graphs read."""
    leaves = [leaf for graph in graphs if graph is not None for leaf in graph.leaves("parameter")]
    found = [_alive.get(name_of(leaf)) for leaf in leaves]
    return [*dict.fromkeys(each for each in found if each is not None)]
