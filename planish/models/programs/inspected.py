"""The programs of a model that is only inspected."""

from __future__ import annotations

from typing import Any

from planish import html
from planish.errors import explain
from planish.graph.graph import Graph
from planish.models.data.prepare import require_compiled
from planish.models.programs.step_graph import Objective, training_graph


class ProgramText(str):
    """A program as text, which notebooks show line by line."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html.preformatted(self)


def training_graph_of(model: Any) -> Graph:
    """One step of `fit` with unweighted targets of the usual shape: class indices, or the output's own.

    ValueError if the model is not built, or not compiled with a loss.
    """
    settings = require_compiled(model, "program")
    outputs = model.output_shape
    loss = settings.loss_for(outputs[:-1], outputs)
    if loss is None:
        raise ValueError(
            explain(what="the model was compiled without a loss", remedy="compile(optimizer=..., loss=...)")
        )
    targets = tuple(outputs[1:-1] if loss.target_kind == "labels" else outputs[1:])
    settings.optimizer.build(model.trainable_weights, model.non_trainable_weights)
    objective = Objective(loss, settings.loss_weight, targets, weighted=False)
    graph, _ = training_graph(model, objective, settings.optimizer, with_outputs=True)
    return graph
