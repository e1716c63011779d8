"""A whole program: kernels, stages that call them, and the entry points that the runtime calls.

Layers that are alike share the functions of their kernels, so that a deep network's code grows by its calls.

All functions of a program find the user's arrays through a context: an array of 8-byte slots, one pointer per argument
(see `Program.arguments`), behind the header slots. A stage covers a range of work that any thread may take:

    stage(context, scratch, first, last, start, count, step, before, total, turn)
        images: images first .. last - 1 of the slice;   parts: parts first .. last - 1
        start, count: position of the slice in the visiting order, and images in it;   step: number of the training step
        before, total: images of the batch before the slice, and in all; turn: the number of the slice. Without slices,
            the batch is the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from planish.codegen import few_images, preparing, steps
from planish.codegen.addresses import Addresses
from planish.codegen.banding import over_bands
from planish.codegen.drawing import MANY
from planish.codegen.emitted import Program
from planish.codegen.fetching import fetch_ahead
from planish.codegen.kernel_calls import Covered, parameters_of, sources_of
from planish.codegen.kernel_functions import KernelFunctions
from planish.codegen.kernels import items_of, kernel_for, kind_of_node, run_of_item, scratch_nbytes_of
from planish.codegen.kernels.elementwise import emit_together
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.module import Module
from planish.codegen.pieces.items import ITEM_ELEMENTS
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.planning.cascades import Cascade
from planish.codegen.planning.cutting import MOST_IMAGES, CutSchedule
from planish.codegen.planning.plan import Plan, Request
from planish.codegen.planning.schedule import Stage, Unit
from planish.codegen.planning.shipped import packed_nbytes, read_arguments
from planish.codegen.planning.slicing import is_sum
from planish.codegen.planning.storage import item_nbytes, rounded
from planish.codegen.planning.views import is_beside, readers_of, storage_root
from planish.codegen.shared_batches import ItemOfTotal, emit_exchange, part_of_block
from planish.codegen.small_values import emit_group, groups_of
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish_runtime import context_layout as layout


class Emitter:
    """Writes the functions of one program."""

    def __init__(self, plan: Plan, request: Request, ready: Callable[[str], object] | None = None) -> None:
        self.graph, self.stages, self.storage, self.slices = plan.graph, plan.stages, plan.storage, plan.slices
        self.target, self.block = plan.target, plan.block
        self.input_dtypes, self.training = request.input_dtypes, request.training
        self.module = Module(plan.target, ready)
        names = sorted({place.name for place in plan.storage.places.values() if place.area == "argument"})
        self.arguments = tuple(names)
        self._slots = {name: layout.HEADER_SLOTS + position for position, name in enumerate(names)}
        self._where = Addresses(self.module, plan.storage, self._slots, request)
        self._request, self._blocks = request, plan.blocks
        self._groups = 0
        self._items: dict[Node, int] = {}
        self._readers = readers_of(plan.graph)
        self._cut = plan.cut
        self._prepares_together = not request.training and not request.shipped and preparing.is_much(plan.stages)
        self._in_bands = _by_first(plan.stages)
        self._grains = self._counted_grains()
        self._beside = {storage_root(node.inputs[0]): node for node in plan.graph.nodes if is_beside(node)}
        self._kernels = KernelFunctions(self.module, plan.storage.layouts, self._grains, self._beside)

    def program(self, more: Callable[[Module, Program], None] | None = None) -> Program:
        """`more` writes further entry points."""
        self._kernels.write(node for stage in self.stages for node in self._alone(stage))
        for number, stage in enumerate(self.stages):
            if stage.batched:
                self._emit_images_stage(number, stage)
            elif stage.exchanges:
                with self._stage_function(number) as f:
                    emit_exchange(f, self.storage.buckets[number])
            else:
                self._emit_parts_stage(number, stage)
        if self.training:
            steps.emit_training(self.module, self.stage_items(), self.slices, self._blocks)
        else:
            steps.emit_inference(self.module, self.stage_items())
        if self._prepares_together:
            parts = [stage for stage in self.stage_items() if not stage.block]
            preparing.emit_prepare_together(self.module, parts)
        if self._cut is not None:
            self._emit_cut(self._cut)
        program = self._needs()
        if more is not None:
            more(self.module, program)
        self.module.end_chapter(last=True)
        return replace(program, text=self.module.text)

    def _needs(self) -> Program:
        """The program without its text."""
        storages = [self.storage] if self._cut is None else [self.storage, self._cut.storage]
        return Program(
            "",
            self.arguments,
            max(storage.arena_nbytes for storage in storages),
            max(storage.scratch_nbytes for storage in storages),
            self.block,
            self._checked(),
            0 if self._cut is None else MOST_IMAGES,
            self._prepares_together,
            0 if self._cut is None else self._cut.storage.arena_nbytes,
            packed_nbytes(self.storage.places),
            read_arguments(self.stages, self.storage),
        )

    def _counted_grains(self) -> dict[Node, int]:
        """Of the nodes whose kernels are called for some of their grains."""
        cut = [stage for stage in (self._cut.stages if self._cut else ()) if stage.grains > 1]
        nodes = [node for stage in cut for node in stage.stage.nodes]
        nodes += [node for cascade in self._in_bands.values() for node in cascade.nodes]
        specs = {node: self.storage.layouts.spec_of(node) for node in nodes}
        return {node: kernel_for(spec).grains(spec, self.target) for node, spec in specs.items()}

    def _checked(self) -> tuple[str, ...]:
        """Names of inputs."""
        nodes = [unit.nodes[0] for stage in self.stages for unit in stage.units]
        checking = [node for node in nodes if kernel_for(spec_of(node)).checks_images(spec_of(node))]
        found = {name_of(source) for node in checking for source in node.inputs if source.op == "input"}
        return tuple(sorted(found))

    def stage_items(self) -> list[steps.StageItems]:
        """How the work of each stage is counted: images by the block, parts one by one."""
        return [
            steps.StageItems(
                f"stage{number}",
                self.block if stage.batched else 0,
                0 if stage.batched else self._parts(stage),
                stage.repeats,
            )
            for number, stage in enumerate(self.stages)
        ]

    def _parts(self, stage: Stage) -> int:
        return 1 if stage.exchanges else sum(map(self._parts_of, stage.units))

    def _parts_of(self, unit: Unit) -> int:
        """Items; those of a sum over blocks are there for each of the rank's own, unless they are added at once."""
        node = unit.nodes[0]
        apart = self._blocks is not None and is_sum(node) and unit.total is None
        if node not in self._items:
            self._items[node] = items_of(node, self.target)
        return (self._blocks.together if self._blocks is not None and apart else 1) * self._items[node]

    # ------------------------------------------------------------------ kernels
    def _call_kernel(
        self,
        f: Function,
        node: Node,
        pointers: Mapping[Node, Pointer],
        output: Pointer,
        covered: Covered,
    ) -> None:
        work = self.storage.scratch_nbytes - rounded(scratch_nbytes_of(node, self.target))
        self._kernels.call(f, node, pointers, output, covered, work)

    def _alone(self, stage: Stage) -> list[Node]:
        """The nodes that have a function of their own."""
        if not stage.batched:
            return [unit.nodes[0] for unit in stage.units if len(unit.nodes) == 1 or unit.joined]
        groups = [group for segment in stage.segments for group in self._groups_of(segment)]
        return [group[0] for group in groups if len(group) == 1 and not is_beside(group[0])]

    def _groups_of(self, segment: list[Node]) -> list[list[Node]]:
        """The nodes of which nothing else is to be computed first, together where one function computes them."""
        layouts = self.storage.layouts
        working = [node for node in segment if node not in layouts.there]
        return groups_of(working, self.target.lanes, apart=layouts.touches_apart)

    def _call_group(self, f: Function, group: list[Node], image: Index, in_block: Index) -> None:
        """Emits the function of a group of small values, and calls it."""
        name, sources, results = self._interface(group, "small_values")
        with self.module.function(name, parameters_of(sources, results), shared=True) as function:
            emit_group(function, group, sources, results)
        f.call(
            function.name, *(("ptr", self._where.address(f, node, image, in_block)) for node in (*sources, *results))
        )

    def _call_unit(self, f: Function, nodes: list[Node], item: Index, run: int = ITEM_ELEMENTS) -> None:
        """Emits the function of a unit of several element-wise nodes, and calls it."""
        name, sources, results = self._interface(nodes, "values")
        with self.module.function(name, [*parameters_of(sources, results), "i64 %item"], shared=True) as function:
            emit_together(function, nodes, sources, results, "%item", run)
        pointers = [("ptr", self._where.item_address(f, node, item)) for node in (*sources, *results)]
        f.call(function.name, *pointers, ("i64", item))

    def _call_part(self, f: Function, node: Node, item: Index) -> None:
        """Calls the kernel of a part of a value."""
        if self._blocks is not None and is_sum(node):
            with part_of_block(f, node, item, self._blocks, self._where.address(f, node)) as part:
                self._call_part_of(f, node, part.item, part.target, part.first, part.count)
        elif self._blocks is not None and node.batched:  # the rank may have no images
            with f.when(f.compare("sgt", "%count", 0)):
                self._call_part_of(f, node, item, self._where.item_address(f, node, item))
        else:
            self._call_part_of(f, node, item, self._where.item_address(f, node, item))

    def _call_item_of_total(self, f: Function, node: Node, total: Node, item: Index) -> None:
        """Computes an item of a sum for each block, and of its total."""
        assert self._blocks is not None
        kept, copies = self._where.address(f, node), self._where.item_address(f, node, item)
        one = ItemOfTotal(node, total, item, kept, copies, item_nbytes(node, self.target))
        with one.adding(f, self._blocks, self._where.address(f, total)) as part:
            self._call_part_of(f, node, part.item, part.target, part.first, part.count)

    def _call_part_of(
        self, f: Function, node: Node, item: Index, target: Pointer, first: Index = 0, count: Index = "%count"
    ) -> None:
        """For `count` images from the one on that is number `first` of the slice. The kernel finds rows of the user's
        arrays by their order."""
        order: Pointer = "null"
        alarm: Pointer = "null"
        left: Index = 0
        if any(source.op == "input" for source in node.inputs):
            alarm = f.offset(f.load_pointer("%context", 8 * layout.SYNC_SLOT), layout.ALARM)
            start = f.add("%start", first)
            order = f.offset(f.load_pointer("%context", 8 * layout.ORDER_SLOT), f.multiply(start, 8))
            left = f.subtract(f.load_integer("%context", 8 * layout.TOTAL_SLOT), start)
        addresses = {
            source: self._where.base(f, self.storage.places[source])
            if source.op == "input"
            else self._where.address(f, source, first if source.batched and first != 0 else None)
            for source in node.inputs
        }
        covered = Covered(count=count, item=item, order=order, left=left, alarm=alarm)
        self._call_kernel(f, node, addresses, target, covered)

    def _interface(self, nodes: list[Node], what: str) -> tuple[str, dict[Node, Pointer], dict[Node, Pointer]]:
        """The name of a function for several nodes, and its parameters: what it reads and what it gives."""
        name = f"g{self._groups}_{len(nodes)}_{what}"
        self._groups += 1
        inputs = [source for source in sources_of(nodes) if storage_root(source) not in nodes]
        outputs = [node for node in nodes if self._is_read_outside(node, nodes)]
        sources = {source: f"%x{position}" for position, source in enumerate(inputs)}
        return name, sources, {node: f"%y{position}" for position, node in enumerate(outputs)}

    def _is_read_outside(self, node: Node, group: list[Node]) -> bool:
        return self.storage.places[node].area == "argument" or any(
            reader not in group for reader in self._readers[node]
        )

    # ------------------------------------------------------------------ stages
    @contextmanager
    def _stage_function(self, number: int) -> Iterator[Function]:
        quickly = max(len(self.stages), len(self.stages[number].nodes)) > MANY
        with self.module.function(f"stage{number}", steps.STAGE_PARAMETERS, quickly=quickly) as f:
            if quickly:  # what is computed first is known everywhere
                f.load_pointer("%context", 8 * layout.ARENA_SLOT)
            yield f

    def _emit_images_stage(self, number: int, stage: Stage) -> None:
        with self._stage_function(number) as f, f.loop("%first", "%last", self.block) as block:
            count = f.smaller(self.block, f.subtract("%last", block.index))
            for segment in stage.segments:
                if kind_of_node(segment[0]) == "rows":
                    for node in segment:
                        self._call_rows(f, node, block.index, count)
                else:
                    with f.loop(0, count) as inside:
                        self._emit_image(f, segment, f.add(block.index, inside.index), inside.index)

    def _emit_image(self, f: Function, segment: list[Node], image: Index, in_block: Index) -> None:
        done: list[Node] = []
        for group in self._groups_of(segment):
            cascade = self._in_bands.get(group[0])
            if cascade is not None:
                self._emit_cascade(f, cascade, image, in_block, (0, self._grains[cascade.depthwise]))
                done = cascade.nodes
            elif group[0] in done:
                continue
            elif len(group) > 1:
                self._call_group(f, group, image, in_block)
            elif not is_beside(group[0]):
                self._call_image_kernel(f, group[0], image, in_block)

    def _emit_cascade(
        self, f: Function, cascade: Cascade, image: Index, in_block: Index, grains: tuple[Index, Index]
    ) -> None:
        """Some grains of the convolution in its middle."""
        whole = self._where
        with over_bands(f, cascade, whole, grains) as band:
            self._where = whole.with_bands(band.begins)
            for node, (first, last) in band.work:
                with f.when(f.compare("slt", first, last)):
                    self._call_image_kernel(f, node, image, in_block, (first, last))
        self._where = whole

    def _call_image_kernel(
        self, f: Function, node: Node, image: Index, in_block: Index, grains: tuple[Index, Index] | None = None
    ) -> None:
        if node.op == "load_input" and self.training:
            fetch_ahead(f, self._where, node.inputs[0], image)
        addresses = {source: self._where.address(f, source, image, in_block) for source in node.inputs}
        second = self._beside.get(node)
        beside = self._where.address(f, second, image, in_block) if second is not None else "null"
        place = f.add(image, "%before")  # in the batch
        target = self._where.address(f, node, image, in_block)
        self._call_kernel(f, node, addresses, target, Covered(beside=beside, image=place, grains=grains))

    def _emit_cut(self, cut: CutSchedule) -> None:
        """The second schedule, with the functions of the first one's kernels."""
        whole, where, in_bands = self.storage, self._where, self._in_bands
        self.storage, self._where = cut.storage, Addresses(self.module, cut.storage, self._slots, self._request)
        self._in_bands = _by_first([each.stage for each in cut.stages])
        quickly = len(cut.stages) > MANY
        for number, stage in enumerate(cut.stages):
            with self.module.function(f"cut{number}", few_images.CUT_PARAMETERS, quickly=quickly) as f:
                for segment in stage.stage.segments:
                    if kind_of_node(segment[0]) == "rows":
                        for node in segment:
                            self._call_rows(f, node, "%image", "%count" if stage.together else 1, stage.grains > 1)
                    elif segment[0] in self._in_bands:
                        self._emit_cascade(f, self._in_bands[segment[0]], "%image", 0, ("%first", "%last"))
                    elif stage.grains > 1:
                        self._call_image_kernel(f, segment[0], "%image", 0, ("%first", "%last"))
                    else:
                        self._emit_image(f, segment, "%image", 0)
                if stage.beside:
                    with f.when(f.compare("eq", "%first", 0)):
                        self._emit_image(f, stage.beside, "%image", 0)
        items = [few_images.CutItems(f"cut{n}", each.grains, each.together) for n, each in enumerate(cut.stages)]
        few_images.emit_cut_inference(self.module, items)
        self.storage, self._where, self._in_bands = whole, where, in_bands

    def _call_rows(self, f: Function, node: Node, image: Index, count: Index, cut: bool = False) -> None:
        """Calls a kernel of rows for so many images from `image` on."""
        addresses = {source: self._where.address(f, source, image, 0) for source in node.inputs}
        covered = Covered(count=count, grains=("%first", "%last") if cut else None)
        self._call_kernel(f, node, addresses, self._where.address(f, node, image, 0), covered)

    def _emit_parts_stage(self, number: int, stage: Stage) -> None:
        with self._stage_function(number) as f, f.loop("%first", "%last") as part:
            before = 0
            for unit in stage.units:
                count = self._parts_of(unit)
                inside = f.let(f"icmp ult i64 {f.subtract(part.index, before)}, {count}")
                item = f.subtract(part.index, before)
                with f.when(inside):
                    first, *others = unit.nodes
                    if unit.total is not None:
                        self._call_item_of_total(f, first, unit.total, item)
                    elif unit.joined:
                        self._call_part(f, first, item)
                        self._call_unit(f, others, item, run_of_item(first, self.target) or 0)
                    elif others:
                        self._call_unit(f, unit.nodes, item)
                    else:
                        self._call_part(f, first, item)
                before += count


def _by_first(stages: Sequence[Stage]) -> dict[Node, Cascade]:
    """The cascades of some stages by the node that each begins with."""
    return {cascade.nodes[0]: cascade for stage in stages for cascade in stage.cascades}
