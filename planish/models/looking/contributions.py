"""What each element of a flat vector adds to the score of a class: `model.contributions`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import html
from planish.errors import explain, unknown_name
from planish.flattening import FlattenMap, Window
from planish.graph.graph import topological
from planish.layers import Flatten, lineage, shapes
from planish.layers.context import Visit
from planish.models.data.arrays import Array, as_array
from planish.models.looking.feature_windows import feature_windows
from planish.models.looking.gradient_values import checked_gradients, class_indices, class_score
from planish.models.looking.layer_outputs import LayerName, Traced, checked_images, trace
from planish.models.looking.linearity import biases_of_scores
from planish.models.programs.value_program import ValueProgram


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
    follow (`exact`), the values and `rest`, the bias, make up the logit. With activations in between they are gradient
    times input: true near this image, and `rest` is what remains of the logit.
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

    def heat_map(self) -> NDArray[np.float64]:
        """The values as [height, width] of the image: each is spread evenly over the window that it saw.

        The sum is that of all values that saw something. ValueError if there are no windows in an image.
        """
        windows = feature_windows(self.map)
        if windows is None:
            raise ValueError(
                explain(
                    layer=f"Flatten '{self.layer}'",
                    what="its elements have no windows in an image, or too many to find",
                    remedy="use `values`, which are not placed in the image",
                )
            )
        height, width = _image_size(self.map)
        edges = np.zeros((height + 1, width + 1))  # differences along both axes; running sums fill the windows
        top, bottom, left, right = windows.T
        area = np.maximum((bottom - top) * (right - left), 1)
        each = np.where(bottom > top, self.values.astype(np.float64) / area, 0.0)
        for row, column, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
            np.add.at(edges, (row, column), sign * each)
        return np.asarray(edges.cumsum(axis=0).cumsum(axis=1)[:height, :width])


def _short(*values: float) -> list[str]:
    return [f"{value:.4g}" for value in values]


def contributions(model: Any, image: Any, target: int | None, layer: LayerName | None) -> Contributions:
    """See `Introspection.contributions`."""
    x = one_image(model, image)
    return contributions_to(model, x, class_indices(model, x, target), layer)[0]


def contributions_to(
    model: Any, x: Array, classes: NDArray[np.int32], layer: LayerName | None = None
) -> list[Contributions]:
    """Contributions to the logits of several classes, for one image [1, ...], from one run of one program."""
    traced = trace(model)
    visit = flatten_visit(model, traced, layer)

    def make() -> ValueProgram:
        score = class_score(model, traced)
        (gradient,) = checked_gradients(score, [(visit.layer, visit.y)])
        nodes = {"features": visit.y, "weights": gradient, "logit": score}
        return ValueProgram(model, nodes, {"x": x.dtype, "class": classes.dtype})

    program = model._programs.kept(model, ("contributions", x.dtype, visit.layer), make)
    found = program({"x": np.repeat(x, len(classes), axis=0), "class": classes}, len(classes))
    features, flat_map = found["features"][0], map_of(traced, visit)
    biases = biases_of_scores(model, visit.layer, classes)
    made = []
    for place, target in enumerate(classes):
        weights, logit = found["weights"][place], float(found["logit"][place])
        missing = logit - float(np.dot(features.astype(np.float64), weights))
        rest = missing if biases is None else float(biases[place])
        made.append(
            Contributions(
                int(target), visit.layer.name, flat_map, features, weights, logit, rest, exact=biases is not None
            )
        )
    return made


def one_image(model: Any, image: Any) -> Array:
    """Returns `image`, with or without batch axis (and single channel), as a batch of one that fits the model."""
    array, shape = as_array(image, "image"), shapes.per_image(model.input_specs[0].shape)
    if array.ndim == len(shape) - 1 and shape[-1] == 1:
        array = array[..., None]
    x = checked_images(model, array[None] if array.ndim == len(shape) else array)
    if len(x) != 1:
        raise ValueError(explain(what="`image` is not one image", expected="one image", received=f"{len(x):,} images"))
    return x


def flatten_visit(model: Any, traced: Traced, layer: LayerName | None) -> Visit:
    """The Flatten layer in question: the last one for None. ValueError if there is none, or if it is not a Flatten."""
    found = [visit for visit in traced.leaves if isinstance(visit.layer, Flatten)]
    if not found:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model has no Flatten layer, so it has no flat vector with elements to tell apart",
                received=", ".join(visit.layer.label for visit in traced.leaves),
            )
        )
    if layer is None:
        return found[-1]
    visit = traced.visit(model, layer)
    if visit not in found:
        raise ValueError(
            unknown_name(f"Flatten layer of {model.label}", visit.layer.name, [each.layer.name for each in found])
        )
    return visit


def map_of(traced: Traced, visit: Visit) -> FlattenMap:
    """The order of a Flatten layer's vector; receptive fields are windows of the traced model's own images."""
    layer = visit.layer
    assert isinstance(layer, Flatten)
    image_format = lineage.image_format([each.layer for each in traced.leaves])
    return FlattenMap(visit.x.shape, layer.data_format, image_format=image_format, feature_map=visit.x)


def _image_size(flat: FlattenMap) -> tuple[int, int]:
    nodes = [] if flat.feature_map is None else topological([flat.feature_map])
    (shape,) = (node.shape for node in nodes if node.op == "input")
    rows = 1 if len(shape) == 3 and flat.image_format == "channels_first" else 0
    return shape[rows], shape[rows + 1]
