"""The programs of a model that is only inspected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planish import html, precision
from planish.graph.graph import Graph
from planish.layers.base.context import CallContext
from planish.models.data.run_arguments import DEFAULT_BATCH_SIZE
from planish.models.ends.graph_names import endings, input_names, output_names
from planish.models.ends.output_settings import OutputSettings
from planish.models.programs import split
from planish.models.programs.prepare import require_compiled
from planish.models.programs.step_graph import Objective, training_graph

if TYPE_CHECKING:
    from planish.models.model import Model


class ProgramText(str):
    """A program as text, which notebooks show line by line."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html.preformatted(self)


def training_text(model: Model, after: str | None, emit: str) -> str:
    """One step of `fit` with unweighted targets of the usual shape: class indices, or the output's own. A trunk comes
    before it.

    ValueError if the model is not built, or not compiled with a loss.
    """
    from planish.runtime.inspection import describe

    settings = require_compiled(model, "program")
    chosen = settings.for_outputs(model)
    specs = model.output_specs
    settings.optimizer.build(model.trainable_weights, model.non_trainable_weights)
    objectives = [_objective(chosen, place, spec.shape, endings(specs)[place]) for place, spec in enumerate(specs)]
    divided = not settings.run_eagerly
    with precision.computing_in(model):
        step = training_graph(model, objectives, settings.optimizer, with_outputs=True, divided=divided)
    text = describe(step.graph, after, emit, batch_size=DEFAULT_BATCH_SIZE)
    if step.trunk is None:
        hindrance = _hindrance(model) if emit == "plan" else None
        return text if hindrance is None else f"{hindrance}\n\n{text}"
    return f"{_about(step.trunk)}\n\n{describe(step.trunk, after, emit)}\nThe step:\n\n{text}"


def _about(trunk: Graph) -> str:
    layers = list(dict.fromkeys(layer for node in trunk.nodes for layer in node.layers[:1]))
    gives = " and ".join(f"{node.type}, {node.type.nbytes:,} bytes an image" for _, node in trunk.outputs)
    return (
        f"The trunk, from {layers[0]!r} to {layers[-1]!r}, is frozen: fit computes it once for each image, if the "
        f"images are the same in all epochs. It gives {gives}."
    )


def _hindrance(model: Model) -> str | None:
    """Why frozen layers are computed in every epoch; None if there are none."""
    if not split.may_have_trunk(model):
        return None
    context = CallContext(training=True)
    traced = model.trace(context)
    graph = Graph.build(dict(zip(output_names(model.output_specs), traced.outputs, strict=True)))
    found = split.hindrance(graph, input_names(model.input_specs), split.changing(model, context))
    if found is None:
        return None
    frozen, changes = found
    return f"No trunk: {frozen!r} is frozen, but what it reads is not the same in every step, because of {changes!r}."


def _objective(chosen: OutputSettings, place: int, output: tuple[Any, ...], ending: str) -> Objective | None:
    loss = chosen.loss_for(place, output[:-1], output)
    if loss is None:
        return None
    targets = tuple(output[1:-1] if loss.target_kind == "labels" else output[1:])
    return Objective(loss, chosen.weights[place], targets, weighted=False, ending=ending)
