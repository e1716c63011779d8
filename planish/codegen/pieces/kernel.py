"""What a kernel is: how one operation of the graph becomes the body of one native function.

A kernel is of one of five kinds, which say what a call of its function covers:

* `image`: one image. Batched operands point to that image's tensor.
* `rows`: `count` consecutive images at once, so that weights are read once for many of them (dense).
* `batch`: one of `items` independent parts of a value for all `count` images; an input's rows are where `order` says.
* `reduce`: one of `items` independent parts of a sum over all `count` images of the batch, in their order.
* `whole`: one of `items` independent parts of a value without a batch axis (packed weights, new weights).

Every tensor is contiguous, row-major, channels last, aligned to its elements only, and made of numbers of the program's
one type, f32 or f64 (labels are i32, places in windows i8).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from planish.codegen.llvm.element_type import FLOATS, ElementType, element_type
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.element import Strides
from planish.codegen.pieces.expression import Epilogue
from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.rewritten.fused import FusedSettings, base_type

Kind = Literal["image", "rows", "batch", "reduce", "whole"]


@dataclass(frozen=True, slots=True)
class Spec:
    """A node as its kernel sees it.

    The operation, and what is done to each element of its result before it is stored. `strides` and `input_strides`
    are given where something lies between the elements, because they are inside of a larger value; `in_place` are the
    operands of a concatenation that are where the result has them already.
    """

    op: str
    inputs: tuple[TensorType, ...]
    result: TensorType
    settings: Settings
    extra: tuple[TensorType, ...] = ()
    expression: Any = None
    strides: Strides | None = None
    input_strides: tuple[Strides | None, ...] = ()
    in_place: frozenset[int] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.result.shape

    @property
    def floats(self) -> ElementType:
        """The type of the numbers that it computes with."""
        types = [element_type(type_.dtype) for type_ in (self.result, *self.inputs)]
        return next(type_ for type_ in types if type_ in FLOATS)

    @property
    def result_strides(self) -> Strides:
        """Distances between neighbours of the result along each axis, in elements."""
        return self.strides or tuple(strides_of(self.shape))

    def strides_of_input(self, position: int) -> Strides:
        """The same for an operand."""
        there = self.input_strides[position] if self.input_strides else None
        return there or tuple(strides_of(self.inputs[position].shape))

    @property
    def extra_strides(self) -> tuple[Strides | None, ...]:
        """The same for what the tail reads; None where nothing lies between its elements."""
        return self.input_strides[len(self.inputs) :] or (None,) * len(self.extra)


def spec_of(node: Node) -> Spec:
    """The node without its wrapping: a `fused` node is its base operation with an expression."""
    types = tuple(source.type for source in node.inputs)
    if node.op != "fused":
        return Spec(node.op, types, node.type, node.settings)
    own = FusedSettings.of(node)
    base = base_type(types, own)
    return Spec(own.base, types[: own.arity], base, own.settings, types[own.arity :], own.expression)


@dataclass(frozen=True, slots=True)
class Operands:
    """Names of the function's parameters.

    `count`, `item` and `image` (its position in the batch) mean something only to the kinds that have them; `before` is
    the number of images of the batch before the program's slice; `turn` is the number of the slice; `order` has the
    batch's rows of an input that a kernel of parts reads, and after them those of the batches to come, `left` in all;
    `beside` is where a second result goes, if anything reads it; `gated`: places of maxima there are absent where the
    result is not positive; a kernel of parts raises the `alarm`, a word, where an image has a value that is not finite
    (see `checks_images`); `grains`: only those from the first of two numbers on, before the second, are computed (see
    `Kernel`).
    """

    inputs: tuple[Pointer, ...]
    output: Pointer
    scratch: Pointer
    extra: tuple[Pointer, ...] = ()
    count: Index = "%count"
    item: Index = "%item"
    image: Index = "%image"
    before: Index = "%before"
    turn: Index = "%turn"
    order: Pointer = "%order"
    left: Index = "%left"
    alarm: Pointer = "%alarm"
    beside: Pointer | None = None
    gated: bool = False
    grains: tuple[Index, Index] | None = None

    def over(self, count: int) -> tuple[Index, Index]:
        """The grains to compute of so many."""
        return self.grains or (0, count)


@dataclass(frozen=True, slots=True)
class Kernel:
    """`emit` writes the body; the others are called before, with the same spec and target.

    `run`: how many elements an item has, if each item is a run of them right after the item before; else None.
    `grains`: how many parts an image has (with kernels of rows: all images together have) that can be computed by
    themselves, with the same bits: rows of a map, panels of channels. One call computes some that follow each other.
    `checks_images`: whether it checks all elements of its images for values that are not finite. `writes_apart`:
    whether it can write a result that lies inside of a larger value; `reads_apart`: which operands it can read there.
    """

    kind: Kind
    emit: Callable[[Function, Spec, Operands], None]
    items: Callable[[Spec, Target], int] = lambda spec, target: 1
    scratch_nbytes: Callable[[Spec, Target], int] = lambda spec, target: 0
    run: Callable[[Spec, Target], int | None] = lambda spec, target: None
    grains: Callable[[Spec, Target], int] = lambda spec, target: 1
    checks_images: Callable[[Spec], bool] = lambda spec: False
    writes_apart: bool = False
    reads_apart: Callable[[Spec], Collection[int]] = lambda spec: ()


def every_operand(spec: Spec) -> Collection[int]:
    """For `reads_apart`: each of them can lie inside of a larger value."""
    return range(len(spec.inputs))


def epilogue_of(f: Function, spec: Spec, operands: Operands) -> Epilogue:
    """What `spec` does to each element of its result, bound to the function's parameters."""
    return Epilogue(f, spec.expression, spec.result, spec.extra, operands.extra, spec.extra_strides)


def first_and_extra(spec: Spec) -> Collection[int]:
    """The positions of the first operand and of all that the tail reads, among those that a kernel can read apart."""
    return 0, *range(len(spec.inputs), len(spec.inputs) + len(spec.extra))
