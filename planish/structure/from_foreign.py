"""A network of another library, in ONNX's words, as a chain of mirrored layers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from planish import primitives
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base.image import Padding
from planish.layers.base.layer import Layer, Shape
from planish.structure.blocks import Block, Combine, Part, added, as_chain, joined_along
from planish.structure.mirrored_maps import AdaptivePool, Convolution, Padded, Pool
from planish.structure.mirrored_rows import Averaged, Joined, Normalized, Pointwise, Product, Reshaped, SoftmaxAlong

_POINTWISE = frozenset(
    {"Abs", "Celu", "Ceil", "Clip", "Cos", "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish"}
    | {"Identity", "LeakyRelu", "Log", "Mish", "Neg", "PRelu", "Reciprocal", "Relu", "Round", "Selu", "Shrink"}
    | {"Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Tanh", "ThresholdedRelu"}
)
_COMBINED = frozenset(
    {"Add", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mul", "Pow"}
    | {"Sub", "Sum", "Where"}
)
_REDUCED = frozenset(
    {"ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"}
)
_NO_BORDER = (0, 0, 0, 0)


def layers_of(graph: ForeignGraph) -> list[Layer]:
    """What the network does to one image [channels, height, width], step by step.

    Branches that meet again become one layer. ValueError for what cannot be followed, and for operators without a
    counterpart.
    """
    for what, names in (("input", [port.name for port in graph.inputs]), ("output", graph.outputs)):
        if len(names) != 1:
            raise _no_chain(graph, f"{len(names)} {what}s: " + ", ".join(map(repr, names)))
    if graph.outputs == (graph.inputs[0].name,):
        return []
    return as_chain(graph.inputs[0].name, [*_Mirror(graph).parts()])


def _no_chain(graph: ForeignGraph, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{graph.name} cannot be followed",
            rule=f"planish follows networks of {graph.library} with one input, one output, and layers in between",
            received=received,
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


class _Mirror:
    """Makes the parts of one graph."""

    def __init__(self, graph: ForeignGraph) -> None:
        self.graph = graph

    def parts(self) -> list[Part]:
        """A part for each call that the user knows, which may be several operators."""
        groups = itertools.groupby(self.graph.operations, lambda each: each.name or each.outputs[0])
        return [part for name, group in groups for part in self._call(name, [*group])]

    def _call(self, name: str, operations: list[Operation]) -> list[Part]:
        inner = {output for each in operations for output in each.outputs}
        outer = dict.fromkeys(value for each in operations for value in self._values(each) if value not in inner)
        last = operations[-1]
        kind = last.called or last.kind
        result = last.outputs[0]
        layer = self._whole(name, operations)
        if layer is None and len(operations) > 1 and len(outer) == 1:
            start = next(iter(outer))
            layer = Block(kind, name, start=start, parts=[part for each in operations for part in self._single(each)])
        if layer is not None:
            return [Part(kind, result, tuple(outer), layer)]
        return [part for each in operations for part in self._single(each, name if each is last else None)]

    def _values(self, operation: Operation) -> list[str]:
        """Its inputs that depend on the image."""
        return [name for name in operation.inputs if name is not None and name not in self.graph.constants]

    def _whole(self, name: str, operations: list[Operation]) -> Layer | None:
        """Several operators that are one layer of their library."""
        first, *rest = operations
        kinds = [each.kind for each in operations]
        if kinds == ["MatMul", "Add"]:
            return self._product(first, name, first.called, bias=True)
        if rest and all(kind in _POINTWISE | _COMBINED for kind in kinds):
            outer = {value for each in operations for value in self._values(each)}
            outer -= {output for each in operations for output in each.outputs}
            return Pointwise(first.called, name) if len(outer) == 1 else None
        return None

    def _single(self, operation: Operation, name: str | None = None) -> list[Part]:
        kind, called = operation.called or operation.kind, name or operation.name or operation.outputs[0]
        values = self._values(operation)
        layer, combine = None, self._combination(operation, values)
        if combine is None:
            layer = self._layer(operation, called, kind)
        return [Part(kind, operation.outputs[0], tuple(values), layer, combine)]

    def _combination(self, operation: Operation, values: Sequence[str]) -> Combine | None:
        if operation.kind == "Concat":
            return joined_along(operation.settings["axis"])
        return added if operation.kind in _COMBINED and len(values) > 1 else None

    def _layer(self, operation: Operation, name: str, called: str) -> Layer:
        kind = operation.kind
        if kind in _POINTWISE or kind in _COMBINED:
            slopes = self._shape(operation, 1) if kind == "PRelu" else None
            return Pointwise(called, name, weights=[] if slopes is None else [(math.prod(slopes),)])
        if kind in _REDUCED:
            axes, keepdims = self._integers(operation, 1), operation.settings.get("keepdims", 1)
            return Averaged(called, name, axes=axes, keepdims=bool(keepdims))
        maker = _MAKERS.get(kind)
        if maker is None or (kind in _MAPS and len(operation.settings.get("kernel_shape", (1, 1))) != 2):
            raise self._unknown(operation, name, called)
        return maker(self, operation, name, called)

    def _unknown(self, operation: Operation, name: str, called: str) -> ValueError:
        return ValueError(
            explain(
                layer=f"{called} '{name}'",
                what="planish cannot tell the shapes of this layer before the network is converted",
                received=operation.kind,
                remedy="planish.shapes(planish.convert.from_torch(module, input_shape))"
                if self.graph.library == "PyTorch"
                else "planish.shapes(planish.load_onnx(path))",
            )
        )

    # -- constants ---------------------------------------------------------------------------------------------------

    def _shape(self, operation: Operation, place: int) -> tuple[int, ...] | None:
        """The shape of an input that is a constant."""
        name = operation.inputs[place] if place < len(operation.inputs) else None
        return None if name is None or name not in self.graph.constants else self.graph.constants[name].shape

    def _integers(self, operation: Operation, place: int) -> tuple[int, ...]:
        name = operation.inputs[place] if place < len(operation.inputs) else None
        if name is None or name not in self.graph.constants:
            return ()
        return tuple(int(number) for number in self.graph.constants[name].reshape(-1))

    # -- layers ------------------------------------------------------------------------------------------------------

    def _convolution(self, operation: Operation, name: str, called: str) -> Layer:
        shape, settings = self._shape(operation, 1), operation.settings
        if shape is None:
            raise self._unknown(operation, name, called)
        groups = settings.get("group", 1)
        lazy = len(shape) < 4
        return Convolution(
            called,
            name,
            channels=None if lazy else shape[1] * groups,
            filters=settings["filters"] if lazy else shape[0],
            kernel_size=tuple(settings.get("kernel_shape", shape[2:])),
            strides=tuple(settings.get("strides", (1, 1))),
            padding=_borders(settings.get("pads", _NO_BORDER)),
            dilation=tuple(settings.get("dilations", (1, 1))),
            groups=groups,
            bias=len(operation.inputs) > 2,
        )

    def _gemm(self, operation: Operation, name: str, called: str) -> Layer:
        return self._product(operation, name, called, bias=len(operation.inputs) > 2)

    def _matmul(self, operation: Operation, name: str, called: str) -> Layer:
        return self._product(operation, name, called, bias=False)

    def _product(self, operation: Operation, name: str, called: str, *, bias: bool) -> Layer:
        shape = self._shape(operation, 1)
        if shape is None:
            raise self._unknown(operation, name, called)
        if len(shape) < 2:  # of a lazy module
            return Product(called, name, features=None, units=operation.settings["units"], bias=bias)
        features, units = shape[::-1] if operation.settings.get("transB") else shape
        return Product(called, name, features=features, units=units, bias=bias)

    def _pool(self, operation: Operation, name: str, called: str) -> Layer:
        settings = operation.settings
        if tuple(settings.get("dilations", (1, 1))) != (1, 1):
            raise ValueError(
                explain(
                    layer=f"{called} '{name}'",
                    what="dilation is not supported here",
                    expected=1,
                    received=settings["dilations"],
                )
            )
        padding = _borders(settings.get("pads", _NO_BORDER))
        if any(before != behind for before, behind in padding):
            raise self._unknown(operation, name, called)
        window = tuple(settings["kernel_shape"])
        return Pool(
            called,
            name,
            pool=_pooling(operation.kind),
            window=window,
            strides=tuple(settings.get("strides", (1, 1))),
            padding=(padding[0][0], padding[1][0]),
            ceil=bool(settings.get("ceil_mode", 0)),
        )

    def _whole_map(self, operation: Operation, name: str, called: str) -> Layer:
        return AdaptivePool(called, name, pool=_pooling(operation.kind), size=(1, 1))

    def _adaptive(self, operation: Operation, name: str, called: str) -> Layer:
        size = operation.settings["output_size"]
        if len(size) != 2:
            raise self._unknown(operation, name, called)
        return AdaptivePool(called, name, pool=_pooling(operation.kind), size=size)

    def _batch_normalization(self, operation: Operation, name: str, called: str) -> Layer:
        mean, scale = self._shape(operation, 3), self._shape(operation, 1)
        channels = mean[0] if mean and mean[0] else None
        weights = [(channels,), (channels,)] if scale is not None and channels else []
        return Pointwise(called, name, weights=weights, channels=channels)

    def _normalized(self, operation: Operation, name: str, called: str) -> Layer:
        kind = operation.kind
        first = {"InstanceNormalization": 2, "LayerNormalization": operation.settings.get("axis", -1)}.get(kind, 1)
        return Normalized(called, name, first=first, weights=self._weights(operation))

    def _weights(self, operation: Operation) -> list[Shape]:
        shapes = (self._shape(operation, place) for place in (1, 2))
        return [shape for shape in shapes if shape is not None]

    def _joined(self, operation: Operation, name: str, called: str) -> Layer:
        if operation.settings.get("axis", 1) != 1:
            raise self._unknown(operation, name, called)
        return Joined(called, name)

    def _reshaped(self, operation: Operation, name: str, called: str) -> Layer:
        extents = self._integers(operation, 1)
        if len(extents) == 2:
            return Joined(called, name)
        if len(extents) < 2:
            raise self._unknown(operation, name, called)
        return Reshaped(called, name, shape_for=lambda shape: _completed(shape, extents[1:]))

    def _unflattened(self, operation: Operation, name: str, called: str) -> Layer:
        axis, sizes = operation.settings["axis"], operation.settings["sizes"]

        def split(shape: Shape) -> Shape:
            place = axis % (len(shape) + 1) - 1
            return (*shape[:place], *_completed((shape[place],), sizes), *shape[place + 1 :])

        return Reshaped(called, name, shape_for=split)

    def _partly_joined(self, operation: Operation, name: str, called: str) -> Layer:
        start, end = operation.settings["start"], operation.settings["end"]

        def joined(shape: Shape) -> Shape:
            first, last = start % (len(shape) + 1) - 1, end % (len(shape) + 1) - 1
            return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

        return Reshaped(called, name, shape_for=joined)

    def _softmax(self, operation: Operation, name: str, called: str) -> Layer:
        return SoftmaxAlong(called, name, axis=operation.settings.get("axis", -1))

    def _padded(self, operation: Operation, name: str, called: str) -> Layer:
        pads, axes = self._integers(operation, 1), self._integers(operation, 3)
        half = len(pads) // 2
        sides = dict(zip(axes or range(-half, 0), zip(pads[:half], pads[half:], strict=True), strict=True))
        borders = sides.get(-2, sides.get(2, (0, 0))), sides.get(-1, sides.get(3, (0, 0)))
        if min(pads, default=0) < 0 or sum(pads) != sum(map(sum, borders)):
            raise ValueError(
                explain(
                    layer=f"{called} '{name}'",
                    what="padding is not supported here",
                    expected="0 or more, of rows and columns",
                    received=tuple(pads),
                )
            )
        return Padded(called, name, padding=borders)


Maker = Callable[[_Mirror, Operation, str, str], Layer]

_MAPS = frozenset({"Conv", "MaxPool", "AveragePool"})
_MAKERS: dict[str, Maker] = {
    "Conv": _Mirror._convolution,
    "Gemm": _Mirror._gemm,
    "MatMul": _Mirror._matmul,
    "MaxPool": _Mirror._pool,
    "AveragePool": _Mirror._pool,
    "GlobalAveragePool": _Mirror._whole_map,
    "GlobalMaxPool": _Mirror._whole_map,
    "AdaptiveAveragePool": _Mirror._adaptive,
    "AdaptiveMaxPool": _Mirror._adaptive,
    "BatchNormalization": _Mirror._batch_normalization,
    "InstanceNormalization": _Mirror._normalized,
    "GroupNormalization": _Mirror._normalized,
    "LayerNormalization": _Mirror._normalized,
    "Flatten": _Mirror._joined,
    "Reshape": _Mirror._reshaped,
    "Unflatten": _Mirror._unflattened,
    "FlattenAxes": _Mirror._partly_joined,
    "Softmax": _Mirror._softmax,
    "LogSoftmax": _Mirror._softmax,
    "Pad": _Mirror._padded,
}


def _pooling(kind: str) -> Callable[..., Node]:
    return primitives.max_pool2d if "Max" in kind else primitives.average_pool2d


def _borders(pads: Any) -> Padding:
    top, left, bottom, right = pads
    return (top, bottom), (left, right)


def _completed(shape: Shape, extents: Sequence[int]) -> Shape:
    """`extents` with the number for -1 that the others leave; 0 is the extent that there was."""
    known = [shape[place] if extent == 0 else extent for place, extent in enumerate(extents)]
    rest = math.prod(shape) // abs(math.prod(known))
    return tuple(rest if extent == -1 else extent for extent in known)
