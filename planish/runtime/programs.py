"""Programs by what they are made from: in this process, then on disk, then compiled."""

from __future__ import annotations

import ast
import functools
import hashlib
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from planish import forking, output, settings
from planish.codegen.llvm.target import Target, current_target
from planish.graph.graph import Graph
from planish.graph.printer import print_graph
from planish.runtime import object_cache
from planish.runtime.aside import Aside
from planish.runtime.compiler_identity import compiler_identity
from planish.runtime.native import NativeCode


class Compiled(NamedTuple):
    """A program ready to be called. Sizes in bytes. Stored programs have numbers in place of parameter names.

    A program stops at an image of a `watched` input that holds NaN or infinity.
    """

    code: NativeCode
    arguments: tuple[str, ...]
    arena_nbytes: int
    scratch_nbytes: int
    block: int
    watched: tuple[str, ...]


class Making(NamedTuple):
    """How this process came to a program: compiled, or `loaded` from disk; when, by `time.perf_counter`, and how many
    seconds it took."""

    training: bool
    loaded: bool
    started: float
    seconds: float


_MAKING = forking.Lock()
_COMPILED: dict[str, Compiled] = {}
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


def compiled(graph: Graph, input_dtypes: Mapping[str, str], *, training: bool, max_batch: int = 0) -> Compiled:
    """The program for the current target. Models that differ only in names share it.

    Threads that want the same one wait for one compilation, which goes on if Ctrl-C ends the waiting.
    """
    target = current_target()
    numbers = _numbered_parameters(graph)
    key = _key(graph, numbers, input_dtypes, target, training, max_batch)
    with _MAKING.lock:
        found = _COMPILED.get(key)
        making = None if found else _under_way(key, graph, numbers, input_dtypes, target, training, max_batch)
    if making is not None:
        found = making.result(functools.partial(_say_that_it_takes_long, training))
    assert found is not None
    return found._replace(arguments=_renamed(found.arguments, {number: name for name, number in numbers.items()}))


def _under_way(
    key: str,
    graph: Graph,
    numbers: Mapping[str, str],
    input_dtypes: Mapping[str, str],
    target: Target,
    training: bool,
    max_batch: int,
) -> Aside[Compiled]:
    """The making of a program, ours or another thread's."""

    def work() -> Compiled:
        started = time.perf_counter()
        loaded = None
        try:
            loaded = _loaded(key, target)
            found = loaded or _made(key, graph, numbers, input_dtypes, target, training, max_batch)
            _keep(key, found, Making(training, loaded is not None, started, time.perf_counter() - started))
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


def _say_that_it_takes_long(training: bool) -> None:
    """A line for whoever looks at a terminal or a notebook; logs and pipes stay as they are."""
    if output.errors_are_watched():
        what = "the training program" if training else "the program that predicts"
        kept = "" if object_cache.cache_folder() is None else " It is kept for the next time."
        output.warn_of(f"planish is compiling {what} of this model, which takes more than a second.{kept}")


def makings(since: float) -> list[Making]:
    """The last programs that were made since then, in order; one that already existed is not made again."""
    with _MAKING.lock:
        return [making for making in _MAKINGS if making.started >= since]


def _numbered_parameters(graph: Graph) -> dict[str, str]:
    """A name for each parameter that does not depend on the names of the layers."""
    names = [*(node.attributes["name"] for node in graph.leaves("parameter")), *(name for name, _ in graph.updates)]
    return {name: str(number) for number, name in enumerate(dict.fromkeys(names))}


def _renamed(arguments: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of a program ("parameter conv2d/kernel") with other names for the parameters."""
    pairs = [argument.split(" ", 1) for argument in arguments]
    return tuple(f"{kind} {names[name] if kind == 'parameter' else name}" for kind, name in pairs)


def _key(
    graph: Graph,
    numbers: Mapping[str, str],
    input_dtypes: Mapping[str, str],
    target: Target,
    training: bool,
    max_batch: int,
) -> str:
    parts = [compiler_identity(), target.key, print_graph(graph, comments=False, parameters=numbers)]
    parts.append(repr(sorted(input_dtypes.items())))
    parts.append(f"training={training} max_batch={max_batch}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _loaded(key: str, target: Target) -> Compiled | None:
    stored = (
        None if settings.value("PLANISH_DUMP") else object_cache.load(key)
    )  # a program that is shown has to be made
    if stored is None:
        return None
    head, _, code = stored.partition(b"\n")
    facts = ast.literal_eval(head.decode())
    return Compiled(
        NativeCode(code, target),
        tuple(facts["arguments"]),
        facts["arena_nbytes"],
        facts["scratch_nbytes"],
        facts["block"],
        tuple(facts["watched"]),
    )


def _made(
    key: str,
    graph: Graph,
    numbers: Mapping[str, str],
    input_dtypes: Mapping[str, str],
    target: Target,
    training: bool,
    max_batch: int,
) -> Compiled:
    from planish.codegen import compile as compiler
    from planish.codegen.planning.plan import Request
    from planish.runtime.dump import generate_and_dump

    request = Request(graph, input_dtypes, target, training, max_batch)
    program = generate_and_dump(request)
    code = compiler.object_code(program.text, target)
    arguments = _renamed(program.arguments, numbers)
    facts = {
        "arguments": arguments,
        "arena_nbytes": program.arena_nbytes,
        "scratch_nbytes": program.scratch_nbytes,
        "block": program.block,
        "watched": program.watched,
    }
    object_cache.store(key, repr(facts).encode() + b"\n" + code)
    return Compiled(
        NativeCode(code, target),
        arguments,
        program.arena_nbytes,
        program.scratch_nbytes,
        program.block,
        program.watched,
    )
