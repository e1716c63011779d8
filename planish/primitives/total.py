"""`total` x: the sum of x over all processes that train together (or the largest x); in one process, x itself.

In a step of several processes, a sum over the images of the batch is at first one over those of this process. Whoever
traces the step says with `total` where that of all processes is meant; or the compiler makes a total of every sum.
`blocks`: x is there in so many copies, one for each block of images, which are added first; a program goes through a
step for each of `groups` of so many blocks, and `slices` times for each of them (see `codegen/planning/blocks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.mistake import check_values, mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class TotalSettings(Settings):
    blocks: int
    largest: bool
    groups: int
    slices: int


def _infer(inputs: Sequence[TensorType], settings: TotalSettings) -> TensorType:
    (source,) = inputs
    check_values("a total over processes", source)
    if source.batched:
        raise mistake("a total over processes needs one tensor for the batch as a whole", received=source)
    return source


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return arrays[0]


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    """What all processes make smaller is the sum of their losses, in each of which the total has a part."""
    return [total(g)]


def _reach(node: Node, region: Region) -> Reached:
    yield node.inputs[0], region


register(
    Primitive(
        name="total",
        settings=TotalSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def total_of(node: Node, blocks: int = 1, groups: int = 1, slices: int = 1) -> Node:
    """The total of a sum over images, or of the largest number of all."""
    return total(node, blocks=blocks, largest=node.op == "batch_max", groups=groups, slices=slices)


def total(x: Node, *, blocks: int = 1, largest: bool = False, groups: int = 1, slices: int = 1) -> Node:
    """The sum of `x`, a value without a batch axis, over all processes; of `blocks` copies in each of them, which come
    again for each of the `groups` of blocks."""
    return make("total", [x], TotalSettings(blocks=blocks, largest=largest, groups=groups, slices=slices))
