"""The report: gathers what its parts show, and puts it into one page."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import atomic_file, structures
from planish.errors import explain
from planish.explain import layer_cards, number_by_number, page, pixels, scoring, unrolling, words
from planish.explain.compiler_view import compiler_view
from planish.explain.computation import Computation, computation
from planish.explain.encoding import Array, levels, numbers, shrunk
from planish.explain.engine import engine
from planish.explain.layer_cards import Card
from planish.explain.mistakes import Mistakes, mistakes
from planish.explain.unrolling import Scored
from planish.graph.node import Node
from planish.layers import Rescaling
from planish.layers.base.traced import LayerName, Traced, chosen
from planish.models.looking.contributions import Contributions
from planish.models.looking.flatten_maps import flattens
from planish.models.looking.gradient_values import logits_of, output_of
from planish.models.looking.inputs import Inputs, one_image
from planish.models.looking.layer_outputs import trace

if TYPE_CHECKING:
    from planish.models.model import Model

_FRAME_HEIGHT = 900  # pixels that a notebook gives the report before it scrolls
_WHITE = 255


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
    data: Any = None,
) -> Report:
    """What every layer of `model` makes of one image, with or without its batch axis; a digit of planish's if None.

    `class_names` are shown for the model's outputs (those in the model's notes if None), `label` is the right one,
    `layer` the Flatten layer to unroll (the last one if None). A model of several inputs takes a list or dictionary of
    images, of which the page shows `input` (None: the first one with rows and columns); `output` says which of several
    outputs gives the scores. `data` is (x, y) of images and their classes: the page shows what the model takes for
    what, and its worst mistakes. ValueError if any of them does not fit; ImportError without Jinja2.
    """
    page.require_jinja()
    if image is None:
        image, label = embedded_digit(model)
    seen = _look(model, image, class_names, layer, input, output)
    scoring.check_label(label, seen.y, model)
    mistaken = _mistakes(seen, data)
    arithmetic = number_by_number.shown(seen.traced, seen.computed, seen.cards)
    carried = _carried(seen, arithmetic, label, mistaken)
    return Report(
        page.render(
            page.Parts(
                model=model,
                image=seen.picture,
                input_shape=seen.x.shape,
                cards=seen.cards,
                scored=seen.scored,
                scores_card=seen.scores_card,
                names=seen.names,
                label=label,
                right=scoring.called(label, seen.names),
                missing=seen.missing,
                unrolled=seen.unrolled,
                windows=seen.flat is not None and seen.flat["windows"] is not None,
                alive=seen.alive,
                arithmetic=arithmetic,
                learned=number_by_number.learned(arithmetic, seen.computed, seen.picture, seen.x.size),
                salient=carried["saliency"] is not None,
                mistakes=mistaken,
                given_data=data is not None,
                compiled=compiler_view(model, seen.traced, seen.given),
                words=words.about(
                    model, seen.traced, seen.shown_input, seen.y, seen.unrolled, _example(label, seen.scored)
                ),
                data=carried,
            )
        )
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """A model and an image, looked at. `place` is that of the output that gives the scores, `shown_input` that of the
    input that is shown, `x` the image that it got."""

    model: Model
    given: Inputs
    traced: Traced
    place: int
    shown_input: int
    x: Array
    data_format: str
    scored: list[Scored]
    missing: dict[str, str]
    names: list[str]
    cards: list[Card]
    picture: dict[str, Any] | None
    computed: Computation

    @property
    def y(self) -> Node:
        return self.traced.outputs[self.place]

    @property
    def unrolled(self) -> Contributions | None:
        return next((each.contributions for each in self.scored if each.contributions is not None), None)

    @cached_property
    def flat(self) -> dict[str, Any] | None:
        """What the page knows of the flat vector, and its number among the nodes."""
        found = self.unrolled
        if found is None:
            return None
        visits = [visit for visit in flattens(self.traced) if visit.layer.name == found.layer]
        node = self.computed.number(visits[-1].outputs[0])
        return {**unrolling.flat_vector(found.map, found.features, self.shown_input), "node": node}

    @property
    def scores_card(self) -> int | None:
        """The place of the card of the layer that gives the scores."""
        return next((place for place, card in enumerate(self.cards) if self.scored and card.node is self.y), None)

    @property
    def alive(self) -> bool:
        """Whether the page can compute the scores of other images than this one."""
        whole = self.picture is not None and self.picture["rows"] == self.picture["height"]
        return bool(self.scored) and self.computed.has(self.y) and whole


def _look(
    model: Model,
    image: Any,
    class_names: Sequence[str] | None,
    layer: LayerName | None,
    input: str | int | None,
    output: str | int | None,
) -> _Seen:
    given = one_image(model, image)
    traced = trace(model, given.sizes)
    place = output_of(model, output)
    y, shown_input = traced.outputs[place], _input_shown(traced, input)
    x = [*given.arrays.values()][shown_input][0]
    values = model.activations(given.given(model), [traced.key(visit) for visit in traced.leaves])
    scored, missing = scoring.scores_of(model, given, traced, class_names, layer, place)
    cards = layer_cards.cards(traced, values)
    data_format = traced.image_format(traced.inputs[shown_input])
    return _Seen(
        model=model,
        given=given,
        traced=traced,
        place=place,
        shown_input=shown_input,
        x=x,
        data_format=data_format,
        scored=scored,
        missing=missing,
        names=scoring.names_of(model, class_names, y.shape[0]) if len(y.shape) == 1 else [],
        cards=cards,
        picture=pixels.picture(x, data_format),
        computed=computation(model, traced.inputs[shown_input], [*(card.node for card in cards), y]),
    )


def _carried(
    seen: _Seen, arithmetic: list[dict[str, Any]], label: int | None, mistaken: Mistakes | None
) -> dict[str, Any]:
    """What the scripts of the page draw and compute with."""
    return {
        "image": seen.picture,
        "layers": [_drawn(card, seen.computed) for card in seen.cards],
        "flat": seen.flat,
        "classes": unrolling.class_data(seen.scored),
        "computation": {
            **seen.computed.data,
            "image": numbers(seen.x, "<f4"),
            "alive": seen.alive,
            "scores": seen.computed.number(seen.y),
            "logits": seen.computed.number(logits_of(seen.y)),
            "engine": engine(seen.model, seen.traced.inputs[seen.shown_input], seen.computed) if seen.alive else None,
        },
        "arithmetic": arithmetic,
        "names": seen.names,
        "label": label,
        "activation": words.activation_of(seen.y),
        "saliency": _saliency(seen),
        "mistakes": [] if mistaken is None else [each.picture for each in mistaken.shown],
    }


def _drawn(card: Card, computed: Computation) -> dict[str, Any] | None:
    picture = card.picture
    return None if picture is None else {**picture, "node": computed.number(card.node)}


def _mistakes(seen: _Seen, data: Any) -> Mistakes | None:
    """ValueError if there are data, and the model does not give scores."""
    if data is None:
        return None
    if not seen.names:
        raise ValueError(
            explain(
                layer=seen.model.label,
                what="`data` are images and their classes, and the model does not give a score for each class",
                expected="an output of shape (None, classes)",
                received=(None, *seen.y.shape),
                remedy="leave `data` out",
            )
        )
    return mistakes(seen.model, data, seen.names, seen.place, seen.data_format, exactly=seen.alive)


def _saliency(seen: _Seen) -> dict[str, Any] | None:
    """How far the logit of the model's answer moves with each pixel: the largest of its channels."""
    if not seen.scored or seen.picture is None:
        return None
    slopes = seen.model.gradients(seen.given.given(seen.model), target=seen.scored[0].index, output=seen.place)
    slope = np.abs(structures.leaves(slopes)[seen.shown_input][0])
    planes = pixels.planes_of(slope, seen.data_format)
    assert planes is not None
    (small,) = shrunk(planes.max(axis=0)[None], pixels.MOST_PIXELS)
    return {"rows": small.shape[0], "columns": small.shape[1], **levels(small)}


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


def _example(label: int | None, scored: Sequence[Scored]) -> int:
    """A class for sentences: the right one, or else the one that the model gives."""
    return label if label is not None else scored[0].index if scored else 0
