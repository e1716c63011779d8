"""Which values lie inside of larger ones, so that joining, cutting and borders copy nothing.

What a concatenation joins is written where the whole will be, if its kernel can write pixels that are further apart
than its own channels, and if everything else that reads it can read it there. A map that gets a border is written into
the middle of it; of a map that is made of phases, each is written between the others. The part of a value that
`slice_axis` takes is read where it is, on the same condition. What cannot be done in place is copied: a value that is a
result of its own, or in two wholes; one that a kernel reads for many images at once, or through another shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from planish.codegen.kernels import kernel_for, kind_of_node
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.codegen.planning.views import is_beside, storage_root
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Node
from planish.primitives.axes import AxisSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.phases import phase_starts
from planish.primitives.rewritten.interleave2d import Interleave2DSettings
from planish.primitives.slice_axis import SliceAxisSettings
from planish.primitives.windows import Pair

WHOLES = frozenset({"concatenate", "interleave2d", "pad2d"})
_MADE_OF_PARTS = ("concatenate", "interleave2d")  # and of nothing else, as a border is
Starts = Mapping[int, int]  # axis: place along it
_NEXT: Pair = (1, 1)  # rows and columns of a whole between those of a part


@dataclass(frozen=True, slots=True)
class Layout:
    """A value inside of `whole`, which has memory of its own: its first element, and distances along its axes, in
    elements."""

    whole: Node
    offset: int
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layouts:
    """`inside` are the values that lie in others. Nobody has to compute those that are `there`: concatenations and maps
    made of phases, of such values only, and parts of others."""

    inside: Mapping[Node, Layout] = field(default_factory=dict)
    there: frozenset[Node] = frozenset()

    def whole_of(self, node: Node) -> Node:
        """The node whose memory the value is in."""
        return self.inside[node].whole if node in self.inside else node

    def spec_of(self, node: Node) -> Spec:
        """The node as its kernel sees it, with the distances between elements that something lies between."""
        if not self.touches_apart(node) and node.op not in WHOLES:
            return spec_of(node)
        inputs = tuple(self._strides_of(source) for source in node.inputs)
        in_place = frozenset(_in_place(node, self.inside) if node.op in WHOLES else ())
        return replace(spec_of(node), strides=self._strides_of(node), input_strides=inputs, in_place=in_place)

    def touches_apart(self, node: Node) -> bool:
        """Whether something lies between the elements that the node reads or makes."""
        return any(self._strides_of(storage_root(value)) is not None for value in (node, *node.inputs))

    def _strides_of(self, node: Node) -> tuple[int, ...] | None:
        layout = self.inside.get(node)
        return layout.strides if layout is not None and _is_apart(node, layout) else None


def layouts_of(graph: Graph) -> Layouts:
    """Wholes before their parts, so that a whole may lie in another one."""
    uses = _Uses(graph)
    inside: dict[Node, Layout] = {}
    wholes = [node for node in graph.nodes if node.op in WHOLES and node.batched]
    for node in reversed(wholes):
        for source, starts, steps in _parts_of(node):
            layout = _layout(node, inside, starts, steps)
            if source not in inside and uses.can_write(source, layout) and uses.can_read(source, layout):
                inside[source] = layout
    there = {node for node in wholes if node.op in _MADE_OF_PARTS and len(_in_place(node, inside)) == len(node.inputs)}
    for node in graph.nodes:
        if node.op == "slice_axis" and node.batched and node not in inside and uses.can_be_cut(node):
            settings = SliceAxisSettings.of(node)
            layout = _layout(node.inputs[0], inside, {settings.axis: settings.start})
            if uses.can_read(node, layout):
                inside[node] = layout
                there.add(node)
    return Layouts(inside, frozenset(there))


def _parts_of(node: Node) -> Iterator[tuple[Node, Starts, Pair]]:
    """What a whole is made of, where each part begins, and how far apart its rows and columns are."""
    if node.op == "pad2d":
        (top, _), (left, _) = Pad2DSettings.of(node).padding
        yield node.inputs[0], {0: top, 1: left}, _NEXT
        return
    if node.op == "interleave2d":
        yield from _phases_of(node)
        return
    axis, start = AxisSettings.of(node).axis, 0
    for source in node.inputs:
        yield source, {axis: start}, _NEXT
        start += source.shape[axis]


def _phases_of(node: Node) -> Iterator[tuple[Node, Starts, Pair]]:
    """None if some phases are zeros, which the map's own kernel writes everywhere first."""
    own = Interleave2DSettings.of(node)
    if all(own.present):
        for source, (row, column) in zip(node.inputs, phase_starts(own.extents, own.strides), strict=True):
            yield source, {0: row, 1: column}, own.strides


def _in_place(node: Node, inside: Mapping[Node, Layout]) -> list[int]:
    """The positions of the operands of a whole that lie where it has them."""
    return [
        position
        for position, (source, starts, steps) in enumerate(_parts_of(node))
        if source in inside and inside[source] == _layout(node, inside, starts, steps)
    ]


def _layout(whole: Node, inside: Mapping[Node, Layout], starts: Starts, steps: Pair = _NEXT) -> Layout:
    """Where a part of `whole` lies that begins there."""
    outer = inside.get(whole, Layout(whole, 0, tuple(strides_of(whole.shape))))
    first = sum(start * outer.strides[axis] for axis, start in starts.items())
    strides = outer.strides
    if steps != _NEXT:
        strides = (strides[0] * steps[0], strides[1] * steps[1], *strides[2:])
    return Layout(outer.whole, outer.offset + first, strides)


def _is_apart(part: Node, layout: Layout) -> bool:
    """Whether something lies between the elements; axes of one element have no neighbours."""
    pairs = zip(part.shape, layout.strides, strides_of(part.shape), strict=True)
    return any(there != own for extent, there, own in pairs if extent > 1)


class _Uses:
    """Who makes and reads each value, and how."""

    def __init__(self, graph: Graph) -> None:
        self._results = {storage_root(node) for node in graph.roots}
        self._beside = {storage_root(node.inputs[0]) for node in graph.nodes if is_beside(node)}
        self._readers: dict[Node, list[tuple[Node, int]]] = {node: [] for node in graph.nodes}
        self._viewed: set[Node] = set()
        for node in graph.nodes:
            for position, source in enumerate(node.inputs):
                root = storage_root(source)
                self._readers[root].append((node, position))
                if root is not source:
                    self._viewed.add(root)

    def can_write(self, part: Node, layout: Layout) -> bool:
        """Whether its kernel can make the value there."""
        if part.op in (*LEAVES, "reshape", "slice_axis") or part in self._results or kind_of_node(part) != "image":
            return False
        return not _is_apart(part, layout) or (kernel_for(spec_of(part)).writes_apart and part not in self._beside)

    def can_be_cut(self, part: Node) -> bool:
        """Whether the value is a part of one that a kernel made."""
        (source,) = part.inputs
        return source.op not in (*LEAVES, "reshape") and part not in self._results

    def can_read(self, part: Node, layout: Layout) -> bool:
        """Whether everything that reads the value, image by image, can read it there."""
        if not _is_apart(part, layout):
            return all(self._reads_images(reader) for reader, _ in self._readers[part])
        if part in self._viewed or part.shape[-1] == 1:  # vectors run along the last axis
            return False
        return all(
            self._reads_images(reader) and position in kernel_for(spec_of(reader)).reads_apart(spec_of(reader))
            for reader, position in self._readers[part]
        )

    def _reads_images(self, reader: Node) -> bool:
        return reader.op == "reshape" or (reader.batched and kind_of_node(reader) == "image")
