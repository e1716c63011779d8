"""Entry points with plain pointers around a program for inference, for callers that know nothing of contexts.

    i32  NAME_init(work, nbytes)                    makes work memory ready, once
    i32  NAME_run(inputs ..., outputs ..., n, work) n images, on the thread that calls
    size NAME_work_nbytes()                         of the work memory, whatever n is

Integers are as wide as addresses. The results of the first two are statuses; whatever the arguments are, nothing is
touched that these do not describe. Work memory has, from its first cache line on, a line with the mark of the model and
of the place, the context, and scratch memory. So `run` knows memory that `init` has not seen, and memory that moved.

The marks and the weights are globals of the module, which it gets when they are known: `MARK`, and `weight_global` for
the argument of each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from planish.codegen.emitted import Program
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish_runtime.context_layout import HEADER_SLOTS

STATUSES = ("ok", "null pointer", "not aligned", "too small", "bad count", "not initialized")
"""What functions return: the place in this list, negative."""
OK, NULL_POINTER, NOT_ALIGNED, TOO_SMALL, BAD_COUNT, NOT_INITIALIZED = (-place for place in range(len(STATUSES)))

WORK_ALIGNMENT = 8
"""What work memory has to be aligned to, in bytes; the first cache line is found inside of it."""

MARK = "@model_mark"
"""An i64 that other models have not."""

_Check = tuple[Value, int]


@dataclass(frozen=True, slots=True)
class End:
    """An input or output: the argument of the program ("input x"), the bytes of an image's row and of an element."""

    argument: str
    row_nbytes: int
    element_nbytes: int


@dataclass(frozen=True, slots=True)
class Interface:
    """The name that functions begin with, and the pointers that `run` takes, in order."""

    name: str
    inputs: Sequence[End]
    outputs: Sequence[End]

    def most_images(self, target: Target) -> int:
        """Of which the arrays can be addressed."""
        widest = max(end.row_nbytes for end in (*self.inputs, *self.outputs))
        return int((2 ** (8 * target.pointer_nbytes - 1) - 1) // max(1, widest))

    @property
    def functions(self) -> list[str]:
        return [f"{self.name}_{each}" for each in ("init", "run", "work_nbytes")]


def weight_global(place: int) -> str:
    """Where the weight of an argument is."""
    return f"@weight{place}"


def weights_of(program: Program) -> dict[str, int]:
    """The arguments that are weights and that computing images needs, with their places."""
    places = {argument: place for place, argument in enumerate(program.arguments)}
    return {
        argument: place
        for argument, place in places.items()
        if argument in program.read and not argument.startswith(("input ", "output "))
    }


def work_nbytes(program: Program) -> int:
    """What a caller provides: with what may be lost before the first cache line."""
    return _scratch_at(program) + _lines(program.scratch_nbytes) + CACHE_LINE_NBYTES - WORK_ALIGNMENT


def _lines(nbytes: int) -> int:
    return -(-nbytes // CACHE_LINE_NBYTES) * CACHE_LINE_NBYTES


def _scratch_at(program: Program) -> int:
    return CACHE_LINE_NBYTES + _lines(8 * (HEADER_SLOTS + len(program.arguments)))


def emit(module: Module, program: Program, interface: Interface) -> None:
    """Writes the functions into the module of a program."""
    _emit_work_nbytes(module, program, interface)
    _emit_init(module, program, interface)
    _emit_run(module, program, interface)


def _size(module: Module) -> str:
    return f"i{8 * module.target.pointer_nbytes}"


def _emit_work_nbytes(module: Module, program: Program, interface: Interface) -> None:
    with module.function(f"{interface.name}_work_nbytes", [], internal=False) as f:
        f.result = f"{_size(module)} {work_nbytes(program)}"


def _emit_init(module: Module, program: Program, interface: Interface) -> None:
    size = _size(module)
    with module.function(f"{interface.name}_init", ["ptr %work", f"{size} %nbytes"], internal=False) as f:
        small = f.let(f"icmp ult {size} %nbytes, {work_nbytes(program)}")
        checks = [_is_null(f, ["%work"]), _is_misaligned(f, [("%work", WORK_ALIGNMENT)]), (small, TOO_SMALL)]
        status = _first_that_holds(f, checks)
        with f.when(_is_ok(f, status)):
            base = _base(f)
            for argument, place in weights_of(program).items():
                _store_pointer(f, weight_global(place), base, program, argument)
            f.emit(f"store i64 {_own_mark(f, base)}, ptr {base}, align 8")
        f.result = f"i32 {status}"


def _emit_run(module: Module, program: Program, interface: Interface) -> None:
    size = _size(module)
    ends = [*interface.inputs, *interface.outputs]
    pointers = [f"%array{place}" for place in range(len(ends))]
    parameters = [*(f"ptr {pointer}" for pointer in pointers), f"{size} %n", "ptr %work"]
    with module.function(f"{interface.name}_run", parameters, internal=False) as f:
        arrays = [(pointer, end.element_nbytes) for pointer, end in zip(pointers, ends, strict=True)]
        few = f.let(f"icmp slt {size} %n, 1")
        many = f.let(f"icmp sgt {size} %n, {interface.most_images(module.target)}")
        checks = [
            _is_null(f, [*pointers, "%work"]),
            _is_misaligned(f, [*arrays, ("%work", WORK_ALIGNMENT)]),
            (f.let(f"or i1 {few}, {many}"), BAD_COUNT),
        ]
        status = f.stack_i32()
        found = _first_that_holds(f, checks)
        f.store_i32(found, status)
        with f.when(_is_ok(f, found)):
            base = _base(f)
            ready = f.compare("eq", f.load_integer(base), _own_mark(f, base))
            f.store_i32(f.let(f"select i1 {ready}, i32 {OK}, i32 {NOT_INITIALIZED}"), status)
            with f.when(ready):
                for pointer, end in zip(pointers, ends, strict=True):
                    if end.argument in program.arguments:  # the model may not read an input
                        _store_pointer(f, pointer, base, program, end.argument)
                n = "%n" if size == "i64" else f.let(f"sext {size} %n to i64")
                context, scratch = (f.offset(base, at) for at in (CACHE_LINE_NBYTES, _scratch_at(program)))
                f.call("infer", ("ptr", context), ("ptr", scratch), ("i64", 0), ("i64", n))
        f.result = f"i32 {f.load_i32(status)}"


def _is_null(f: Function, pointers: Sequence[Pointer]) -> _Check:
    return _any(f, [f.let(f"icmp eq ptr {pointer}, null") for pointer in pointers]), NULL_POINTER


def _is_misaligned(f: Function, pointers: Sequence[tuple[Pointer, int]]) -> _Check:
    """Whether an address is not a multiple of the bytes that are given with it."""
    beyond = [f.let(f"and i64 {_address(f, pointer)}, {nbytes - 1}") for pointer, nbytes in pointers]
    return _any(f, [f.compare("ne", each, 0) for each in beyond]), NOT_ALIGNED


def _any(f: Function, conditions: Sequence[Value]) -> Value:
    return reduce(lambda a, b: f.let(f"or i1 {a}, {b}"), conditions)


def _first_that_holds(f: Function, checks: Sequence[_Check]) -> Value:
    """The status of the first check that fails, or OK."""
    found = str(OK)
    for failed, status in reversed(checks):
        found = f.let(f"select i1 {failed}, i32 {status}, i32 {found}")
    return found


def _is_ok(f: Function, status: Value) -> Value:
    return f.let(f"icmp eq i32 {status}, {OK}")


def _address(f: Function, pointer: Pointer) -> Index:
    return f.let(f"ptrtoint ptr {pointer} to i64")


def _base(f: Function) -> Pointer:
    """The first cache line of the work memory."""
    before = f.let(f"and i64 {f.subtract(0, _address(f, '%work'))}, {CACHE_LINE_NBYTES - 1}")
    return f.offset("%work", before)


def _own_mark(f: Function, base: Pointer) -> Value:
    """Of this model at this place."""
    return f.let(f"xor i64 {f.load_integer(MARK)}, {_address(f, base)}")


def _store_pointer(f: Function, pointer: Pointer, base: Pointer, program: Program, argument: str) -> None:
    """Into the slot of an argument, of which 8 bytes are there however long addresses are."""
    slot = HEADER_SLOTS + program.arguments.index(argument)
    f.emit(f"store ptr {pointer}, ptr {f.offset(base, CACHE_LINE_NBYTES + 8 * slot)}, align 8")
