"""Where a prediction spends its time, layer by layer: `python benchmarks/by_layer.py --models resnet50-224`.

Every call of a kernel is timed by the processor's counter, inside of a program that runs on one thread. The share of
the peak is that of the multiply-adds which a layer takes by its definition: Winograd's method can be above 1.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from nets import NETS, Net, images
from own import model_of
from report import machine_line, save, table

MOST_KERNELS = 2**14
SUMS, TURNS, TRIES = 12, 2**16, 200  # of the loop that measures the peak: sums that hide the latency, short runs


class Clock:
    """Ticks of each kernel, in memory whose address the code has; and the plan of the program."""

    def __init__(self) -> None:
        self.ticks = np.zeros(MOST_KERNELS, np.int64)
        self.places: dict[Any, int] = {}
        self.plan: Any = None

    @contextmanager
    def around(self, f: Any, node: Any) -> Iterator[None]:
        """Adds the ticks that what is emitted inside takes."""
        address = self.ticks.ctypes.data + self.ticks.itemsize * self.places.setdefault(node, len(self.places))
        start = _counter(f)
        yield
        ticks, total = f.subtract(_counter(f), start), f.let(f"inttoptr i64 {address} to ptr")
        f.emit(f"store i64 {f.add(f.load_integer(total), ticks)}, ptr {total}, align 8")

    def emitter(self) -> type:
        """The compiler's, with the clock around every call of a kernel."""
        from planish.codegen.program import Emitter

        clock = self

        class Timed(Emitter):
            def __init__(self, plan: Any, *arguments: Any) -> None:
                clock.plan = plan
                super().__init__(plan, *arguments)

            def _call_kernel(self, f: Any, node: Any, *arguments: Any) -> None:
                with clock.around(f, node):
                    super()._call_kernel(f, node, *arguments)

        return Timed


def _counter(f: Any) -> str:
    f.module.declare("i64 @llvm.readcyclecounter()")
    return str(f.let("call i64 @llvm.readcyclecounter()"))


def speed() -> tuple[float, float]:
    """Ticks a second, and the multiply-adds a tick that one core can do: a loop that does nothing else."""
    from planish.codegen.compile import machine_code
    from planish.codegen.llvm.module import Module
    from planish.codegen.llvm.target import current_target
    from planish.runtime.native import native_code

    module = Module(current_target())
    with module.function("peak", ["ptr %ticks", "ptr %values"], internal=False) as f:
        start, (a, b) = _counter(f), (f.load("%values"), f.load("%values", f.vector_nbytes))
        with f.loop(0, TURNS, carried=[a] * SUMS) as turn:
            turn.next(*(f.fma(a, b, total) for total in turn.carried))
        for total in turn.results:
            f.store(total, "%values")
        f.emit(f"store i64 {f.subtract(_counter(f), start)}, ptr %ticks, align 8")
    code = native_code(*machine_code(module.text, current_target()))
    peak = code.function("peak", [ctypes.c_void_p, ctypes.c_void_p])
    ticks, values, found = np.zeros(1, np.int64), np.zeros(64, np.float32), []
    for _ in range(TRIES):
        start_seconds = time.perf_counter()
        peak(ticks.ctypes.data, values.ctypes.data)
        found.append((int(ticks[0]), time.perf_counter() - start_seconds))
    fewest, seconds = min(found)
    return fewest / seconds, SUMS * TURNS * current_target().lanes / fewest


def timed_model(net: Net, clock: Clock) -> Any:
    """With a program whose kernels are timed, which no other model finds."""
    model = model_of(net)
    with mock.patch("planish.codegen.compile.Emitter", clock.emitter()):
        model.predict_on_batch(images(net, 1)[0])
    return model


def measured(model: Any, x: np.ndarray, clock: Clock, rounds: int) -> list[np.ndarray]:
    """The ticks of all kernels in each round."""
    found = []
    for _ in range(rounds):
        clock.ticks.fill(0)
        model.predict_on_batch(x)
        found.append(clock.ticks.copy())
    return found


def rows_of(clock: Clock, ticks: np.ndarray, count: int, ticks_a_second: float, peak: float) -> list[list[str]]:
    """A row for each kernel that took time, in the order in which they run."""
    from planish.codegen.pieces.kernel import spec_of
    from planish.codegen.planning.choices import choices_of

    order = [node for stage in clock.plan.stages for node in stage.nodes]
    decided = [node for node in order if node in clock.plan.decisions]
    choices = dict(zip(decided, choices_of(clock.plan), strict=True))
    rows = []
    for node in (node for node in order if node in clock.places and ticks[clock.places[node]]):
        own, choice = int(ticks[clock.places[node]]), choices.get(node)
        rows.append([
            ", ".join(dict.fromkeys(node.layers)) or "-", choice.method if choice else spec_of(node).op,
            " ".join([*(str(source.type) for source in node.inputs[:2]), "->", str(node.type)]),
            f"{own / ticks_a_second / count * 1e6:.0f} µs",
            f"{choice.by_definition / 1e6:.1f}" if choice else "",
            f"{choice.by_definition * count / own / peak:.2f}" if choice else "",
        ])  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=["resnet18-224", "resnet50-224"])
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ["PLANISH_CACHE_DIR"] = "off"
    import planish

    planish.set_num_threads(1)
    found = {}
    for name in arguments.models:
        clock = Clock()
        model, (x, _) = timed_model(NETS[name], clock), images(NETS[name], arguments.images)
        every = measured(model, x, clock, arguments.rounds)
        ticks = np.min(every, axis=0)
        ticks_a_second, peak = speed()
        rows = rows_of(clock, ticks, arguments.images, ticks_a_second, peak)
        every_ms = [float(each.sum()) / ticks_a_second / arguments.images * 1e3 for each in every]
        median, fewest = statistics.median(every_ms), float(ticks.sum()) / ticks_a_second / arguments.images * 1e3
        print(f"### {name}: {fewest:.2f} ms an image, each kernel at its fastest; {median:.2f} ms in the median\n")
        print(table(["layer", "method", "maps", "an image", "million multiply-adds", "share of the peak"], rows))
        billions = peak * ticks_a_second / 1e9
        print(f"\nOne thread, {arguments.images} images; the peak is {billions:.1f} billion multiply-adds a second.\n")
        found[name] = {"rows": rows, "milliseconds": every_ms}
    print(machine_line())
    save(arguments.json, layers=found)


if __name__ == "__main__":
    main()
