"""Functions that ONNX does not have, made of those that it has: exact where planish's are."""

from __future__ import annotations

import math
from collections.abc import Callable

from planish.convert.onnx_writer.writing import Writing


def _square(w: Writing, x: str) -> str:
    return w.emit("Mul", x, x)


def _rsqrt(w: Writing, x: str) -> str:
    return w.emit("Reciprocal", w.emit("Sqrt", x))


def _expm1(w: Writing, x: str) -> str:
    """exp(x) - 1 = tanh(x / 2) * (exp(x) + 1), exact near zero."""
    half = w.emit("Tanh", w.emit("Mul", x, w.array(0.5)))
    return w.emit("Mul", half, w.emit("Add", w.emit("Exp", x), w.array(1.0)))


def _log1p(w: Writing, x: str) -> str:
    """log(u) * x / (u - 1) with u = 1 + x, as rounded: what rounding took from u, the factor gives back (Kahan)."""
    u = w.emit("Add", x, w.array(1.0))
    rounded = w.emit("Sub", u, w.array(1.0))
    exact = w.emit("Equal", rounded, x)
    factor = w.emit("Where", exact, w.array(1.0), w.emit("Div", x, rounded))
    small = w.emit("Equal", rounded, w.array(0.0))
    return w.emit("Where", small, x, w.emit("Mul", w.emit("Log", u), factor))


def _log2(w: Writing, x: str) -> str:
    """Exact for powers of 2."""
    found = w.emit("Mul", w.emit("Log", x), w.array(1 / math.log(2)))
    whole = w.emit("Round", found)
    power = w.emit("Equal", w.emit("Pow", w.array(2.0), whole), x)
    return w.emit("Where", power, whole, found)


def _log10(w: Writing, x: str) -> str:
    return w.emit("Mul", w.emit("Log", x), w.array(1 / math.log(10)))


def _negative(w: Writing, x: str) -> str:
    """Whether a number, or a zero, has the sign minus."""
    zero = w.array(0.0)
    return w.emit("Or", w.emit("Less", x, zero), w.emit("Less", w.emit("Reciprocal", x), zero))


def _arctan2(w: Writing, a: str, b: str) -> str:
    """The arctangent of a / b, half a turn further where b is negative. Equal distances (zeros, infinities) have
    quotients of 1, -1 and 0."""
    same = w.emit("Equal", w.emit("Abs", a), w.emit("Abs", b))
    quotient = w.emit("Where", same, w.emit("Mul", w.emit("Sign", a), w.emit("Sign", b)), w.emit("Div", a, b))
    half = w.emit("Where", _negative(w, a), w.array(-math.pi), w.array(math.pi))
    turn = w.emit("Where", _negative(w, b), half, w.array(0.0))
    return w.emit("Add", w.emit("Atan", quotient), turn)


def _hypot(w: Writing, a: str, b: str) -> str:
    """The larger one times sqrt(1 + ratio * ratio)."""
    a, b = w.emit("Abs", a), w.emit("Abs", b)
    most, least = w.emit("Max", a, b), w.emit("Min", a, b)
    ratio = w.emit("Where", w.emit("Equal", least, most), w.array(1.0), w.emit("Div", least, most))
    factor = w.emit("Sqrt", w.emit("Add", w.emit("Mul", ratio, ratio), w.array(1.0)))
    return w.emit("Where", w.emit("Equal", most, w.array(0.0)), most, w.emit("Mul", most, factor))


def _logaddexp(w: Writing, a: str, b: str) -> str:
    """max(a, b) + log(1 + exp(-|a - b|)); equal infinities are not apart."""
    apart = w.emit("Where", w.emit("Equal", a, b), w.array(0.0), w.emit("Abs", w.emit("Sub", a, b)))
    return w.emit("Add", w.emit("Max", a, b), w.emit("Softplus", w.emit("Neg", apart)))


def _remainder(w: Writing, a: str, b: str) -> str:
    """C's fmod, which has the sign of a, moved by b where b has the other sign."""
    left = w.emit("Mod", a, b, fmod=1)
    zero = w.array(0.0)
    other = w.emit("Less", w.emit("Mul", w.emit("Sign", left), w.emit("Sign", b)), zero)
    return w.emit("Where", other, w.emit("Add", left, b), left)


def _sigmoid_cross_entropy(w: Writing, a: str, b: str) -> str:
    straight = w.emit("Sub", w.emit("Relu", a), w.emit("Mul", a, b))
    return w.emit("Add", straight, w.emit("Softplus", w.emit("Neg", w.emit("Abs", a))))


def _squared_deviation(w: Writing, x: str, mean: str) -> str:
    return _square(w, w.emit("Sub", x, mean))


FUNCTIONS: dict[str, Callable[..., str]] = {
    "arctan2": _arctan2,
    "expm1": _expm1,
    "hypot": _hypot,
    "log10": _log10,
    "log1p": _log1p,
    "log2": _log2,
    "logaddexp": _logaddexp,
    "remainder": _remainder,
    "rsqrt": _rsqrt,
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "square": _square,
    "squared_deviation": _squared_deviation,
}
