"""Gradients of a class's score, or of a loss, by image: `model.gradients`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import losses, primitives
from planish.autodiff import gradients as gradients_of
from planish.errors import explain
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.layer import Layer
from planish.losses.loss import Loss
from planish.models.data.arrays import Array, as_array
from planish.models.data.prepare import out_of_memory_explained, prepared_targets, require_compiled
from planish.models.looking.layer_outputs import LayerName, Traced, checked_images, trace
from planish.models.programs.step_graph import ELEMENT_TYPES
from planish.models.programs.value_program import ValueProgram

FINAL_ACTIVATIONS = frozenset({"softmax", "log_softmax", "sigmoid"})
"""Activations that turn logits into scores at the end of a classifier."""

Of = LayerName | None


def gradients(model: Any, x: Any, target: Any, of: Of | Sequence[Of], y: Any, *, logits: bool) -> Any:
    """See `Introspection.gradients`."""
    with out_of_memory_explained(model, x):
        images = checked_images(model, x)
        several = isinstance(of, list | tuple)
        wanted: list[Any] = [*of] if isinstance(of, list | tuple) else [of]
        loss, inputs, kind = _inputs(model, images, target, y)
        dtypes = {name: array.dtype for name, array in inputs.items()}
        key = ("gradients", kind, logits, *dtypes.items(), *wanted)

        def make() -> ValueProgram:
            traced = trace(model)
            score = class_score(model, traced, logits=logits) if loss is None else _loss_node(loss, inputs, traced.y)
            return ValueProgram(model, _gradient_nodes(model, traced, score, wanted), dtypes)

        values: dict[Any, Array] = model._programs.kept(model, key, make)(inputs, len(images))
        return values if several else values[wanted[0]]


def logits_of(y: Node) -> Node:
    """The value that final activations turn into `y`."""
    while y.op in FINAL_ACTIVATIONS:
        (y,) = y.inputs
    return y


def class_score(model: Any, traced: Traced, *, logits: bool = True) -> Node:
    """The score of the class 'class' (an input of class indices): batched, shape ()."""
    if len(traced.y.shape) != 1:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model does not give a score for each class",
                expected="an output of shape (None, classes)",
                received=(None, *traced.y.shape),
                remedy="end the model with Flatten or GlobalAveragePooling2D and a Dense, or pass a loss and y",
            )
        )
    scores = logits_of(traced.y) if logits else traced.y
    chosen = primitives.one_hot(primitives.input_("class", (), "i32"), traced.y.shape[0])
    return primitives.reduce_sum(primitives.multiply(scores, chosen), (0,))


def class_logits(model: Any, images: Array) -> Array:
    """f32 [n, classes]: the model's output before its final activation."""

    def make() -> ValueProgram:
        return ValueProgram(model, {"logits": logits_of(trace(model).y)}, {"x": images.dtype})

    logits: Array = model._programs.kept(model, ("logits", images.dtype), make)({"x": images}, len(images))["logits"]
    return logits


def class_indices(model: Any, images: Array, target: Any) -> Array:
    """i32 [n]: the class of each image that `target` means; the model's own answer for None."""
    classes = model.output_shape[-1]
    if target is None:
        outputs = model.predict_on_batch(images)
        return np.asarray(outputs.reshape(len(images), -1).argmax(axis=-1), np.int32)
    indices = np.asarray(target) if np.isscalar(target) else as_array(target, "target")
    if indices.dtype.kind not in "iu" or indices.shape not in ((), (len(images),)):
        raise TypeError(
            explain(
                what="`target` does not name a class",
                expected=f"a class index, or one for each of the {len(images):,} images, or 'loss' with y",
                received=repr(target) if indices.ndim == 0 else f"{indices.dtype} of shape {indices.shape}",
            )
        )
    wrong = indices[(indices < 0) | (indices >= classes)]
    if wrong.size:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"`target`: there is no class {wrong.flat[0]}",
                expected=f"0 to {classes - 1}: the model gives {classes} scores",
                received=int(wrong.flat[0]),
            )
        )
    return np.ascontiguousarray(np.broadcast_to(indices, len(images)), np.int32)


def _inputs(model: Any, images: Array, target: Any, y: Any) -> tuple[Loss | None, dict[str, Array], Any]:
    """The loss, if there is one; the program's inputs; and a key that tells this kind of target from others."""
    if target is None and y is not None:
        target = "loss"
    if not isinstance(target, str | Loss):
        if y is not None:
            raise ValueError(explain(what="`y` goes with a loss, and `target` is a class", remedy="target='loss'"))
        return None, {"x": images, "class": class_indices(model, images, target)}, "class"
    if y is None:
        raise ValueError(explain(what="the gradients of a loss need the right answers", remedy="pass y"))
    targets = as_array(y, "y")
    if target == "loss":
        settings = require_compiled(model, "gradients of the loss")
        loss = settings.for_outputs(model).loss_for(0, targets.shape, model.output_shape)
    else:
        loss = losses.get(target)
    if loss is None:
        raise ValueError(explain(what="the model was compiled without a loss", remedy="target=a loss, or its name"))
    return loss, {"x": images, "y_true": _checked_targets(model, loss, targets, len(images))}, loss


def _checked_targets(model: Any, loss: Loss, targets: Array, count: int) -> Array:
    if targets.ndim == 0 or len(targets) != count:
        raise ValueError(
            explain(
                what="`x` and `y` differ in length",
                expected=f"a target for each of the {count:,} images",
                received=f"y of shape {targets.shape}",
                remedy="x and y for the same images: x[rows], y[rows]",
            )
        )
    return prepared_targets(model, loss, targets)


def _loss_node(loss: Loss, inputs: dict[str, Array], y: Node) -> Node:
    """The loss of each image by itself: a loss that sums over the batch would count it once for each image."""
    y_true = primitives.input_("y_true", inputs["y_true"].shape[1:], ELEMENT_TYPES[loss.target_kind])
    if loss.reduction != "sum":
        return loss.per_sample(y_true, y)
    values = loss.traced(y_true, y)
    return primitives.reduce_sum(values, range(len(values.shape))) if values.shape else values


def _gradient_nodes(model: Any, traced: Traced, score: Node, wanted: Sequence[Of]) -> dict[Of, Node]:
    visits = [None if of is None else traced.visit(model, of) for of in wanted]
    places = [(None, traced.x) if visit is None else (visit.layer, visit.y) for visit in visits]
    return dict(zip(wanted, checked_gradients(score, places), strict=True))


def checked_gradients(score: Node, places: Sequence[tuple[Layer | None, Node]]) -> list[Node]:
    """The gradients of `score` at layers' outputs. ValueError for a layer that the score does not depend on."""
    reached = set(topological([score]))
    for layer, node in places:
        if layer is not None and node not in reached:
            raise ValueError(
                explain(
                    layer=layer.label,
                    what="the score does not depend on this layer's output",
                    rule="a logit is the score before the model's final activation",
                    remedy="take an earlier layer, or logits=False for the gradient of the activated score",
                )
            )
    return gradients_of(score, [node for _, node in places])
