"""The kernels: each is the `KERNEL` of the file that has the name of its primitive."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Kind, Spec, spec_of
from planish.graph.node import Node
from planish.primitives.rewritten.fused import base_of


@cache
def kernel_of(op: str) -> Kernel:
    """The kernel of a primitive: that of the file which has its name, imported when it is first asked for."""
    kernel: Kernel = import_module(f"planish.codegen.kernels.{op}").KERNEL
    return kernel


def kernel_for(spec: Spec) -> Kernel:
    return kernel_of(spec.op)


def kind_of(spec: Spec) -> Kind:
    """The kind of the spec's kernel; a kernel of images serves values without a batch axis too, as `whole`."""
    kind = kernel_for(spec).kind
    return kind if spec.result.batched or kind == "reduce" else "whole"


def kind_of_node(node: Node) -> Kind:
    """That of its spec, which need not be made for it: a tail does not change whether a value has a batch axis."""
    kind = kernel_of(base_of(node)).kind
    return kind if node.batched or kind == "reduce" else "whole"


def items_of(node: Node, target: Target) -> int:
    """Independent parts of a `reduce` or `whole` node."""
    spec = spec_of(node)
    return kernel_for(spec).items(spec, target)


def in_parts(node: Node) -> bool:
    """Whether a value is computed in independent parts, not for an image or a block of images at a time."""
    return not node.batched or kind_of_node(node) == "batch"


def run_of_item(node: Node, target: Target) -> int | None:
    """Elements of each item (the last may have fewer), if items are consecutive runs of whole vectors."""
    if items_of(node, target) == 1:
        return node.type.size
    spec = spec_of(node)
    run = kernel_for(spec).run(spec, target)
    return run if run and run % target.lanes == 0 else None


def scratch_nbytes_of(node: Node, target: Target) -> int:
    """The work space of a node's kernel, in bytes."""
    spec = spec_of(node)
    return kernel_for(spec).scratch_nbytes(spec, target)
