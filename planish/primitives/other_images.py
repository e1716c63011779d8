"""The images of the batch in another order: y[n] = x[ranks[n]], or back: y[ranks[n]] = x[n].

`ranks` are those of `batch_ranks`: each image is taken once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.mistake import check_values, mistake
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class OtherImagesSettings(Settings):
    back: bool


def _infer(inputs: Sequence[TensorType], settings: OtherImagesSettings) -> TensorType:
    x, ranks = inputs
    check_values("images in another order", x)
    if not x.batched or ranks != TensorType(()):
        raise mistake("images in another order need one place for each image", received=f"{x} by {ranks}")
    return x


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, ranks = arrays
    places = ranks.astype(np.int64)
    if not OtherImagesSettings.of(node).back:
        return np.asarray(x[places])
    y = np.empty_like(x)
    y[places] = x
    return y


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    """Each image was taken once: the gradient goes back to where it came from."""
    _, ranks = node.inputs
    return [other_images(g, ranks, back=not OtherImagesSettings.of(node).back), None]


def _reach(node: Node, region: Region) -> Iterator[tuple[Node, Region]]:
    """The same places, of another image."""
    x, ranks = node.inputs
    yield x, region
    yield ranks, ()


register(
    Primitive(
        name="other_images",
        settings=OtherImagesSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def other_images(x: Node, ranks: Node, *, back: bool = False) -> Node:
    """`x` f32[N, ...] in the order of `ranks` f32[N], which `batch_ranks` gave; `back`: from that order."""
    return make("other_images", [x, ranks], OtherImagesSettings(back=back))
