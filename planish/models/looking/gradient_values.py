"""Gradients of a class's score, or of a loss, by image: `model.gradients`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import losses, primitives, structures
from planish.autodiff import gradients as gradients_of
from planish.errors import ExplainedError, explain
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base.traced import LayerName, Traced, chosen, is_use
from planish.losses.loss import Loss
from planish.models.data.arrays import Array, as_array
from planish.models.data.shape_walk import links_to
from planish.models.looking.inputs import Inputs, checked_inputs
from planish.models.looking.layer_outputs import trace
from planish.models.programs.prepare import out_of_memory_explained, require_compiled
from planish.models.programs.step_graph import ELEMENT_TYPES
from planish.models.programs.value_program import ValueProgram

if TYPE_CHECKING:
    from planish.models.model import Model

FINAL_ACTIVATIONS = frozenset({"softmax", "log_softmax", "sigmoid"})
"""Activations that turn logits into scores at the end of a classifier."""

Of = LayerName | None


def gradients(
    model: Model, x: Any, target: Any, of: Of | Sequence[Of], y: Any, output: str | int | None, *, logits: bool
) -> Any:
    """See `Introspection.gradients`."""
    with out_of_memory_explained(model, x):
        inputs = checked_inputs(model, x)
        several = isinstance(of, list | tuple) and not is_use(of)
        wanted: list[Any] = [*of] if several and isinstance(of, list | tuple) else [of]
        place = output_of(model, output)
        loss, answers, kind = _answers(model, inputs, target, y, place)
        dtypes = {name: array.dtype for name, array in answers.items()}
        key = ("gradients", kind, place, logits, *inputs.key, *dtypes.items(), *wanted)

        def make() -> ValueProgram:
            traced = trace(model, inputs.sizes)
            scores = traced.outputs[place]
            score = class_score(model, scores, logits=logits) if loss is None else _loss_node(loss, answers, scores)
            return ValueProgram(model, _gradient_nodes(model, traced, score, wanted), inputs.dtypes | dtypes)

        program = model._programs.kept(model, key, make)
        values: dict[Any, Any] = program(inputs.arrays | answers, inputs.count)
        return values if several else values[wanted[0]]


def output_of(model: Model, output: str | int | None) -> int:
    """The place of the output of that name or place. ValueError if there is no such output, or several are meant."""
    return chosen("output", model.label, [spec.name for spec in model.output_specs], output)


def logits_of(y: Node) -> Node:
    """The value that final activations turn into `y`."""
    while y.op in FINAL_ACTIVATIONS:
        (y,) = y.inputs
    return y


def class_score(model: Model, y: Node, *, logits: bool = True) -> Node:
    """The score of the class 'class' (an input of class indices) in the output `y`: batched, shape ()."""
    if len(y.shape) != 1:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model does not give a score for each class",
                expected="an output of shape (None, classes)",
                received=(None, *y.shape),
                remedy="end the model with Flatten or GlobalAveragePooling2D and a Dense, or pass a loss and y",
            )
        )
    scores = logits_of(y) if logits else y
    picked = primitives.one_hot(primitives.input_("class", (), "i32"), y.shape[0])
    return primitives.reduce_sum(primitives.multiply(scores, picked), (0,))


def class_logits(model: Model, inputs: Inputs, place: int) -> Array:
    """f32 [n, classes]: an output of the model before its final activation."""
    return _computed(model, "logits", inputs, place, logits_of)


def class_scores(model: Model, inputs: Inputs, place: int) -> Array:
    """f32 [n, ...]: an output of the model."""
    return _computed(model, "scores", inputs, place, lambda y: y)


def _computed(model: Model, what: str, inputs: Inputs, place: int, of: Callable[[Node], Node]) -> Array:
    def make() -> ValueProgram:
        return ValueProgram(model, {what: of(trace(model, inputs.sizes).outputs[place])}, inputs.dtypes)

    program = model._programs.kept(model, (what, place, *inputs.key), make)
    values: Array = program(inputs.arrays, inputs.count)[what]
    return values


def class_indices(model: Model, inputs: Inputs, target: Any, place: int) -> Array:
    """i32 [n]: the class of each image that `target` means; the model's own answer for None."""
    classes, count = model.output_specs[place].shape[-1], inputs.count
    if target is None:
        outputs = class_scores(model, inputs, place)
        return np.asarray(outputs.reshape(count, -1).argmax(axis=-1), np.int32)
    indices = np.asarray(target) if np.isscalar(target) else as_array(target, "target")
    if indices.dtype.kind not in "iu" or indices.shape not in ((), (count,)):
        raise TypeError(
            explain(
                what="`target` does not name a class",
                expected=f"a class index, or one for each of the {count:,} images, or 'loss' with y",
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
    return np.ascontiguousarray(np.broadcast_to(indices, count), np.int32)


def _answers(
    model: Model, inputs: Inputs, target: Any, y: Any, place: int
) -> tuple[Loss | None, dict[str, Array], Any]:
    """The loss, if there is one; what the score is computed from besides the images; and a key that tells this kind of
    target from others."""
    if target is None and y is not None:
        target = "loss"
    if not isinstance(target, str | Loss):
        if y is not None:
            raise ValueError(explain(what="`y` goes with a loss, and `target` is a class", remedy="target='loss'"))
        return None, {"class": class_indices(model, inputs, target, place)}, "class"
    if y is None:
        raise ValueError(explain(what="the gradients of a loss need the right answers", remedy="pass y"))
    targets = as_array(y, "y")
    loss = _loss_of(model, target, targets, place)
    return loss, {"y_true": _checked_targets(model, loss, targets, inputs.count, place)}, loss


def _loss_of(model: Model, target: str | Loss, targets: Array, place: int) -> Loss:
    if target != "loss":
        named: Loss = losses.get(target)
        return named
    settings = require_compiled(model, "gradients of the loss")
    loss = settings.for_outputs(model).loss_for(place, targets.shape, model.output_specs[place].shape)
    if loss is None:
        raise ValueError(explain(what="the model was compiled without a loss", remedy="target=a loss, or its name"))
    return loss


def _checked_targets(model: Model, loss: Loss, targets: Array, count: int, place: int) -> Array:
    if targets.ndim == 0 or len(targets) != count:
        raise ValueError(
            explain(
                what="`x` and `y` differ in length",
                expected=f"a target for each of the {count:,} images",
                received=f"y of shape {targets.shape}",
                remedy="x and y for the same images: x[rows], y[rows]",
            )
        )
    try:
        return loss.prepare_targets(targets, model.output_specs[place].shape)
    except ExplainedError as error:
        raise error.told_with(chain=links_to(model, place)) from None


def _loss_node(loss: Loss, inputs: dict[str, Array], y: Node) -> Node:
    """The loss of each image by itself: a loss that sums over the batch would count it once for each image."""
    y_true = primitives.input_("y_true", inputs["y_true"].shape[1:], ELEMENT_TYPES[loss.target_kind])
    if loss.reduction != "sum":
        return loss.per_sample(y_true, y)
    values = loss.traced(y_true, y)
    return primitives.reduce_sum(values, range(len(values.shape))) if values.shape else values


def _gradient_nodes(model: Model, traced: Traced, score: Node, wanted: Sequence[Of]) -> dict[Of, Any]:
    """Nodes in the form of what they are gradients by: a layer's output, or all inputs of the model."""
    forms = [_inputs_of(model, traced) if of is None else traced.visit(of).y for of in wanted]
    labels = [None if of is None else traced.visit(of).layer.label for of in wanted]
    places = [(label, leaf) for label, form in zip(labels, forms, strict=True) for leaf in structures.leaves(form)]
    found = checked_gradients(score, places)
    packed: list[Any] = structures.packed(forms, found)
    return dict(zip(wanted, packed, strict=True))


def _inputs_of(model: Model, traced: Traced) -> Any:
    """The inputs in the structure in which the model takes them; one input by itself."""
    return traced.inputs[0] if len(traced.inputs) == 1 else structures.packed(model.input_form, [*traced.inputs])


def checked_gradients(score: Node, places: Sequence[tuple[str | None, Node]]) -> list[Node]:
    """The gradients of `score` at the outputs of layers, which have labels. ValueError for a layer of which the score
    depends on no output."""
    reached = set(topological([score]))
    for label in dict.fromkeys(label for label, _ in places if label is not None):
        if not any(node in reached for other, node in places if other == label):
            raise ValueError(
                explain(
                    layer=label,
                    what="the score does not depend on this layer's output",
                    rule="a logit is the score before the model's final activation",
                    remedy="take an earlier layer, or logits=False for the gradient of the activated score",
                )
            )
    return gradients_of(score, [node for _, node in places])
