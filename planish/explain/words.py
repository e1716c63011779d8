"""The fifth part of a report: this model's own numbers, for the explanation in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planish import structure
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers import Dense, Flatten
from planish.layers.base.context import Visit
from planish.layers.base.traced import Traced
from planish.layers.global_pooling import GlobalAveragePooling, GlobalPooling
from planish.losses.loss import Loss
from planish.models.looking.contributions import Contributions
from planish.structure.overview import Shapes

if TYPE_CHECKING:
    from planish.models.model import Model

_ACTIVATED = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "sigmoid"}


def about(
    model: Model, traced: Traced, image: int, y: Node, unrolled: Contributions | None, example: int
) -> dict[str, Any]:
    """What the words need; parts that do not apply to the model are None. `image` is the place of the input, and `y`
    the output that they are about, `example` is a class to use as an example."""
    shape = traced.inputs[image].shape
    return {
        "image_shape": shape,
        "steps": len(traced.leaves),
        "parameters": model.count_params(),
        "output_shape": y.shape,
        "flatten": _about_flatten(model, traced, unrolled),
        "global_pooling": _about_global_pooling(traced),
        "costs": _costs(model),
        "order": None if unrolled is None else _about_order(unrolled, image),
        "labels": _about_labels(model, y),
        "example": example,
    }


def _about_flatten(model: Model, traced: Traced, unrolled: Contributions | None) -> dict[str, Any] | None:
    """The Flatten layer in question, and the Dense after it, if there is one."""
    flattens = [visit for visit in traced.leaves if isinstance(visit.layer, Flatten)]
    named = [visit for visit in flattens if unrolled is None or visit.layer.name == unrolled.layer]
    if not named:
        return None
    visit = named[-1]
    dense = _next_dense(traced, visit)
    (x,) = visit.inputs
    units = None if dense is None else dense.outputs[0].shape[-1]
    return {
        "name": visit.layer.name,
        "shape": x.shape,
        "size": math.prod(x.shape),
        "others": [each.layer.name for each in flattens if each is not visit],
        "before": _layer_before(traced, visit),
        "dense": None if dense is None else dense.layer.name,
        "dense_is_own": dense is not None and dense.layer in model.layers,
        "units": units,
        "without": None if units is None else (*x.shape[:-1], units),
        "needed": len(x.shape) > 1,
        "first": len(x.shape) > 1 and getattr(visit.layer, "data_format", None) == "channels_first",
    }


def _next_dense(traced: Traced, visit: Visit) -> Visit | None:
    """The first Dense that the flat vector reaches."""
    after = traced.leaves[traced.leaves.index(visit) + 1 :]
    dense = (each for each in after if isinstance(each.layer, Dense))
    return next((each for each in dense if visit.outputs[0] in topological(each.inputs)), None)


def _layer_before(traced: Traced, visit: Visit) -> str | None:
    return next((each.layer.name for each in traced.leaves if visit.inputs[0] in each.outputs), None)


def _about_global_pooling(traced: Traced) -> dict[str, Any] | None:
    for visit in traced.leaves:
        if isinstance(visit.layer, GlobalPooling):
            (x,), (y,) = visit.inputs, visit.outputs
            kind = "mean" if isinstance(visit.layer, GlobalAveragePooling) else "maximum"
            return {"name": visit.layer.name, "kind": kind, "shape": x.shape, "size": y.type.size}
    return None


def _costs(model: Model) -> Shapes | None:
    """The counts of the model and of its alternatives; None where a Flatten -> Dense pair is missing."""
    try:
        found = structure.shapes(model)
    except ValueError:  # a model that is not one way from an image to its scores has no such counts
        return None
    return found if found.pair is not None else None


def _about_order(unrolled: Contributions, image: int) -> dict[str, Any] | None:
    """One element, in both orders: the example with which the words explain them. None if both are the same, and for an
    image without channels."""
    flat = unrolled.map
    without = (flat.axis_names or ("",))[-1] != "channel"
    if without or flat.extents[-1] == 1 or math.prod(flat.extents[:-1]) == 1:
        return None
    index = int(unrolled.values.argmax())
    position = flat.position(index)
    other = "channels_first" if flat.order == "channels_last" else "channels_last"
    there = int(flat.permutation(other, inverse=True)[index])
    return {
        "index": index,
        "position": dict(zip(flat.axis_names, position, strict=True)),
        "extents": flat.extents,
        "there": there,
        "other": other,
        "window": str(flat.receptive_field(index, input=image)),
    }


def activation_of(y: Node) -> str | None:
    """The activation that makes shares of the scores, if there is one."""
    return _ACTIVATED.get(y.op)


def _about_labels(model: Model, y: Node) -> dict[str, Any]:
    loss = model.loss
    name = loss.name if isinstance(loss, Loss) else loss if isinstance(loss, str) else None
    return {
        "outputs": y.shape,
        "classes": y.shape[0] if len(y.shape) == 1 else None,
        "activation": activation_of(y),
        "loss": name,
    }
