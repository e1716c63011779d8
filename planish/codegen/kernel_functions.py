"""The functions of a program's kernels: one for all nodes that are alike, and the calls of it.

A kernel's function has the parameters that its code uses, of all those that kernels are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planish.codegen.kernel_calls import Covered
from planish.codegen.kernels import kernel_for
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.module import Module
from planish.codegen.pieces.kernel import Operands, Spec
from planish.codegen.planning.layouts import Layouts
from planish.graph.node import Node
from planish.primitives.rewritten.fused import base_of
from planish.primitives.rewritten.places_beside import PlacesBesideSettings

_TOLD = (
    "ptr nocapture %y", "ptr nocapture %beside", "ptr nocapture %scratch", "i64 %image", "i64 %count", "i64 %item",
    "i64 %before", "i64 %turn", "ptr nocapture readonly %order", "i64 %left", "ptr nocapture %alarm",
)  # fmt: skip
_GRAINS = ("%from", "%to")


class KernelFunctions:
    """`grains`: how many the nodes have whose kernels are called for some of them; `beside`: the nodes that kernels of
    others compute beside their results."""

    def __init__(
        self, module: Module, layouts: Layouts, grains: Mapping[Node, int], beside: Mapping[Node, Node]
    ) -> None:
        self._module, self._layouts, self._grains, self._beside = module, layouts, grains, beside
        self._by_spec: dict[tuple[object, ...], Function] = {}
        self._by_node: dict[Node, Function] = {}

    def write(self, nodes: Iterable[Node]) -> None:
        """Those of an operation are a chapter: only they are alike, so LLVM need not wait for the others.

        Short chapters come first, so that it has something to do while the long ones are being written.
        """
        chapters: dict[str, list[Node]] = {}
        for node in nodes:
            chapters.setdefault(base_of(node), []).append(node)
        for chapter in sorted(chapters.values(), key=len):
            for node in chapter:
                self._write(node)
            self._module.end_chapter()

    def _write(self, node: Node) -> None:
        """Writes the function of a node's kernel, unless another node has the same."""
        spec = self._layouts.spec_of(node)
        second = self._beside.get(node)
        gated = None if second is None else PlacesBesideSettings.of(second).gated
        in_grains = node in self._grains
        text = str(spec.settings), str(spec.expression)  # 0.0 and -0.0 are equal, but not the same
        key = spec, text, gated, in_grains
        if key not in self._by_spec:
            name = f"k{len(self._by_node)}_{spec.op}"
            self._by_spec[key] = self._written(name, spec, gated, in_grains)
        self._by_node[node] = self._by_spec[key]

    def _written(self, name: str, spec: Spec, gated: bool | None, in_grains: bool) -> Function:
        """`gated` is None if it gives no places beside its result."""
        inputs = tuple(f"%x{position}" for position in range(len(spec.inputs)))
        extra = tuple(f"%e{position}" for position in range(len(spec.extra)))
        parameters = [f"ptr nocapture readonly {pointer}" for pointer in (*inputs, *extra)]
        parameters += [*_TOLD, *(f"i64 {grain}" for grain in _GRAINS if in_grains)]
        beside, grains = None if gated is None else "%beside", _GRAINS if in_grains else None
        operands = Operands(inputs, "%y", "%scratch", extra, beside=beside, gated=bool(gated), grains=grains)
        with self._module.function(name, parameters, shared=True, sparing=True) as f:
            kernel_for(spec).emit(f, spec, operands)
        return f

    def call(
        self,
        f: Function,
        node: Node,
        pointers: Mapping[Node, Pointer],
        output: Pointer,
        covered: Covered,
        work: Index,
    ) -> None:
        """`work`: how many bytes behind the beginning of the thread's memory the kernel's own begins."""
        function = self._by_node[node]
        told = (
            *(("ptr", pointers[source]) for source in node.inputs),
            ("ptr", output),
            ("ptr", covered.beside),
            ("ptr", f.offset("%scratch", work) if "%scratch" in function.parameters else "null"),
            ("i64", covered.image),
            ("i64", covered.count),
            ("i64", covered.item),
            ("i64", "%before"),
            ("i64", "%turn"),
            ("ptr", covered.order),
            ("i64", covered.left),
            ("ptr", covered.alarm),
            *(("i64", grain) for grain in covered.grains or (0, self._grains.get(node, 0))),
        )
        names = [*function.given[: len(node.inputs)], *(name.rsplit(" ", 1)[1] for name in _TOLD), *_GRAINS]
        values = dict(zip(names, told, strict=True))
        f.call(function.name, *(values[name] for name in function.parameters))
