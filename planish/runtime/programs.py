"""Programs by what they are made from: in this process, then on disk, then compiled."""

from __future__ import annotations

import functools
import hashlib
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planish import output, settings
from planish.codegen.llvm.target import Target
from planish.graph.graph import Graph
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.primitives.registry import multiply_adds
from planish.runtime import object_cache
from planish.runtime.aside import Aside, Beside
from planish.runtime.collecting import collector_rests
from planish.runtime.compiled import program_of, renamed, renamed_program, to_bytes
from planish.runtime.compiler_identity import compiler_identity
from planish.runtime.processor import current_target
from planish_runtime import forking
from planish_runtime.compiled import Compiled
from planish_runtime.threads import get_num_threads, usable_cpus

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class Making(NamedTuple):
    """How this process came to a program: compiled, or `loaded` from disk; when, by `time.perf_counter`, and how many
    seconds it took."""

    training: bool
    loaded: bool
    started: float
    seconds: float


class _Wanted(NamedTuple):
    """Everything from which a program is made. `numbers` stand for the names of its parameters."""

    graph: Graph
    numbers: Mapping[str, str]
    input_dtypes: Mapping[str, str]
    target: Target
    training: bool
    max_batch: int
    blocks: tuple[int, int] | None
    level: int

    @property
    def key(self) -> str:
        parts = [compiler_identity(), self.target.key, print_graph(self.graph, comments=False, parameters=self.numbers)]
        parts.append(repr(sorted(self.input_dtypes.items())))
        parts.append(f"training={self.training} max_batch={self.max_batch} level={self.level} blocks={self.blocks}")
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


_MAKING = forking.Lock()
_COMPILED: dict[str, Compiled] = {}  # with numbers in place of the names of parameters
_MOST_KEPT = 64
_MAKINGS: deque[Making] = deque(maxlen=_MOST_KEPT)


class _UnderWay:
    """Programs that are being made, by key. A forked child has none of the threads that make them."""

    def __init__(self) -> None:
        self.programs: dict[str, Aside[Compiled]] = {}
        forking.tell_child(self)

    def after_fork(self) -> None:
        self.programs.clear()


_UNDER_WAY = _UnderWay()


def compile(
    graph: Graph,
    input_dtypes: Mapping[str, DTypeLike],
    *,
    training: bool = False,
    max_batch: int = 0,
    blocks: tuple[int, int] | None = None,
) -> Compiled:
    """The program of a graph for the current target; `input_dtypes` are the element types of the arrays it will read.

    A training program updates what the graph updates, in batches of up to `max_batch` images. Where several ranks share
    them, `blocks` says how many a batch has, and how many of them are this rank's. Models that differ only
    in names share a program. Threads that want the same one wait for one compilation, which goes on if Ctrl-C ends the
    waiting.
    """
    numbers = _numbered_parameters(graph)
    dtypes = {name: np.dtype(dtype).name for name, dtype in input_dtypes.items()}
    level = settings.value("PLANISH_LLVM_LEVEL")
    wanted = _Wanted(graph, numbers, dtypes, current_target(), training, max_batch, blocks, level)
    key = wanted.key
    with _MAKING.lock:
        found = _COMPILED.get(key)
        making = None if found else _under_way(key, wanted)
    if making is not None:
        found = making.result(functools.partial(_say_that_it_takes_long, training, len(graph.nodes)))
    assert found is not None
    return renamed_program(found, {number: name for name, number in numbers.items()})


def _under_way(key: str, wanted: _Wanted) -> Aside[Compiled]:
    """The making of a program, ours or another thread's."""

    def work() -> Compiled:
        started = time.perf_counter()
        try:
            loaded = _loaded(key)
            found = loaded or _made(key, wanted)
            _keep(key, found, Making(wanted.training, loaded is not None, started, time.perf_counter() - started))
        finally:
            with _MAKING.lock:
                _UNDER_WAY.programs.pop(key, None)
        return found

    return _UNDER_WAY.programs.setdefault(key, Aside(work))


def _keep(key: str, found: Compiled, making: Making) -> None:
    with _MAKING.lock:
        _MAKINGS.append(making)
        if len(_COMPILED) >= _MOST_KEPT:
            del _COMPILED[next(iter(_COMPILED))]
        _COMPILED[key] = found


def _say_that_it_takes_long(training: bool, operations: int) -> None:
    """A line for whoever looks at a terminal or a notebook; logs and pipes stay as they are."""
    if output.errors_are_watched():
        what = "the training program" if training else "the program that predicts"
        kept = "" if object_cache.cache_folder() is None else " It is kept for the next time."
        size = f"{operations:,} operations"
        output.warn_of(f"planish is compiling {what} of this model ({size}), which takes more than a second.{kept}")


def makings(since: float) -> list[Making]:
    """The last programs that were made since then, in order; one that already existed is not made again."""
    with _MAKING.lock:
        return [making for making in _MAKINGS if making.started >= since]


def _numbered_parameters(graph: Graph) -> dict[str, str]:
    """A name for each parameter that does not depend on the names of the layers."""
    names = [*(name_of(node) for node in graph.leaves("parameter")), *(name for name, _ in graph.updates)]
    return {name: str(number) for number, name in enumerate(dict.fromkeys(names))}


def _loaded(key: str) -> Compiled | None:
    if settings.value("PLANISH_DUMP"):
        return None  # a program that is shown has to be made
    stored = object_cache.load(key)
    return None if stored is None else program_of(stored)


def _made(key: str, wanted: _Wanted) -> Compiled:
    from planish.codegen import compile as compiler
    from planish.codegen.planning.blocks import Blocks
    from planish.codegen.planning.plan import Request

    blocks = None if wanted.blocks is None else Blocks(*wanted.blocks)
    request = Request(wanted.graph, wanted.input_dtypes, wanted.target, wanted.training, wanted.max_batch, blocks)
    if forms := settings.value("PLANISH_DUMP"):
        from planish.runtime.dump import show

        show(request, forms)
    threads = min(get_num_threads(), usable_cpus())
    with collector_rests(), Beside[bytes](threads) as beside:
        program, (code, functions) = compiler.compiled(request, beside)
    facts = {
        "functions": functions,
        "arguments": renamed(program.arguments, wanted.numbers),
        "batched": tuple(name for name, node in wanted.graph.outputs if node.batched),
        "max_batch": wanted.max_batch,
        "arena_nbytes": program.arena_nbytes,
        "scratch_nbytes": program.scratch_nbytes,
        "block": program.block,
        "multiply_adds": multiply_adds(wanted.graph.nodes),
        "checked": program.checked,
        "most_cut": program.most_cut,
        "prepares_together": program.prepares_together,
    }
    stored = to_bytes(code, facts)
    object_cache.store(key, stored)
    return program_of(stored)
