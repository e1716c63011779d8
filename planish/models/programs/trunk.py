"""The program of a model's trunk (see `split`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import standalone
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.models.data.arrays import Array
from planish.models.programs import executables
from planish.models.programs.split import multiply_adds

if TYPE_CHECKING:
    from planish.models.model import Model

_NBYTES_AT_ONCE = 16 << 20
_MULTIPLY_ADDS_AT_ONCE = 2_000_000_000


class Trunk:
    """The program of a trunk.

    `nbytes` is what its outputs take for each image, `multiply_adds` what it costs to compute them, and `rows_at_once`
    how many images a call should have at most.
    """

    def __init__(self, model: Model, graph: Graph, dtypes: Mapping[str, np.dtype[Any]]) -> None:
        self.shapes = {name: node.shape for name, node in graph.outputs}
        self.dtype = np.dtype(graph.outputs[0][1].type.numpy_dtype)
        self.nbytes = sum(node.type.nbytes for _, node in graph.outputs)
        self.multiply_adds = sum(map(multiply_adds, graph.nodes))
        most = min(_NBYTES_AT_ONCE // self.nbytes, _MULTIPLY_ADDS_AT_ONCE // self.multiply_adds)
        self.rows_at_once = max(1, most)
        read_dtypes = executables.read_by(graph, dtypes)
        self.inputs = tuple(read_dtypes)
        self._text = print_graph(graph) + repr(read_dtypes)
        self._executable = executables.inference(graph, read_dtypes, eager=False)
        read = {name_of(leaf) for leaf in graph.leaves("parameter")}
        self._variables = [each for each in standalone.bound(model.weights, graph) if each.path in read]
        self._parameters = {variable.path: variable.value for variable in self._variables}
        self._layers = [node.layers[0] for node in graph.nodes if node.layers]
        self._identity: tuple[int, bytes] | None = None

    @property
    def version(self) -> int:
        """Another one whenever somebody has written to the trunk's weights."""
        return max([variable.version for variable in self._variables], default=0)

    @property
    def identity(self) -> bytes:
        """Trunks of one identity give the same for the same images."""
        version = self.version
        if self._identity is None or self._identity[0] != version:
            digest = hashlib.blake2b(self._text.encode())
            for variable in self._variables:
                digest.update(variable.value.data)
            self._identity = version, digest.digest()
        return self._identity[1]

    def run(self, inputs: Mapping[str, Array], outputs: Mapping[str, Array], count: int) -> None:
        """Fills `outputs` f32 [count, ...] from `inputs` [count, ...]."""
        read = {name: inputs[name] for name in self.inputs}
        self._executable.run(self._parameters, read, outputs, count, version=self.version)

    def outputs(self, inputs: Mapping[str, Array], count: int) -> dict[str, Array]:
        """Those for `inputs` [count, ...], in new arrays."""
        made = {name: np.empty((count, *shape), self.dtype) for name, shape in self.shapes.items()}
        self.run(inputs, made, count)
        return made

    def check_finite(self, outputs: Mapping[str, Array]) -> None:
        """ValueError if outputs are not finite: nothing can be trained from them."""
        for array in outputs.values():
            bad = len(array) - int(np.isfinite(array).reshape(len(array), -1).all(axis=1).sum())
            if bad:
                raise ValueError(
                    explain(
                        what="the frozen layers give values that are not finite, so that nothing can be learned from "
                        "them",
                        expected="finite numbers",
                        received=f"NaN or infinity for {bad:,} of {len(array):,} images, behind layer "
                        f"{self._layers[-1]!r}",
                        remedy="look at the weights of the frozen layers, and at the scale of the images: "
                        "preprocess_input(x)",
                    )
                )


def trunk_of(model: Model, graph: Graph | None, dtypes: Mapping[str, np.dtype[Any]]) -> Trunk | None:
    """The program of a trunk, which the model keeps; None if there is no trunk."""
    if graph is None:
        return None
    key = (print_graph(graph), *executables.read_by(graph, dtypes).items())
    return model._programs.trunk(key, lambda: Trunk(model, graph, dtypes))


def with_trunk(dtypes: Mapping[str, np.dtype[Any]], trunk: Trunk | None) -> dict[str, np.dtype[Any]]:
    """The element types of arrays by name, with those that the trunk gives."""
    return {**dtypes} if trunk is None else {**dtypes, **dict.fromkeys(trunk.shapes, trunk.dtype)}


def taken(arrays: Mapping[str, Array], rows: NDArray[np.int64]) -> dict[str, Array]:
    """Some rows of each array: a view, if they follow one another."""
    if len(rows) and bool(np.all(np.diff(rows) == 1)):
        return {name: array[rows[0] : rows[-1] + 1] for name, array in arrays.items()}
    return {name: array[rows] for name, array in arrays.items()}
