"""What each element of a flat vector adds to the score of a class: `model.contributions`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import html
from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap, Window
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base.context import Visit
from planish.layers.base.traced import LayerName, Traced
from planish.models.looking.feature_windows import feature_windows
from planish.models.looking.flatten_maps import flattens, map_of
from planish.models.looking.gradient_values import checked_gradients, class_indices, class_score, output_of
from planish.models.looking.inputs import Inputs, one_image
from planish.models.looking.layer_outputs import trace
from planish.models.looking.linearity import biases_of_scores
from planish.models.programs.value_program import ValueProgram

if TYPE_CHECKING:
    from planish.models.model import Model


@dataclass(frozen=True, slots=True)
class Contribution:
    """One element of a flat vector: where it is, its value, how the logit moves with it, and what it saw."""

    index: int
    position: tuple[int, ...]
    value: float
    weight: float
    contribution: float
    window: Window


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each of the `size` elements of the flat vector of a Flatten layer adds to the logit of the class `target`.

    `values` = `features` * `weights`, f32 [size] each; `weights` are the gradient of the logit. If only linear layers
    follow (`exact`), the values and `rest` make up the logit: `rest` is the bias, with what comes by other ways. With
    activations in between they are gradient times input: true near this image, and `rest` is what remains of the logit.
    """

    target: int
    layer: str
    map: FlattenMap
    features: NDArray[np.float32]
    weights: NDArray[np.float32]
    logit: float
    rest: float
    exact: bool
    values: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self.features * self.weights)

    @property
    def as_map(self) -> NDArray[np.float32]:
        """`values` in the shape of the feature map."""
        laid: NDArray[np.float32] = self.map.unflatten(self.values)
        return laid

    def top(self, count: int = 10) -> list[Contribution]:
        """The elements that add most to the logit, the largest first."""
        order = np.argsort(-self.values, kind="stable")[:count]
        return [
            Contribution(
                int(index),
                self.map.position(int(index)),
                float(self.features[index]),
                float(self.weights[index]),
                float(self.values[index]),
                self.map.receptive_field(int(index)),
            )
            for index in order
        ]

    def _repr_html_(self) -> str:
        """For notebooks: the elements that add most to the logit, and the rest."""
        columns = ["index", *self.map.axis_names, "value", "weight", "adds", "sees"]
        rows = [
            [each.index, *each.position, *_short(each.value, each.weight, each.contribution), each.window]
            for each in self.top()
        ]
        others = float(self.values.sum(dtype=np.float64)) - sum(each.contribution for each in self.top())
        told = "bias" if self.exact else "what remains of the logit"
        kept = max(0, len(self.values) - len(rows))
        sums = f"the other {kept:,} add {others:.4g}; {told}: {self.rest:.4g}; logit of class {self.target}: "
        return (
            html.paragraph(f"Flatten '{self.layer}', class {self.target}")
            + html.table(columns, rows, numbers=columns[:-1])
            + html.paragraph(f"{sums}{self.logit:.4g}")
        )

    def heat_map(self, input: str | int | None = None) -> NDArray[np.float64]:
        """The values as [height, width] of the image: each is spread evenly over the window that it saw.

        `input` is the name or place of the image among several inputs that reach the vector. The sum is that of all
        values that saw something. ValueError if there are no windows in an image.
        """
        windows = feature_windows(self.map, input)
        if windows is None:
            raise ValueError(
                explain(
                    layer=f"Flatten '{self.layer}'",
                    what="its elements have no windows in an image, or too many to find",
                    remedy="use `values`, which are not placed in the image",
                )
            )
        height, width = _image_size(self.map, input)
        edges = np.zeros((height + 1, width + 1))  # differences along both axes; running sums fill the windows
        top, bottom, left, right = windows.T
        area = np.maximum((bottom - top) * (right - left), 1)
        each = np.where(bottom > top, self.values.astype(np.float64) / area, 0.0)
        for row, column, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
            np.add.at(edges, (row, column), sign * each)
        return np.asarray(edges.cumsum(axis=0).cumsum(axis=1)[:height, :width])


def _short(*values: float) -> list[str]:
    return [f"{value:.4g}" for value in values]


def contributions(
    model: Model, image: Any, target: int | None, layer: LayerName | None, output: str | int | None
) -> Contributions:
    """See `Introspection.contributions`."""
    inputs = one_image(model, image)
    place = output_of(model, output)
    return contributions_to(model, inputs, class_indices(model, inputs, target, place), layer, place)[0]


def contributions_to(
    model: Model, inputs: Inputs, classes: NDArray[np.int32], layer: LayerName | None, place: int
) -> list[Contributions]:
    """Contributions to the logits of several classes of an output, for one image, from one run of one program."""
    traced = trace(model, inputs.sizes)
    score = class_score(model, traced.outputs[place])
    visit = flatten_visit(traced, layer if layer is not None else _last_before(traced, score))
    (y,) = visit.outputs

    def make() -> ValueProgram:
        (gradient,) = checked_gradients(score, [(visit.layer.label, y)])
        nodes = {"features": y, "weights": gradient, "logit": score}
        return ValueProgram(model, nodes, {**inputs.dtypes, "class": classes.dtype})

    key = ("contributions", *inputs.key, place, traced.visits.index(visit))
    given = {**inputs.repeated(len(classes)).arrays, "class": classes}
    found = model._programs.kept(model, key, make)(given, len(classes))
    features, flat_map = found["features"][0], map_of(traced, visit)
    biases = biases_of_scores(model, score, y, given)
    made = []
    for row, target in enumerate(classes):
        weights, logit = found["weights"][row], float(found["logit"][row])
        missing = logit - float(np.dot(features.astype(np.float64), weights))
        rest = missing if biases is None else float(biases[row])
        made.append(
            Contributions(
                int(target), visit.layer.name, flat_map, features, weights, logit, rest, exact=biases is not None
            )
        )
    return made


def _last_before(traced: Traced, score: Node) -> LayerName | None:
    """The last Flatten that leads to the score; None if there is none."""
    reached = {*topological([score])}
    found = [visit for visit in flattens(traced) if visit.outputs[0] in reached]
    return traced.key(found[-1]) if found else None


def flatten_visit(traced: Traced, layer: LayerName | None) -> Visit:
    """The Flatten layer in question: the last one for None. ValueError if there is none, or if it is not a Flatten."""
    found = flattens(traced)
    if not found:
        raise ValueError(
            explain(
                layer=traced.label,
                what="the model has no Flatten layer, so it has no flat vector with elements to tell apart",
                received=", ".join(visit.layer.label for visit in traced.leaves),
            )
        )
    if layer is None:
        return found[-1]
    visit = traced.visit(layer)
    if visit not in found:
        raise ValueError(
            unknown_name(f"Flatten layer of {traced.label}", visit.layer.name, [each.layer.name for each in found])
        )
    return visit


def _image_size(flat: FlattenMap, input: str | int | None) -> tuple[int, int]:
    image, image_format = flat.image(input)
    rows = 1 if len(image.shape) == 3 and image_format == "channels_first" else 0
    return image.shape[rows], image.shape[rows + 1]
