"""How each element-wise operation is computed on one vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.codegen.llvm import elementary
from planish.codegen.llvm.function import ZERO, Function, Value
from planish.primitives.expression import Instruction
from planish.primitives.leaves import ConstantSettings
from planish.primitives.unary import AlphaSettings

Emitter = Callable[[Function, Sequence[Value], Instruction], Value]


def emit_elementwise(f: Function, instruction: Instruction, arguments: Sequence[Value]) -> Value:
    return _EMITTERS[instruction.op](f, arguments, instruction)


def has_emitter(op: str) -> bool:
    """Whether an operation can be part of an expression."""
    return op in _EMITTERS


def _binary(opcode: str) -> Emitter:
    return lambda f, arguments, _: f.binary(opcode, arguments[0], arguments[1])


def _elementary(name: str) -> Emitter:
    return lambda f, arguments, _: elementary.applied(f, name, *arguments)


def _function(emit: Callable[[Function, Value], Value]) -> Emitter:
    return lambda f, arguments, _: emit(f, arguments[0])


def _comparison(predicate: str) -> Emitter:
    def emit(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
        return f.select(f.greater(arguments[0], arguments[1], predicate), f.constant(1.0), ZERO)

    return emit


def _relu(f: Function, x: Value) -> Value:
    return f.maximum(ZERO, x)  # in this order a NaN passes through


def _sign(f: Function, x: Value) -> Value:
    negative = f.select(f.greater(x, ZERO, "olt"), f.constant(-1.0), x)
    return f.select(f.greater(x, ZERO), f.constant(1.0), negative)


def _elu(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    (x,) = arguments
    below = f.binary(
        "fmul", f.constant(AlphaSettings.of(instruction).alpha), elementary.applied(f, "expm1", f.minimum(ZERO, x))
    )
    return f.select(f.greater(x, ZERO), x, below)


def _leaky_relu(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    (x,) = arguments
    return f.select(f.greater(x, ZERO), x, f.binary("fmul", x, f.constant(AlphaSettings.of(instruction).alpha)))


def _nan_aware(f: Function, chosen: Value, other: Value) -> Value:
    """`chosen` unless `other` is NaN, as NumPy's maximum and minimum have it."""
    return f.select(f.greater(other, other, "uno"), other, chosen)


def _maximum(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    a, b = arguments
    if f.is_number(b):
        return f.maximum(b, a)  # in this order a NaN passes through
    return _nan_aware(f, f.maximum(a, b), a)


def _minimum(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    a, b = arguments
    if f.is_number(b):
        return f.minimum(b, a)
    return _nan_aware(f, f.minimum(a, b), a)


def _squared_deviation(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    apart = f.binary("fsub", arguments[0], arguments[1])
    return f.binary("fmul", apart, apart)


def _select(f: Function, arguments: Sequence[Value], instruction: Instruction) -> Value:
    condition, a, b = arguments
    return f.select(f.greater(condition, ZERO, "une"), a, b)


_EMITTERS: dict[str, Emitter] = {
    **{name: _elementary(name) for name in (*elementary.NAMES, *elementary.NAMES_OF_TWO)},
    "add": _binary("fadd"),
    "subtract": _binary("fsub"),
    "multiply": _binary("fmul"),
    "divide": _binary("fdiv"),
    "maximum": _maximum,
    "minimum": _minimum,
    "greater": _comparison("ogt"),
    "greater_equal": _comparison("oge"),
    "equal": _comparison("oeq"),
    "select": _select,
    "constant": lambda f, _, instruction: f.constant(ConstantSettings.of(instruction).value),
    "negative": lambda f, arguments, _: f.let(f"fneg {f.vector} {arguments[0]}"),
    "absolute": lambda f, arguments, _: f.intrinsic("fabs", arguments[0]),
    "sign": _function(_sign),
    "squared_deviation": _squared_deviation,
    "square": lambda f, arguments, _: f.binary("fmul", arguments[0], arguments[0]),
    "sqrt": lambda f, arguments, _: f.intrinsic("sqrt", arguments[0]),
    "rsqrt": lambda f, arguments, _: f.binary("fdiv", f.constant(1.0), f.intrinsic("sqrt", arguments[0])),
    "reciprocal": lambda f, arguments, _: f.binary("fdiv", f.constant(1.0), arguments[0]),
    "relu": _function(_relu),
    "elu": _elu,
    "leaky_relu": _leaky_relu,
    "stop_gradient": lambda f, arguments, _: arguments[0],
}
