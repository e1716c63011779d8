"""The sum of the gradients that have a place.

    for panel of channels:                                            # an item
        for image n:
            parts = 0
            for window (some at a time): parts[window] += g[n][window] where places[n][window] is one
            y += sum of parts

places and g [windows, c], y [c]. The last vector of channels is masked. Bound by memory; independent parts keep enough
additions in flight to hide the latency.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.loops import panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.places import has_place

MOST_VECTORS, ADDITIONS_IN_FLIGHT = 4, 8


def _panels(spec: Spec, lanes: int) -> list[int]:
    """Vectors in each panel; a vector that does not fill one is alone."""
    vectors = vectors_of(spec.shape[0], lanes)
    return [min(MOST_VECTORS, vectors - start) for start in range(0, vectors, MOST_VECTORS)]


def items(spec: Spec, target: Target) -> int:
    return len(_panels(spec, target.lanes))


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    channels, before = spec.shape[0], 0
    for run in panel_runs(_panels(spec, f.lanes), channels, f.lanes):
        number = f.subtract(operands.item, before)
        with f.when(f.let(f"icmp ult i64 {number}, {run.count}")):
            channel = f.multiply(f.add(f.multiply(number, run.vectors), run.start), f.lanes)
            masks = [
                f.tail_mask(channels - (run.start + v) * f.lanes) if run.masked else None for v in range(run.vectors)
            ]
            _emit_panel(f, spec, operands, channel, masks)
        before += run.count


def _emit_panel(f: Function, spec: Spec, operands: Operands, channel: Index, masks: Sequence[str | None]) -> None:
    rows, columns, channels = spec.inputs[1].shape
    windows, together = rows * columns, max(1, ADDITIONS_IN_FLIGHT // len(masks))
    together = min(together, windows)

    def added(window: Index, parts: Sequence[Value], first: Index) -> list[Value]:
        """The parts and, in turn, the next windows: as many as there are parts."""
        element, totals = f.add(first, f.multiply(window, channels)), []
        for place, part in enumerate(parts):
            vector = f.add(element, place // len(masks) * channels + place % len(masks) * f.lanes)
            mask = masks[place % len(masks)]
            live = has_place(f, f.load_bytes(operands.inputs[0], vector, mask))
            g = f.load(operands.inputs[1], f.nbytes(vector), mask)
            totals.append(f.binary("fadd", part, f.select(live, g, ZERO)))
        return totals

    with f.loop(0, operands.count, carried=[ZERO] * len(masks)) as image:
        first = f.add(f.multiply(image.index, windows * channels), channel)
        whole = windows // together * together
        with f.loop(0, whole, together, carried=[ZERO] * (together * len(masks))) as window:
            window.next(*added(window.index, window.carried, first))
        parts = window.results
        if windows > whole:
            left = (windows - whole) * len(masks)
            parts = [*added(whole, parts[:left], first), *parts[left:]]
        totals = image.carried
        for start in range(0, len(parts), len(masks)):
            own = parts[start : start + len(masks)]
            totals = [f.binary("fadd", total, part) for total, part in zip(totals, own, strict=True)]
        image.next(*totals)
    for v, (total, mask) in enumerate(zip(image.results, masks, strict=True)):
        f.store(total, operands.output, f.nbytes(f.add(channel, v * f.lanes)), mask)


KERNEL = Kernel("reduce", emit, items)
