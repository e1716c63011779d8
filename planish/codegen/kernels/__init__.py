"""The kernels, one a file, and which operation each computes."""

from __future__ import annotations

from planish.codegen.kernel import Kernel, Kind, Spec
from planish.codegen.kernels import dense, elementwise

_KERNELS: dict[str, Kernel] = {
    "elementwise": elementwise.KERNEL,
    "dense": dense.KERNEL,
}


def kernel_for(spec: Spec) -> Kernel:
    return _KERNELS[spec.op]


def kind_of(spec: Spec) -> Kind:
    """The kind of the spec's kernel; one that serves images serves values without batch axis too, as `whole`."""
    kind = kernel_for(spec).kind
    return kind if spec.result.batched or kind == "reduce" else "whole"
