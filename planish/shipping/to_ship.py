"""A model as it is shipped: what `predict` computes, the values of its weights, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import planish
from planish import precision, standalone
from planish.errors import explain
from planish.graph.graph import Graph
from planish.models.programs.stepped import needs_steps
from planish.saving import notes
from planish.shipping.ends import Ends, ends_of

if TYPE_CHECKING:
    from planish.models.model import Model

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ToShip:
    """`parameters` are the values of all that the graph reads, by name; `notes` have the class names, among others."""

    graph: Graph
    parameters: Mapping[str, Array]
    ends: Ends
    notes: Mapping[str, Any]
    name: str
    version: str

    def types_with(self, dtype: str | None) -> dict[str, str]:
        """The type of each input of the graph if images have this one, or else what the model computes in."""
        own = {name: end["dtype"] for name, end in zip(self.ends.input_names, self.ends.inputs, strict=True)}
        if dtype is None:
            return own
        return {name: dtype if np.dtype(each).kind == "f" else each for name, each in own.items()}


def to_ship(model: Model, class_names: Sequence[str] | None, preprocessing: str | None) -> ToShip:
    """ValueError for a model that does not compute each image by itself, and of one size."""
    with precision.computing_in(model):
        graph = _graph(model)
    variables = standalone.bound(model.weights, graph)
    found = dict(notes.written(model).get(notes.NAME, {}))
    if class_names is not None:
        found["class_names"] = list(map(str, class_names))
    if preprocessing is not None:
        found["preprocessing"] = preprocessing
    parameters = {each.path: np.ascontiguousarray(each.value) for each in variables}
    return ToShip(graph, parameters, ends_of(model, graph), found, model.name, planish.__version__)


def _graph(model: Model) -> Graph:
    """What `predict` computes. ValueError if that is not something for each image by itself, of one size."""
    if not model.built or not model.knows_ends:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model is not built, so it does not have weights",
                remedy="model.build((None, 28, 28, 1)), or model.predict(images), before model.build('model.plan')",
            )
        )
    check_sizes(model, "a compiled file is for one", "build('model.plan')")
    graph = model.graph()
    if needs_steps(graph):
        raise ValueError(
            explain(
                layer=model.label,
                what="what the model predicts for an image depends on other images, on chance, or on earlier calls",
                rule="a compiled file computes each image by itself",
                remedy="a model without layers that are told to behave as in training",
            )
        )
    return graph


def check_sizes(model: Model, why: str, then: str) -> None:
    """ValueError for a model that takes images of any size: `why` that cannot be, and the method that is called `then`
    on one that takes images of one size."""
    for spec in model.input_specs:
        if None in spec.shape[1:]:
            raise ValueError(
                explain(
                    layer=model.label,
                    what=f"the model takes images of any size, and {why}",
                    received=f"input {spec.name!r}: {tuple(spec.shape)}",
                    remedy=f"{_of_one_size(model)}.{then}",
                )
            )


def _of_one_size(model: Model) -> str:
    """Python for a model of the same layers whose images have a size."""
    sizes = [tuple(224 if size is None else size for size in spec.shape[1:]) for spec in model.input_specs]
    inputs = ", ".join(f"keras.Input({size})" for size in sizes)
    return f"keras.Model(x := {inputs if len(sizes) == 1 else f'[{inputs}]'}, model(x))"
