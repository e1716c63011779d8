"""The kernels, one a file, and which operation each computes."""

from __future__ import annotations

from planish.codegen.kernel import Kernel, Kind, Spec, spec_of
from planish.codegen.kernels import conv2d, dense, elementwise, load_input, packing, softmax, winograd
from planish.codegen.target import Target
from planish.graph.node import Node

_KERNELS: dict[str, Kernel] = {
    "elementwise": elementwise.KERNEL,
    "conv2d_panels": conv2d.KERNEL,
    "conv2d_winograd": winograd.KERNEL,
    "dense_panels": dense.KERNEL,
    "load_input": load_input.KERNEL,
    "log_softmax": softmax.KERNEL,
    "pack_panels": packing.PANELS,
    "pack_winograd": packing.WINOGRAD,
    "softmax": softmax.KERNEL,
}


def kernel_for(spec: Spec) -> Kernel:
    return _KERNELS[spec.op]


def kind_of(spec: Spec) -> Kind:
    """The kind of the spec's kernel; one that serves images serves values without batch axis too, as `whole`."""
    kind = kernel_for(spec).kind
    return kind if spec.result.batched or kind == "reduce" else "whole"


def kind_of_node(node: Node) -> Kind:
    return kind_of(spec_of(node))


def items_of(node: Node, target: Target) -> int:
    """Independent parts of a `reduce` or `whole` node."""
    spec = spec_of(node)
    return kernel_for(spec).items(spec, target)


def scratch_nbytes_of(node: Node, target: Target) -> int:
    """The work space of a node's kernel, in bytes."""
    spec = spec_of(node)
    return kernel_for(spec).scratch_nbytes(spec, target)
