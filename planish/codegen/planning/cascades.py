"""Which convolutions are computed together, band of rows by band of rows, so that no map between them leaves the cache.

A convolution of each channel by itself does little with what it reads. Between the convolution that makes its map (the
*producer*) and the one of single pixels behind it (the *consumer*), maps of several megabytes would go to the third
level of the cache, or to memory, and come back. In a cascade there is only a band of each at a time: the rows that some
grains of the convolution in the middle need, and those that they give.

It costs something. The rows that two bands need are moved to the front, or computed by two threads where an image is
cut, and the weights are read once more for every band. So maps that are only a little larger than the second level of
the cache stay whole (MobileNetV2 at 96 pixels is not faster with bands), and so do those between large matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import accumulate

from planish.codegen.kernels import conv2d_depthwise, kernel_for
from planish.codegen.kernels.conv2d_panels import is_cut_by_panel
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.codegen.planning.layouts import Layouts
from planish.codegen.planning.views import readers_of, storage_root
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.rewritten.conv2d_depthwise import Conv2DDepthwiseSettings
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.fused import base_of

BAND_NBYTES = 3 * 2**17  # of the maps of a band: most of the second level of the cache
FEWEST_NBYTES = 3 * 2**20  # of maps that bands take the place of: less is not worth the trouble, measured
AGAIN = 3  # bytes of maps that are not worth reading a byte of weights again


@dataclass(frozen=True, slots=True)
class Cascade:
    """A convolution of each channel by itself, with the one that makes its map (and the border around that), or the one
    of single pixels that alone reads what it gives, or both.

    `grains`: of the convolution in the middle, in each band. `held`: the bytes that there are at a time of each map
    between. `kept`: rows of its map that the next band reads again.
    """

    producer: Node | None
    border: Node | None
    depthwise: Node
    consumer: Node | None
    grains: int
    held: Mapping[Node, int]
    kept: int

    @property
    def nodes(self) -> list[Node]:
        return [node for node in (self.producer, self.border, self.depthwise, self.consumer) if node is not None]

    @property
    def between_nbytes(self) -> int:
        """Of the maps that bands take the place of."""
        return sum(map(nbytes_of, self.held))


def nbytes_of(node: Node) -> int:
    return spec_of(node).floats.nbytes * node.type.size


def cascades_of(graph: Graph, layouts: Layouts, target: Target) -> list[Cascade]:
    """Those that pay, in the order of the graph."""
    large = [node for node in graph.nodes if base_of(node) == "conv2d_depthwise" and _is_large(node)]
    if not large:
        return []
    finder = _Finder(graph, layouts)
    found: list[Cascade] = []
    taken: set[Node] = set()
    for node in large:
        possible = [made for nodes in finder.around(node, taken) if (made := cascade(*nodes, target))]
        best = max(possible, key=lambda each: gain(each, target), default=None)
        if best is not None and gain(best, target) > 0:
            found.append(best)
            taken.update(best.nodes)
    return found


def _is_large(node: Node) -> bool:
    return node.batched and nbytes_of(node) + nbytes_of(node.inputs[0]) >= FEWEST_NBYTES


def cascade(
    producer: Node | None, border: Node | None, depthwise: Node, consumer: Node | None, target: Target
) -> Cascade | None:
    """With as many rows in a band as there is room for; None if there is no room for one grain."""
    spec, source = spec_of(depthwise), depthwise.inputs[0]
    settings = Conv2DDepthwiseSettings.of(spec)
    stride, reach = settings.strides[0], (spec.inputs[1].shape[0] - 1) * settings.dilation[0] + 1
    found = None
    most_rows = accumulate(conv2d_depthwise.rows_of_grains(spec, target))
    for grains, rows in enumerate(most_rows, 1):
        held: dict[Node, int] = {}
        if producer is not None:
            held[source] = nbytes_of(source) // source.shape[0] * ((rows - 1) * stride + reach)
        if consumer is not None:
            held[depthwise] = nbytes_of(depthwise) // depthwise.shape[0] * rows
        if sum(held.values()) > BAND_NBYTES:
            break
        found = Cascade(producer, border, depthwise, consumer, grains, held, max(0, reach - stride))
    return found


def gain(each: Cascade, target: Target) -> float:
    """Bytes that need not leave the second level of the cache, less what is read or moved there once more; not above 0
    if bands do not pay."""
    if each.between_nbytes < FEWEST_NBYTES:
        return 0
    spec, source = spec_of(each.depthwise), each.depthwise.inputs[0]
    bands = -(-kernel_for(spec).grains(spec, target) // each.grains)
    weights = sum(nbytes_of(node.inputs[1]) for node in (each.producer, each.consumer) if node is not None)
    moved = each.kept * nbytes_of(source) // source.shape[0] if each.producer is not None else 0
    return each.between_nbytes - (bands - 1) * (AGAIN * weights + moved)


class _Finder:
    """What surrounds a convolution of each channel by itself."""

    def __init__(self, graph: Graph, layouts: Layouts) -> None:
        self._layouts, self._readers = layouts, readers_of(graph)
        self._results = {storage_root(node) for node in graph.roots}

    def around(self, node: Node, taken: Set[Node]) -> Iterator[tuple[Node | None, Node | None, Node, Node | None]]:
        """Producer, border and consumer, then without the one or the other, if they can be in a cascade with it."""
        producer, border = self._before(node)
        consumer = self._behind(node)
        if producer in taken:
            producer = border = None
        if producer is not None and consumer is not None:
            yield producer, border, node, consumer
        if producer is not None:
            yield producer, border, node, None
        if consumer is not None:
            yield None, None, node, consumer

    def _before(self, node: Node) -> tuple[Node | None, Node | None]:
        """What makes its map, and the border that is put around that where it is."""
        source = node.inputs[0]
        border = source if source.op == "pad2d" else None
        producer = source if border is None else border.inputs[0]
        whole = self._layouts.whole_of(producer)
        fits = (
            whole is source
            and self._is_between(source, node)
            and self._is_between(producer, node if border is None else border)
        )
        return (producer, border) if fits and _has_rows(producer) else (None, None)

    def _behind(self, node: Node) -> Node | None:
        readers = self._readers[node]
        if not readers or not self._is_between(node, readers[0]) or self._layouts.whole_of(node) is not node:
            return None
        (reader,) = readers
        fits = reader.inputs[0] is node and _has_rows(reader) and _sees_single_pixels(spec_of(reader))
        return reader if fits else None

    def _is_between(self, node: Node, reader: Node) -> bool:
        """Whether nothing else reads the value."""
        return node.batched and node not in self._results and self._readers[node] == [reader]


def _has_rows(node: Node) -> bool:
    """Whether it is a direct convolution whose grains are the rows of its map."""
    spec = spec_of(node)
    return spec.op == "conv2d_panels" and not is_cut_by_panel(spec)


def _sees_single_pixels(spec: Spec) -> bool:
    settings = Conv2DPanelsSettings.of(spec)
    return (settings.kernel_shape[:2], settings.strides, settings.window) == ((1, 1), (1, 1), (1, 1))
