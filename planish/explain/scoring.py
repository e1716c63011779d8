"""The classes of a report: their names, what the model gives them, and what is left out because there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planish.errors import explain
from planish.explain import page, unrolling
from planish.explain.unrolling import Scored
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base.traced import LayerName, Traced
from planish.models.looking.contributions import Contributions, contributions_to, flatten_visit
from planish.models.looking.flatten_maps import flattens
from planish.models.looking.gradient_values import class_logits, class_scores
from planish.models.looking.inputs import Inputs
from planish.models.looking.results import CLASS_NAMES

if TYPE_CHECKING:
    from planish.models.model import Model

_FEWEST_CLASSES = 2  # a single score tells two classes apart


def scores_of(
    model: Model, given: Inputs, traced: Traced, class_names: Sequence[str] | None, layer: LayerName | None, place: int
) -> tuple[list[Scored], dict[str, str]]:
    """The classes with what the model gives them, the highest first, and why parts are left out, if they are."""
    y = traced.outputs[place]
    if len(y.shape) != 1:
        shape = page.times(y.shape)
        reason = f"The model does not give a score for each class: for an image it gives {shape} numbers."
        return [], {"unrolling": reason, "scores": reason}
    missing, found, logits = {"unrolling": "", "scores": ""}, [], class_logits(model, given, place)[0]
    scores = class_scores(model, given, place)[0]
    names = names_of(model, class_names, len(scores))
    reaching = [visit for visit in flattens(traced) if visit.outputs[0] in topological([y])]
    if not flattens(traced) and layer is None:
        missing["unrolling"] = "The model has no Flatten layer, so there is no flat vector to show."
        shown = unrolling.classes_shown(1, scores)
    elif not reaching and layer is None:
        missing["unrolling"] = "No Flatten layer leads to these scores, so there is no flat vector to show."
        shown = unrolling.classes_shown(1, scores)
    else:
        wanted = traced.key(reaching[-1]) if layer is None else layer
        shown = unrolling.classes_shown(flatten_visit(traced, wanted).outputs[0].type.size, scores)
        found = contributions_to(model, given, shown, wanted, place)
        missing["unrolling"] = unrolling.too_long(found[0].map)
    by_class: dict[int, Contributions] = {} if missing["unrolling"] else {each.target: each for each in found}
    scored = [
        Scored(int(index), names[index], float(scores[index]), float(logits[index]), by_class.get(int(index)))
        for index in shown
    ]
    return scored, missing


def called(label: int | None, names: Sequence[str]) -> str:
    """What the right class is called."""
    named = label is not None and label < len(names) and names[label] != str(label)
    return names[label] if named and label is not None else f"class {label}"


def _fitting(classes: int) -> tuple[int, ...]:
    return (1, _FEWEST_CLASSES) if classes == 1 else (classes,)


def names_of(model: Model, class_names: Sequence[Any] | None, classes: int) -> list[str]:
    """The names that are given, or else those among the model's notes, or else numbers. A single score tells two
    classes apart: it is that of the second one."""
    if class_names is None:
        noted = model.notes.get(CLASS_NAMES)
        class_names = noted if isinstance(noted, list) and len(noted) in _fitting(classes) else range(classes)
    if classes == 1 and len(class_names) == _FEWEST_CLASSES:
        return [str(class_names[1])]
    if len(class_names) != classes:
        raise ValueError(
            explain(
                what="`class_names` does not fit the model",
                expected=f"{classes} names",
                received=f"{len(class_names)}",
            )
        )
    return [str(name) for name in class_names]


def check_label(label: int | None, y: Node, model: Model) -> None:
    classes = max(y.shape[-1] if y.shape else 1, _FEWEST_CLASSES)
    if label is not None and not 0 <= label < classes:
        raise ValueError(
            explain(
                layer=model.label,
                what="`label` is not a class of the model",
                expected=f"0 to {classes - 1}",
                received=label,
            )
        )
