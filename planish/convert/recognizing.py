"""What several operators compute together, where ONNX or planish has one for it: so that it becomes one layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation

Array = NDArray[Any]


class Rewriting:
    """A graph that is being rewritten: who makes a value, who reads it, and what is known."""

    def __init__(self, graph: ForeignGraph) -> None:
        self.constants = graph.constants
        self.makers = {name: operation for operation in graph.operations for name in operation.outputs}
        read = [name for operation in graph.operations for name in operation.inputs if name is not None]
        self.uses = Counter([*read, *graph.outputs])

    def number(self, name: str | None) -> float | None:
        """A constant that is one number."""
        found = self.constants.get(name or "")
        return float(found.reshape(-1)[0]) if found is not None and found.size == 1 else None

    def array(self, name: str | None) -> Array | None:
        return self.constants.get(name or "")

    def maker(self, name: str | None, *kinds: str) -> Operation | None:
        """The operator of one of these kinds that makes a value."""
        found = self.makers.get(name or "")
        return found if found is not None and found.kind in kinds else None

    def only_maker(self, name: str | None, *kinds: str) -> Operation | None:
        """The same, if nobody else reads the value."""
        return self.maker(name, *kinds) if self.uses[name or ""] == 1 else None

    def with_number(self, operation: Operation | None, *kinds: str) -> tuple[str, float] | None:
        """(value, number) of an operator on a value and a number; the number may come first if the order is free."""
        if operation is None or operation.kind not in kinds or len(operation.inputs) != 2:
            return None
        first, second = operation.inputs
        if second is not None and first is not None and (number := self.number(second)) is not None:
            return first, number
        if operation.kind in ("Add", "Mul") and second is not None and (number := self.number(first)) is not None:
            return second, number
        return None


Pattern = Callable[[Rewriting, Operation], Operation | None]


def _both_ways(operation: Operation) -> Iterator[tuple[str | None, str | None]]:
    if len(operation.inputs) == 2:
        yield operation.inputs[0], operation.inputs[1]
        yield operation.inputs[1], operation.inputs[0]


def _swish(rewriting: Rewriting, operation: Operation) -> Operation | None:
    """x * sigmoid(x), x * hard_sigmoid(x), x * tanh(softplus(x))."""
    for x, gate in _both_ways(operation) if operation.kind == "Mul" else ():
        made = rewriting.only_maker(gate, "Sigmoid", "HardSigmoid", "Tanh")
        if made is None:
            continue
        if made.kind == "Tanh":
            soft = rewriting.only_maker(made.inputs[0], "Softplus")
            if soft is not None and soft.inputs[0] == x:
                return replace(operation, kind="Mish", inputs=(x,), settings={}, called="Mish")
        elif made.inputs[0] == x and made.kind == "Sigmoid":
            return replace(operation, kind="Swish", inputs=(x,), settings={}, called="Swish")
        elif made.inputs[0] == x and _is_hard(made):
            return replace(operation, kind="HardSwish", inputs=(x,), settings={}, called="HardSwish")
    return None


def _is_hard(operation: Operation) -> bool:
    alpha, beta = operation.settings.get("alpha", 0.2), operation.settings.get("beta", 0.5)
    return math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5


def _hard_gate(rewriting: Rewriting, operation: Operation) -> Operation | None:
    """clip(x + 3, 0, 6) / 6."""
    over = rewriting.with_number(operation, "Div", "Mul")
    if over is None or not math.isclose(over[1], 6 if operation.kind == "Div" else 1 / 6, rel_tol=1e-6):
        return None
    clip = rewriting.only_maker(over[0], "Clip")
    if clip is None or [rewriting.number(name) for name in clip.inputs[1:]] != [0, 6]:
        return None
    more = rewriting.with_number(rewriting.only_maker(clip.inputs[0], "Add"), "Add")
    if more is None or more[1] != 3:
        return None
    return replace(operation, kind="HardSigmoid", inputs=(more[0],), settings={"alpha": 1 / 6, "beta": 0.5}, called="")


def _gelu(rewriting: Rewriting, operation: Operation) -> Operation | None:
    """x / 2 * (1 + erf(x / sqrt(2))), in any order."""
    if operation.kind != "Mul":
        return None
    factors = [*_factors(rewriting, operation)]
    numbers = [number for _, number in factors if number is not None]
    values = [name for name, number in factors if number is None]
    if len(values) != 2 or not math.isclose(math.prod(numbers), 0.5, rel_tol=1e-5):
        return None
    for x, gate in (values, values[::-1]):
        more = rewriting.with_number(rewriting.only_maker(gate, "Add"), "Add")
        erf = rewriting.only_maker(more[0], "Erf") if more is not None and more[1] == 1 else None
        inside = rewriting.with_number(rewriting.only_maker(erf.inputs[0], "Mul", "Div"), "Mul", "Div") if erf else None
        if inside is None or erf is None or inside[0] != x:
            continue
        made = rewriting.makers[erf.inputs[0] or ""]
        if math.isclose(inside[1], math.sqrt(2 if made.kind == "Div" else 0.5), rel_tol=1e-5):
            return replace(operation, kind="Gelu", inputs=(x,), settings={}, called="Gelu")
    return None


def _factors(rewriting: Rewriting, operation: Operation, depth: int = 0) -> Iterator[tuple[str, float | None]]:
    """The values and numbers that a product consists of."""
    for name in operation.inputs:
        number = rewriting.number(name)
        inner = rewriting.only_maker(name, "Mul") if depth < 2 else None
        inner = inner if inner is not None and (depth == 0 or rewriting.with_number(inner, "Mul")) else None
        halved = rewriting.with_number(rewriting.only_maker(name, "Div"), "Div") if depth < 2 else None
        if number is not None:
            yield name or "", number
        elif (inner is not None and rewriting.with_number(inner, "Mul") is not None) or (inner and depth == 0):
            yield from _factors(rewriting, inner, depth + 1) if inner else ()
        elif halved is not None:
            yield halved[0], None
            yield "", 1 / halved[1] if halved[1] else math.nan
        else:
            yield name or "", None


def _bias(rewriting: Rewriting, operation: Operation) -> Operation | None:
    """A bias that is added to the result of a product or of a convolution without one."""
    for made_name, bias_name in _both_ways(operation) if operation.kind == "Add" else ():
        bias = rewriting.array(bias_name)
        made = rewriting.only_maker(made_name, "MatMul", "Conv")
        if bias is None or made is None or len([name for name in made.inputs if name is not None]) != 2:
            continue
        kernel = rewriting.array(made.inputs[1])
        if kernel is None or kernel.ndim < 2:
            continue
        dense = made.kind == "MatMul"
        units = kernel.shape[-1] if dense else kernel.shape[0]
        wanted = (units,) if dense else (units, *(1,) * (kernel.ndim - 2))
        if (not dense or kernel.ndim == 2) and bias.shape in (wanted, (1, *wanted)):
            return replace(made, inputs=(*made.inputs[:2], bias_name), outputs=operation.outputs)
    return None


def _layer_normalization(rewriting: Rewriting, operation: Operation) -> Operation | None:
    """(x - mean) / sqrt(mean((x - mean) ** 2) + epsilon), along the last axes."""
    if operation.kind != "Div":
        return None
    minus = rewriting.maker(operation.inputs[0], "Sub")
    root = rewriting.only_maker(operation.inputs[1], "Sqrt")
    more = rewriting.with_number(rewriting.only_maker(root.inputs[0], "Add"), "Add") if root else None
    variance = rewriting.only_maker(more[0], "ReduceMean") if more else None
    power = rewriting.with_number(rewriting.only_maker(variance.inputs[0], "Pow"), "Pow") if variance else None
    if minus is None or more is None or variance is None or power is None or power[1] != 2:
        return None
    mean = rewriting.maker(minus.inputs[1], "ReduceMean")
    squared = rewriting.maker(power[0], "Sub")
    if mean is None or mean.inputs[0] != minus.inputs[0] or squared is None or squared.inputs != minus.inputs:
        return None
    axes = [rewriting.array(each.inputs[1]) if len(each.inputs) > 1 else None for each in (mean, variance)]
    if any(array is None for array in axes) or any(each.settings.get("keepdims", 1) != 1 for each in (mean, variance)):
        return None
    numbers = [sorted(int(axis) for axis in np.reshape(array, -1)) for array in axes if array is not None]
    if numbers[0] != numbers[1] or numbers[0] != list(range(-len(numbers[0]), 0)):
        return None
    settings = {"axis": numbers[0][0], "epsilon": more[1]}
    return replace(
        operation, kind="LayerNormalization", inputs=(minus.inputs[0],), settings=settings, called="LayerNormalization"
    )


PATTERNS: tuple[Pattern, ...] = (_hard_gate, _swish, _gelu, _bias, _layer_normalization)


def recognized(graph: ForeignGraph) -> ForeignGraph:
    """The graph with one operator for each of the patterns; what nobody reads any more is left out."""
    changed = True
    while changed:
        rewriting = Rewriting(graph)
        operations, changed = [], False
        for operation in graph.operations:
            found = next((made for pattern in PATTERNS if (made := pattern(rewriting, operation))), None)
            changed = changed or found is not None
            operations.append(found or operation)
        graph = needed(replace(graph, operations=tuple(operations)))
    return graph


def needed(graph: ForeignGraph) -> ForeignGraph:
    """The graph without operators whose results lead to no output."""
    wanted = set(graph.outputs)
    kept = []
    for operation in reversed(graph.operations):
        if wanted.intersection(operation.outputs):
            kept.append(operation)
            wanted.update(name for name in operation.inputs if name is not None)
    return replace(graph, operations=tuple(reversed(kept)))
