"""What primitives are written into: operators, constants, and where the file has the value of each node."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from planish.convert.graphs.foreign_graph import Operation
from planish.convert.onnx_writer import layouts
from planish.convert.onnx_writer.layouts import Array, Layout
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.primitives.registry import Environment, op_named

NUMPY: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "f64": np.dtype(np.float64), "i32": np.dtype(np.int32)}
TYPES = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9, "float16": 10,
    "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip
"""ONNX's numbers of element types."""

_LEAVES = ("parameter", "table", "constant")
_NEVER_CONSTANT = ("random_uniform", "batch_size", "input", "scalar")
_EXACT = 1 << 16
"""Constants of up to so many elements are computed in float64; larger ones are kernels, which are rounded once."""


class BatchCount(NamedTuple):
    """The value that has the number of images, as an int64 vector of one entry."""

    name: str


class Writing:
    """The operators so far. A value without the batch axis that depends on nothing but weights is a constant: it is
    computed here, and is in the file as far as somebody reads it."""

    def __init__(self, graph: Graph, values: Mapping[str, Array]) -> None:
        self.numbers = NUMPY[graph.numbers]
        self.operations: list[Operation] = []
        self.constants: dict[str, Array] = {}
        self.known: dict[Node, Array] = {}
        self.used_once = graph.used_once()
        self.label = ""
        self._parameters = values
        self._places: dict[Node, dict[Layout, str]] = {}
        self._natural: dict[Node, Layout] = {}
        self._truths: dict[tuple[Node, Layout], str] = {}
        self._names: set[str] = set()
        self._makers: dict[str, Operation] = {}
        self._shared: dict[tuple[Any, ...], str] = {}
        self._count: str | None = None
        self._counted = ""

    # -- names and operators -----------------------------------------------------------------------------------------

    def fresh(self, wanted: str) -> str:
        """A name that nothing has yet."""
        name, number = wanted, 0
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        self._names.add(name)
        return name

    def emit(self, kind: str, *inputs: str | None, **settings: Any) -> str:
        """One operator with one result, whose name is returned. Equal operators are written once."""
        key = (kind, inputs, tuple(sorted(settings.items())))
        if kind != "RandomUniformLike" and key in self._shared:
            return self._shared[key]
        name = self.emit_several(kind, inputs, 1, settings)[0]
        self._shared[key] = name
        return name

    def emit_several(
        self, kind: str, inputs: Sequence[str | None], count: int, settings: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """The names of all results of an operator."""
        name = self.fresh(f"{self.label}/{kind}" if self.label else kind)
        outputs = (name, *(self.fresh(f"{name}:{place}") for place in range(1, count)))
        operation = Operation(kind, tuple(inputs), outputs, dict(settings), name, kind)
        self.operations.append(operation)
        self._makers.update(dict.fromkeys(outputs, operation))
        return outputs

    def array(self, values: Any, dtype: Any = None, name: str | None = None) -> str:
        """The name of a constant, of the model's type of numbers if no other is given. `name` is that of a weight.
        Equal constants, and equal weights of one name, are in the file once."""
        array = np.ascontiguousarray(values, dtype or self.numbers).reshape(np.shape(values))
        digest = hashlib.blake2b(array.reshape(-1).view(np.uint8).data).digest()
        key = ("constant", name, array.dtype.str, array.shape, digest)
        if key not in self._shared:
            made = self.fresh(name or (f"{self.label}/constant" if self.label else "constant"))
            self.constants[made] = array
            self._shared[key] = made
        return self._shared[key]

    def integers(self, values: Sequence[int]) -> str:
        """A constant vector of int64: axes, shapes, indices."""
        return self.array(np.asarray(values, np.int64).reshape(len(values)), np.int64)

    def cast(self, name: str, dtype: Any) -> str:
        return self.emit("Cast", name, to=TYPES[np.dtype(dtype).name])

    def reshape(self, name: str, shape: Sequence[int], *, batched: bool) -> str:
        """With this shape of an image; a view of a view is one view."""
        maker = self._makers.get(name)
        if maker is not None and maker.kind == "Reshape" and maker.inputs[0] is not None:
            name = maker.inputs[0]
        target = self.integers([0, *shape] if batched else shape)
        return self.emit("Reshape", name, target)

    # -- values of nodes ---------------------------------------------------------------------------------------------

    def give(self, node: Node, name: str, layout: Layout | None = None) -> None:
        """`name` is the node's value, in that order of axes."""
        layout = layout or layouts.plain(len(node.shape))
        self._natural.setdefault(node, layout)
        self._places.setdefault(node, {})[layout] = name

    def count_images_of(self, name: str) -> None:
        """An input; the first one says how many images there are."""
        self._counted = self._counted or name

    def layout(self, node: Node) -> Layout:
        """The order in which the value was made; constants have any."""
        return self._natural.get(node, layouts.plain(len(node.shape)))

    def read(self, node: Node, layout: Layout | None = None) -> str:
        """The name of the node's value in that order of axes: planish's if none is given."""
        layout = layout or layouts.plain(len(node.shape))
        if node in self.known:
            return self.array(layout.arranged(self.known[node]), NUMPY[node.type.dtype], self.weight_name(node))
        places = self._places[node]
        if layout not in places:
            places[layout] = self._arranged(node, layout)
        return places[layout]

    def _arranged(self, node: Node, layout: Layout) -> str:
        places, natural = self._places[node], self._natural[node]
        for held, name in places.items():
            if layouts.is_a_view(held, layout, node.shape):
                return self.reshape(name, layout.stored(node.shape), batched=node.batched)
        if natural.joined is not None:
            return self._apart(node, natural)
        return self.transpose(places[natural], [natural.order.index(axis) for axis in layout.order], node)

    def _apart(self, node: Node, layout: Layout) -> str:
        """Joined axes in planish's order: taken apart, moved back, and joined again."""
        extents = layout.joined or ()
        stored = tuple(extents[axis] for axis in layout.order)
        apart = self.reshape(self._places[node][layout], stored, batched=node.batched)
        moved = self.transpose(apart, [layout.order.index(axis) for axis in range(len(extents))], node)
        return self.emit("Reshape", moved, self.integers([0, *node.shape] if node.batched else node.shape))

    def transpose(self, name: str, order: Sequence[int], node: Node) -> str:
        """Axes of an image in another order."""
        front = int(node.batched)
        moved = [axis + front for axis in order]
        return self.emit("Transpose", name, perm=(*range(front), *moved))

    def weight_name(self, node: Node) -> str | None:
        """A constant is called after the first weight that it is made of."""
        stack, seen = [node], set()
        while stack:
            each = stack.pop(0)
            if each.op == "parameter":
                return name_of(each)
            if each not in seen:
                seen.add(each)
                stack.extend(each.inputs)
        return None

    # -- element by element ------------------------------------------------------------------------------------------

    def common(self, node: Node) -> Layout:
        """The order in which the operands of an element-wise node are read: that of one which need not be moved."""
        rank = len(node.shape)
        whole = [source for source in node.inputs if source not in self.known and source.shape == node.shape]
        found = next((self.layout(source) for source in whole if not self.layout(source).plain), layouts.plain(rank))
        if found.joined is not None and any(self._lies_otherwise(source, found) for source in node.inputs):
            return layouts.plain(rank)
        return found

    def _lies_otherwise(self, source: Node, layout: Layout) -> bool:
        return source not in self.known and source.type.size != 1 and self.layout(source) != layout

    def aligned(self, source: Node, node: Node, layout: Layout) -> str:
        """An operand of an element-wise node, so that ONNX's broadcasting finds what belongs together."""
        rank = len(node.shape)
        if source in self.known:
            array = layouts.full_rank(self.known[source], rank)
            array = array.reshape(()) if array.size == 1 else layouts.trimmed(layout.arranged(array))
            return self.array(array, NUMPY[source.type.dtype], self.weight_name(source))
        if layout.joined is not None and source.shape == node.shape:
            return self.read(source, layout)
        if len(source.shape) == rank and layout.joined is None:
            return self.read(source, layout)
        name, own = self.read(source), source.shape
        full = (1,) * (rank - len(own)) + own
        return self.moved(name, full, layout, batched=source.batched, reshaped=len(own) < rank)

    def moved(self, name: str, shape: Sequence[int], layout: Layout, *, batched: bool, reshaped: bool) -> str:
        """A plain value, given this shape first, in an order of axes."""
        if layout.joined is not None:
            layout = layouts.plain(len(shape))
        if layouts.is_a_view(layouts.plain(len(shape)), layout, shape):
            stored = layout.stored(shape)
            return self.reshape(name, stored, batched=batched) if reshaped or stored != tuple(shape) else name
        if reshaped:
            name = self.reshape(name, shape, batched=batched)
        front = int(batched)
        return self.emit("Transpose", name, perm=(*range(front), *(axis + front for axis in layout.order)))

    def truth_of(self, node: Node, name: str, layout: Layout) -> None:
        """`name` has the node's truths as ONNX's type of truths; its value are numbers made of them."""
        self._truths[node, layout] = name
        self.give(node, self.cast(name, self.numbers), layout)

    def condition(self, source: Node, node: Node, layout: Layout) -> str:
        """Whether an operand is not 0, as ONNX's type of truths."""
        held = self._truths.get((source, layout)) if len(source.shape) == len(node.shape) else None
        return held or self.cast(self.aligned(source, node, layout), np.bool_)

    # -- the batch ---------------------------------------------------------------------------------------------------

    def batch(self) -> BatchCount:
        """The number of images."""
        if self._count is None:
            self._count = self.emit("Gather", self.emit("Shape", self._counted), self.integers([0]), axis=0)
        return BatchCount(self._count)

    def for_each_image(self, name: str, shape: Sequence[int]) -> str:
        """A value without the batch axis as one that has it, repeated."""
        whole = self.emit("Concat", self.batch().name, self.integers(shape), axis=0)
        return self.emit("Expand", name, whole)

    # -- constants ---------------------------------------------------------------------------------------------------

    def folded(self, node: Node) -> bool:
        """Whether the node is a constant, which is computed then."""
        if node.batched or node.op in _NEVER_CONSTANT:
            return False
        if not node.inputs and node.op not in _LEAVES:
            return False
        if not all(source in self.known for source in node.inputs):
            return False
        self.known[node] = self._computed(node)
        return True

    def _computed(self, node: Node) -> Array:
        if node.op == "parameter":
            return self._parameters[name_of(node)]
        arrays = [self.known[source] for source in node.inputs]
        environment = Environment(1, np.dtype(np.float64), {})
        with np.errstate(all="ignore"):
            found = np.asarray(op_named(node.op).reference(arrays, node, environment))
        if node.type.dtype == "i32":
            return found.astype(np.int32, copy=False)
        return found.astype(np.float64 if found.size <= _EXACT else self.numbers, copy=False)


Writer = Callable[[Writing, Node], None]


def refusal(node: Node, reason: str, remedy: str | None = None) -> ValueError:
    """The error about a primitive that ONNX cannot have."""
    return ValueError(
        explain(
            what=f"ONNX does not have what the model computes here ({node.op})",
            layer=", ".join(node.layers) or None,
            rule=reason,
            remedy=remedy,
        )
    )
