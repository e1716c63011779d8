"""Labels as vectors with a one at the class.

    for label: for class: y[label][class] = 1 if class == x[label] else 0

Lanes are classes; the last vector is masked.
"""

from __future__ import annotations

from planish.codegen.llvm import vector_math
from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.one_hot import OneHotSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    classes = OneHotSettings.of(spec).classes
    with f.loop(0, spec.inputs[0].size) as label:
        place = f.offset(operands.inputs[0], f.nbytes(label.index, of=element_type(spec.inputs[0].dtype)))
        whole = spec.inputs[0].dtype == "i32"
        wanted = f.splat_integer(f.load_i32(place)) if whole else f.broadcast(place)

        def emit_vector(start: Index, mask: str | None) -> None:
            first = f.splat_integer(str(start) if isinstance(start, int) else f.let(f"trunc i64 {start} to i32"))
            places = f.integer("add", f.lane_indices(), first)
            nbytes = f.nbytes(f.add(f.multiply(label.index, classes), start))
            f.store(ones(f, places, wanted, spec.inputs[0].dtype), operands.output, nbytes, mask)

        over_vectors(f, classes, emit_vector)


def ones(f: Function, places: Value, wanted: Value, dtype: str) -> Value:
    """One in the lane whose class is wanted; numbers that are not whole are not classes."""
    if dtype == "i32":
        same = f.let(f"icmp eq {f.integers} {places}, {wanted}")
    else:
        same = f.greater(vector_math.to_floats(f, places), wanted, "oeq")
    return f.select(same, f.constant(1.0), ZERO)


KERNEL = Kernel("image", emit)
