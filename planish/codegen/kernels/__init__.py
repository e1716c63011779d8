"""The kernels, one per file, and which operation each computes."""

from __future__ import annotations

from planish.codegen.kernels import (
    argmax,
    as_f32,
    average_pool2d,
    conv2d_columns,
    conv2d_depthwise,
    conv2d_depthwise_weight_grad,
    conv2d_listed_weight_grad,
    conv2d_panels,
    conv2d_placed_input_grad,
    conv2d_pool_weight_grad,
    conv2d_scattered,
    conv2d_turned_weight_grad,
    conv2d_weight_grad,
    conv2d_winograd,
    conv2d_winograd_weight_grad,
    dense_listed,
    dense_listed_weight_grad,
    dense_panels,
    dense_weight_grad,
    elementwise,
    gated_places,
    list_places,
    load_input,
    matmul,
    one_hot,
    pack_winograd,
    packing,
    pool2d,
    random_uniform,
    rearrange,
    reduce,
    resize2d,
    scan,
    softmax,
    sort_places,
    sum_of_slices,
    sum_parts,
    take,
)
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Kind, Spec, spec_of
from planish.graph.node import Node

_KERNELS: dict[str, Kernel] = {
    "as_f32": as_f32.KERNEL,
    "average_pool2d": average_pool2d.AVERAGE,
    "average_pool2d_grad": average_pool2d.AVERAGE_GRAD,
    "argmax": argmax.KERNEL,
    "batch_max": reduce.BATCH,
    "batch_sum": reduce.BATCH,
    "batch_sum_of": reduce.BATCH,
    "broadcast_to": rearrange.BROADCAST_TO,
    "concatenate": rearrange.CONCATENATE,
    "conv2d_columns": conv2d_columns.KERNEL,
    "conv2d_depthwise": conv2d_depthwise.KERNEL,
    "conv2d_depthwise_weight_grad": conv2d_depthwise_weight_grad.KERNEL,
    "conv2d_listed_weight_grad": conv2d_listed_weight_grad.KERNEL,
    "conv2d_panels": conv2d_panels.KERNEL,
    "conv2d_placed_input_grad": conv2d_placed_input_grad.KERNEL,
    "conv2d_pool_weight_grad": conv2d_pool_weight_grad.KERNEL,
    "conv2d_scattered": conv2d_scattered.KERNEL,
    "conv2d_turned_weight_grad": conv2d_turned_weight_grad.KERNEL,
    "conv2d_weight_grad": conv2d_weight_grad.KERNEL,
    "conv2d_winograd": conv2d_winograd.KERNEL,
    "conv2d_winograd_weight_grad": conv2d_winograd_weight_grad.KERNEL,
    "cumprod": scan.KERNEL,
    "cumsum": scan.KERNEL,
    "crop2d": rearrange.CROP2D,
    "dense_listed": dense_listed.KERNEL,
    "dense_listed_weight_grad": dense_listed_weight_grad.KERNEL,
    "dense_panels": dense_panels.KERNEL,
    "dense_weight_grad": dense_weight_grad.KERNEL,
    "elementwise": elementwise.KERNEL,
    "gate_places": gated_places.GATE,
    "interleave2d": rearrange.INTERLEAVE2D,
    "kernel_phase": rearrange.KERNEL_PHASE,
    "list_places": list_places.KERNEL,
    "load_input": load_input.KERNEL,
    "log_softmax": softmax.KERNEL,
    "matmul": matmul.KERNEL,
    "linear_scan": scan.KERNEL,
    "max_pool2d": pool2d.MAXIMUM,
    "max_pool2d_grad": pool2d.MAXIMUM_GRAD,
    "one_hot": one_hot.KERNEL,
    "pack_panels": packing.PANELS,
    "pack_winograd": pack_winograd.KERNEL,
    "pad2d": rearrange.PAD2D,
    "placed_sum": gated_places.SUM,
    "places_beside": pool2d.BESIDE,
    "pool_places": pool2d.PLACES,
    "random_uniform": random_uniform.KERNEL,
    "reduce_max": reduce.IMAGE,
    "reduce_mean": reduce.IMAGE,
    "reduce_min": reduce.IMAGE,
    "reduce_prod": reduce.IMAGE,
    "reduce_sum": reduce.IMAGE,
    "reduce_sum_of": reduce.IMAGE,
    "resize2d": resize2d.KERNEL,
    "resize2d_grad": resize2d.GRAD,
    "sort_places": sort_places.KERNEL,
    "slice_axis": rearrange.SLICE_AXIS,
    "slice_strided": rearrange.SLICE_STRIDED,
    "softmax": softmax.KERNEL,
    "sum_of_slices": sum_of_slices.KERNEL,
    "spread2d": rearrange.SPREAD2D,
    "spread_strided": rearrange.SPREAD_STRIDED,
    "sum_parts": sum_parts.KERNEL,
    "take": take.TAKE,
    "take_along_axis": take.ALONG,
    "take_along_axis_grad": take.ALONG_GRAD,
    "take_batch_grad": take.BATCH_GRAD,
    "take_grad": take.GRAD,
    "transpose": rearrange.TRANSPOSE,
    "turn_kernel": rearrange.TURN_KERNEL,
    "unpack_winograd": packing.UNPACK_WINOGRAD,
}


def kernel_for(spec: Spec) -> Kernel:
    return _KERNELS[spec.op]


def kind_of(spec: Spec) -> Kind:
    """The kind of the spec's kernel; a kernel of images serves values without a batch axis too, as `whole`."""
    kind = kernel_for(spec).kind
    return kind if spec.result.batched or kind == "reduce" else "whole"


def kind_of_node(node: Node) -> Kind:
    return kind_of(spec_of(node))


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
