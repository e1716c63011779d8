"""The elementary functions of a program, by name: those for vectors of its own numbers."""

from __future__ import annotations

from collections.abc import Callable

from planish.codegen.llvm import (
    double_angles,
    double_basics,
    double_exponentials,
    double_hyperbolics,
    double_remainder,
    hyperbolics,
    remainder,
    trigonometry,
    vector_math,
)
from planish.codegen.llvm.element_type import F32, F64
from planish.codegen.llvm.function import Function, Value

_MODULES = {
    F32: (vector_math, trigonometry, hyperbolics, remainder),
    F64: (double_exponentials, double_angles, double_hyperbolics, double_remainder, double_basics),
}
NAMES = (
    "floor", "rint", "exp", "expm1", "log", "log1p", "log2", "log10", "tanh", "sigmoid", "erf", "softplus", "sin",
    "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arccosh", "arctanh",
)  # fmt: skip
NAMES_OF_TWO = ("power", "sigmoid_cross_entropy", "arctan2", "hypot", "logaddexp", "remainder")


def _found(name: str, modules: tuple[object, ...]) -> Callable[..., Value]:
    emit: Callable[..., Value] = next(vars(module)[name] for module in modules if name in vars(module))
    return emit


_EMITTERS = {
    floats: {name: _found(name, modules) for name in (*NAMES, *NAMES_OF_TWO)} for floats, modules in _MODULES.items()
}


def applied(f: Function, name: str, *arguments: Value) -> Value:
    """The function of one number, or of two, of each lane."""
    return _EMITTERS[f.floats][name](f, *arguments)
