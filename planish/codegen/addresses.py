"""Where a program's functions find values: in the user's arrays, in the arena, in a thread's scratch memory."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from planish.codegen.kernels import run_of_item
from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.module import Module
from planish.codegen.pieces.user_elements import element_nbytes
from planish.codegen.planning.plan import Request
from planish.codegen.planning.storage import Place, Storage, nbytes_of
from planish.codegen.planning.views import storage_root
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.primitives.leaves import ConstantSettings
from planish.primitives.table import TableSettings
from planish_runtime import context_layout as layout


class Addresses:
    """Those of the values that one storage has places for; `slots` are those of the arguments in the context."""

    def __init__(self, module: Module, storage: Storage, slots: Mapping[str, int], request: Request) -> None:
        self._module, self._storage, self._slot = module, storage, slots
        self._dtypes, self._training = request.input_dtypes, request.training
        self._begins: Mapping[Node, Pointer] = {}

    def with_bands(self, begins: Mapping[Node, Pointer]) -> Addresses:
        """The same where these maps begin there, of which only bands are held."""
        same = copy.copy(self)
        same._begins = begins
        return same

    def base(self, f: Function, place: Place) -> Pointer:
        if place.area == "argument":
            return f.load_pointer("%context", 8 * self._slot[place.name])
        if place.area == "arena":
            return f.offset(f.load_pointer("%context", 8 * layout.ARENA_SLOT), place.offset)
        return f.offset("%scratch", place.offset)

    def address(self, f: Function, node: Node, image: Index | None = None, in_block: Index | None = None) -> Pointer:
        """Where the value of `node` is.

        That of one image if `image` (and its position in the block) is given, else of the first of all.
        """
        root = storage_root(node)
        if root in self._begins:
            return self._begins[root]
        if root.op == "constant":
            return f.stack_float(f.float_constant(ConstantSettings.of(root).value))
        if root.op in ("batch_size", "share_size"):
            images = "%total" if root.op == "batch_size" else "%count"
            return f.stack_float(f.let(f"uitofp i64 {images} to {f.floats.llvm}"))
        if root.op == "table":
            return self._module.data(TableSettings.of(root).numbers.data)
        if root in self._storage.layouts.inside:
            layout = self._storage.layouts.inside[root]
            return f.offset(self.address(f, layout.whole, image, in_block), f.floats.nbytes * layout.offset)
        place = self._storage.places[root]
        base = self.base(f, place)
        if place.span == "step":
            return f.offset(base, f.multiply("%step", nbytes_of(root)))
        if place.span in ("none", "image", "item"):
            return base
        if place.span == "slot":
            return f.offset(base, f.multiply(image or 0, self._storage.slot_nbytes))
        if place.span == "row":
            return self._row_address(f, root, base, image if image is not None else 0)
        index = in_block if place.span == "block" else image
        return base if index is None else f.offset(base, f.multiply(index, nbytes_of(root)))

    def _row_address(self, f: Function, root: Node, base: Pointer, image: Index) -> Pointer:
        position = f.add("%start", image)
        if root.op != "input":
            return f.offset(base, f.multiply(position, nbytes_of(root)))
        nbytes = self.row_nbytes(root)
        if self._training:
            order = f.load_pointer("%context", 8 * layout.ORDER_SLOT)
            position = f.load_integer(order, f.multiply(position, 8))
        return f.offset(base, f.multiply(position, nbytes))

    def row_nbytes(self, root: Node) -> int:
        """Of an image in the user's array."""
        return element_nbytes(self._dtypes[name_of(root)]) * root.type.size

    def item_address(self, f: Function, node: Node, item: Index) -> Pointer:
        """Where the value is, or would be if more than that item of it were kept."""
        address = self.address(f, node)
        if node not in self._storage.places or self._storage.places[node].span != "item":
            return address
        before = f.multiply(item, -element_type(node.type.dtype).nbytes * (run_of_item(node, self._module.target) or 0))
        return f.let(f"getelementptr i8, ptr {address}, i64 {before}")
