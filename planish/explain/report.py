"""The report: gathers what its parts show, and puts it into one page."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import atomic_file
from planish.errors import explain
from planish.explain import layer_cards, page, pixels, unrolling, words
from planish.explain.compiler_view import compiler_view
from planish.explain.encoding import Array
from planish.explain.unrolling import Scored
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers import Rescaling
from planish.layers.base.traced import LayerName, Traced, chosen
from planish.models.looking.contributions import Contributions, contributions_to, flatten_visit
from planish.models.looking.flatten_maps import flattens
from planish.models.looking.gradient_values import class_logits, class_scores, output_of
from planish.models.looking.inputs import Inputs, one_image
from planish.models.looking.layer_outputs import trace

if TYPE_CHECKING:
    from planish.models.model import Model

_FRAME_HEIGHT = 900  # pixels that a notebook gives the report before it scrolls
_WHITE = 255
_FEWEST_CLASSES = 2  # a single score tells two classes apart


@dataclass(frozen=True)
class Report:
    """One self-contained HTML page. A notebook shows it."""

    html: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page as UTF-8. OSError if it cannot be written; an existing page is kept then."""
        atomic_file.write(os.fspath(path), self.html.encode())

    def _repr_html_(self) -> str:
        frame = f'style="width: 100%; height: {_FRAME_HEIGHT}px; border: 0" title="planish report"'
        return f'<iframe srcdoc="{html.escape(self.html)}" {frame}></iframe>'

    def __repr__(self) -> str:
        return f"<Report of {len(self.html.encode()) / 1e6:.2f} MB; save(path) writes it>"


def report(
    model: Model,
    image: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    label: int | None = None,
    layer: LayerName | None = None,
    input: str | int | None = None,
    output: str | int | None = None,
) -> Report:
    """What every layer of `model` makes of one image, with or without its batch axis; a digit of planish's if None.

    `class_names` are shown for the model's outputs, `label` is the right one, `layer` the Flatten layer to unroll (the
    last one if None). A model of several inputs takes a list or dictionary of images, of which the page shows `input`
    (None: the first one with rows and columns); `output` says which of several outputs gives the scores. ValueError if
    any of them does not fit; ImportError without Jinja2.
    """
    page.require_jinja()
    if image is None:
        image, label = embedded_digit(model)
    given = one_image(model, image)
    traced = trace(model, given.sizes)
    place = output_of(model, output)
    y, shown_input = traced.outputs[place], _input_shown(traced, input)
    x = [*given.arrays.values()][shown_input][0]
    keys = [traced.key(visit) for visit in traced.leaves]
    values = model.activations(given.given(model), keys)
    scored, missing = _scores(model, given, traced, class_names, layer, place)
    _check_label(label, y, model)
    unrolled = next((each.contributions for each in scored if each.contributions is not None), None)
    cards = layer_cards.cards(traced, values)
    shown = pixels.picture(x, traced.image_format(traced.inputs[shown_input]))
    flat = None if unrolled is None else unrolling.flat_vector(unrolled.map, unrolled.features, shown_input)
    data = {
        "image": shown,
        "layers": [card.picture for card in cards],
        "flat": flat,
        "classes": unrolling.class_data(scored),
    }
    return Report(
        page.render(
            page.Parts(
                model=model,
                image=shown,
                input_shape=x.shape,
                cards=cards,
                scored=scored,
                label=label,
                right=_called(label, class_names),
                missing=missing,
                unrolled=unrolled,
                windows=flat is not None and flat["windows"] is not None,
                compiled=compiler_view(model, traced, given),
                words=words.about(model, traced, shown_input, y, unrolled, _example(label, scored)),
                data=data,
            )
        )
    )


def _input_shown(traced: Traced, which: str | int | None) -> int:
    """The place of the input that the page shows."""
    if which is not None:
        return chosen("input", traced.label, traced.input_names, which)
    return next((place for place, node in enumerate(traced.inputs) if len(node.shape) in (2, 3)), 0)


def embedded_digit(model: Model) -> tuple[Array, int]:
    """A digit that comes with planish, and its label, for a model of 28 x 28 images of one channel.

    Pixels are 0-255 if the model brings them to 0-1 by itself, with Rescaling, else 0-1. ValueError for other models.
    """
    from planish.datasets import digits

    shapes = [spec.shape[1:] for spec in model.input_specs]
    shape = shapes[0]
    if len(shapes) != 1 or tuple(extent for extent in shape if extent != 1) != (28, 28):
        raise ValueError(
            explain(
                layer=model.label,
                what="the report needs an image: those that come with planish are digits of 28 x 28 pixels",
                expected="an image of the shape " + " and one of ".join(map(str, shapes)),
                remedy="model.explain(image), or planish explain MODEL IMAGE",
            )
        )
    _, (images, labels) = digits.load_data()
    scales_itself = any(isinstance(visit.layer, Rescaling) for visit in trace(model).leaves)
    digit = images[0] if scales_itself else np.float32(images[0] / _WHITE)
    return digit.reshape(shape), int(labels[0])


def _scores(
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
    names = _names(class_names, len(scores))
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


def _called(label: int | None, class_names: Sequence[str] | None) -> str:
    """What the right class is called."""
    return f"class {label}" if label is None or class_names is None else str(class_names[label])


def _names(class_names: Sequence[str] | None, classes: int) -> list[str]:
    if class_names is None:
        return [str(index) for index in range(classes)]
    if len(class_names) != classes:
        raise ValueError(
            explain(
                what="`class_names` does not fit the model",
                expected=f"{classes} names",
                received=f"{len(class_names)}",
            )
        )
    return [str(name) for name in class_names]


def _check_label(label: int | None, y: Node, model: Model) -> None:
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


def _example(label: int | None, scored: Sequence[Scored]) -> int:
    """A class for sentences: the right one, or else the one that the model gives."""
    return label if label is not None else scored[0].index if scored else 0
