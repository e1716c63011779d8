"""Emits one LLVM function as text, in SSA form, an instruction a call.

Numbers are of the type `floats`, that of the whole program. Vectors have `lanes` of them unless their type is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce

from planish.codegen.llvm.element_type import I32, ElementType
from planish.codegen.llvm.lines import Index as Index
from planish.codegen.llvm.lines import Value as Value
from planish.codegen.llvm.loops import Loop
from planish.codegen.llvm.vectors import ZERO as ZERO
from planish.codegen.llvm.vectors import Vectors

Pointer = str


class Function(Vectors):
    """An LLVM function under construction; made by `Module.function`."""

    # ------------------------------------------------------------------ memory
    def nbytes(self, count: Index, each: int = 1, *, of: ElementType | None = None) -> Index:
        """The bytes of this many times `each` elements: numbers, unless their type is given."""
        return self.multiply(count, (of or self.floats).nbytes * each)

    def offset(self, pointer: Pointer, nbytes: Index) -> Pointer:
        """The address this many bytes on.

        Where it was computed is hidden until the loop passes are over. Otherwise LLVM's loop strength reduction, which
        weighs everything that is accessed from an address, takes up to a third of the compile time, and the code is no
        faster. Functions that are compiled quickly see no such passes.
        """
        if nbytes == 0:
            return pointer
        moved = self.let(f"getelementptr inbounds i8, ptr {pointer}, i64 {nbytes}")
        if isinstance(nbytes, int) or self.quickly:
            return moved
        self.module.declare("ptr @llvm.launder.invariant.group.p0(ptr)")
        return self.let(f"call ptr @llvm.launder.invariant.group.p0(ptr {moved})")

    def load_pointer(self, pointer: Pointer, nbytes: Index = 0) -> Pointer:
        return self.let(f"load ptr, ptr {self.offset(pointer, nbytes)}, align 8")

    def prefetch(self, pointer: Pointer, nbytes: Index = 0, *, written: bool = False, level: int = 1) -> None:
        """Asks for a cache line, to read or to write it, in a level of the cache."""
        self.module.declare("void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        address = self.offset(pointer, nbytes)
        self.emit(f"call void @llvm.prefetch.p0(ptr {address}, i32 {int(written)}, i32 {4 - level}, i32 1)")

    def load_integer(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        return self.let(f"load i64, ptr {self.offset(pointer, nbytes)}, align 8")

    def load_i32(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        return self.let(f"load {I32.llvm}, ptr {self.offset(pointer, nbytes)}, align {I32.nbytes}")

    def store_i32(self, value: Value, pointer: Pointer, nbytes: Index = 0) -> None:
        self.emit(f"store {I32.llvm} {value}, ptr {self.offset(pointer, nbytes)}, align {I32.nbytes}")

    def load_count(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        """A non-negative i32 as an index."""
        return self.let(f"zext i32 {self.load_i32(pointer, nbytes)} to i64")

    def store_count(self, value: Index, pointer: Pointer, nbytes: Index = 0) -> None:
        """An index below 2**31 as an i32."""
        narrow = value if isinstance(value, int) else self.let(f"trunc i64 {value} to i32")
        self.store_i32(str(narrow), pointer, nbytes)

    def counted(self, index: Index, type_: ElementType | None = None) -> Value:
        """An index below 2**31 as a number. Processors of 32 bits have an instruction for i32, and none for i64."""
        narrow = self.let(f"trunc i64 {index} to i32")
        return self.let(f"sitofp i32 {narrow} to {(type_ or self.floats).llvm}")

    def whole_part(self, number: Value) -> Value:
        """Of an f32 between -2**31 and 2**31, as an index."""
        return self.let(f"sext i32 {self.let(f'fptosi float {number} to i32')} to i64")

    def load_float(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        return self.let(f"load {self.floats.llvm}, ptr {self.offset(pointer, nbytes)}, align {self.floats.nbytes}")

    def store_float(self, value: Value, pointer: Pointer, nbytes: Index = 0) -> None:
        self.emit(f"store {self.floats.llvm} {value}, ptr {self.offset(pointer, nbytes)}, align {self.floats.nbytes}")

    def load(self, pointer: Pointer, nbytes: Index = 0, mask: str | None = None) -> Value:
        """A vector of consecutive numbers; lanes that `mask` leaves out read as zero and touch no memory."""
        address = self.offset(pointer, nbytes)
        if mask is None:
            return self.let(f"load {self.vector}, ptr {address}, align {self.floats.nbytes}")
        function = f"{self.vector} @llvm.masked.load.v{self.lanes}{self.floats.name}.p0"
        self.module.declare(f"{function}(ptr, <{self.lanes} x i1>, {self.vector})")
        arguments = (
            f"ptr align {self.floats.nbytes} {address}, <{self.lanes} x i1> {mask}, {self.vector} zeroinitializer"
        )
        return self.let(f"call {function}({arguments})")

    def store(self, value: Value, pointer: Pointer, nbytes: Index = 0, mask: str | None = None) -> None:
        address = self.offset(pointer, nbytes)
        if mask is None:
            self.emit(f"store {self.vector} {value}, ptr {address}, align {self.floats.nbytes}")
            return
        first = mask.count("i1 1")
        if mask == self.tail_mask(first) and not self.module.target.permutes_lanes:
            self._store_first(value, address, first)
            return
        function = f"@llvm.masked.store.v{self.lanes}{self.floats.name}.p0"
        self.module.declare(f"void {function}({self.vector}, ptr, <{self.lanes} x i1>)")
        arguments = f"{self.vector} {value}, ptr align {self.floats.nbytes} {address}, <{self.lanes} x i1> {mask}"
        self.emit(f"call void {function}({arguments})")

    def _store_first(self, value: Value, pointer: Pointer, count: int) -> None:
        """The first lanes, in pieces of a power of two: where masks have no registers, an instruction that stores by
        one takes many times as long."""
        start = 0
        for size in (1 << bit for bit in reversed(range(count.bit_length())) if count >> bit & 1):
            lanes = ", ".join(f"i32 {start + lane}" for lane in range(size))
            piece = self.let(f"shufflevector {self.vector} {value}, {self.vector} poison, <{size} x i32> <{lanes}>")
            address = self.offset(pointer, self.floats.nbytes * start)
            self.emit(f"store <{size} x {self.floats.llvm}> {piece}, ptr {address}, align {self.floats.nbytes}")
            start += size

    def load_bytes(self, pointer: Pointer, nbytes: Index = 0, mask: str | None = None) -> Value:
        """A vector of consecutive bytes, each as a non-negative i32."""
        address, bytes_ = self.offset(pointer, nbytes), f"<{self.lanes} x i8>"
        if mask is None:
            loaded = self.let(f"load {bytes_}, ptr {address}, align 1")
        else:
            function = f"{bytes_} @llvm.masked.load.v{self.lanes}i8.p0"
            self.module.declare(f"{function}(ptr, <{self.lanes} x i1>, {bytes_})")
            arguments = f"ptr align 1 {address}, <{self.lanes} x i1> {mask}, {bytes_} zeroinitializer"
            loaded = self.let(f"call {function}({arguments})")
        return self.let(f"zext {bytes_} {loaded} to {self.integers}")

    def store_bytes(self, value: Value, pointer: Pointer, nbytes: Index = 0, mask: str | None = None) -> None:
        """The low byte of each i32 of a vector."""
        address, bytes_ = self.offset(pointer, nbytes), f"<{self.lanes} x i8>"
        low = self.let(f"trunc {self.integers} {value} to {bytes_}")
        if mask is None:
            self.emit(f"store {bytes_} {low}, ptr {address}, align 1")
            return
        if mask == self.tail_mask(1):  # for this one, LLVM 22 for AVX-512 would store all four bytes of the i32
            byte = self.let(f"extractelement {bytes_} {low}, i64 0")
            self.emit(f"store i8 {byte}, ptr {address}, align 1")
            return
        function = f"@llvm.masked.store.v{self.lanes}i8.p0"
        self.module.declare(f"void {function}({bytes_}, ptr, <{self.lanes} x i1>)")
        self.emit(f"call void {function}({bytes_} {low}, ptr align 1 {address}, <{self.lanes} x i1> {mask})")

    def load_integers(self, pointer: Pointer, nbytes: Index = 0, mask: str | None = None) -> Value:
        """A vector of consecutive i32; lanes that `mask` leaves out read as zero and touch no memory."""
        address = self.offset(pointer, nbytes)
        if mask is None:
            return self.let(f"load {self.integers}, ptr {address}, align {I32.nbytes}")
        function = f"{self.integers} @llvm.masked.load.v{self.lanes}i32.p0"
        self.module.declare(f"{function}(ptr, <{self.lanes} x i1>, {self.integers})")
        arguments = f"ptr align {I32.nbytes} {address}, <{self.lanes} x i1> {mask}, {self.integers} zeroinitializer"
        return self.let(f"call {function}({arguments})")

    def store_integers(self, value: Value, pointer: Pointer, nbytes: Index = 0) -> None:
        self.emit(f"store {self.integers} {value}, ptr {self.offset(pointer, nbytes)}, align {I32.nbytes}")

    def load_words(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        return self.let(f"load {self.words}, ptr {self.offset(pointer, nbytes)}, align {self.word.nbytes}")

    def store_words(self, value: Value, pointer: Pointer, nbytes: Index = 0) -> None:
        self.emit(f"store {self.words} {value}, ptr {self.offset(pointer, nbytes)}, align {self.word.nbytes}")

    def tail_mask(self, count: int) -> str | None:
        """A constant mask of the first `count` lanes; None if that is all of them."""
        if count >= self.lanes:
            return None
        return "<" + ", ".join(f"i1 {int(lane < count)}" for lane in range(self.lanes)) + ">"

    def stack_float(self, value: Value) -> Pointer:
        """The address of a number that lives as long as the call does."""
        slot = self.fresh("slot")
        self.entry_lines.append(f"  {slot} = alloca {self.floats.llvm}, align {self.floats.nbytes}")
        self.emit(f"store {self.floats.llvm} {value}, ptr {slot}, align {self.floats.nbytes}")
        return slot

    def stack_i32(self) -> Pointer:
        """Memory for an i32 that lives as long as the call of the function that asks for it."""
        return self.let(f"alloca {I32.llvm}, align {I32.nbytes}")

    def stack_vectors(self, count: int) -> Pointer:
        """Memory for vectors that lives as long as the call does."""
        slot = self.fresh("slot")
        self.entry_lines.append(f"  {slot} = alloca [{count} x {self.vector}], align {self.vector_nbytes}")
        return slot

    def broadcast(self, pointer: Pointer, nbytes: Index = 0) -> Value:
        return self.splat(self.load_float(pointer, nbytes))

    # ------------------------------------------------------------------ arithmetic
    def binary(self, opcode: str, a: Value, b: Value) -> Value:
        return self.let(f"{opcode} {self.vector} {a}, {b}")

    def integer(self, opcode: str, a: Value, b: Value) -> Value:
        return self.let(f"{opcode} {self.integers} {a}, {b}")

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """a * b + c, rounded once where the target can, twice where it cannot."""
        if not self.module.target.fused_multiply_add:
            return self.binary("fadd", self.binary("fmul", a, b), c)
        return self.intrinsic("fma", a, b, c)

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """An LLVM intrinsic on vectors of numbers, such as 'sqrt' or 'rint', that the target has an instruction for."""
        types = ", ".join([self.vector] * len(arguments))
        function = f"{self.vector} @llvm.{name}.v{self.lanes}{self.floats.name}"
        self.module.declare(f"{function}({types})")
        return self.let(f"call {function}({', '.join(f'{self.vector} {argument}' for argument in arguments)})")

    def greater(self, a: Value, b: Value, predicate: str = "ogt") -> Value:
        """A lane mask of a > b."""
        return self.let(f"fcmp {predicate} {self.vector} {a}, {b}")

    def either(self, a: Value, b: Value) -> Value:
        """The lanes of two masks together."""
        return self.let(f"or <{self.lanes} x i1> {a}, {b}")

    def select(self, mask: Value, a: Value, b: Value) -> Value:
        return self.let(f"select <{self.lanes} x i1> {mask}, {self.vector} {a}, {self.vector} {b}")

    def chosen(self, condition: Value, a: Value, b: Value) -> Value:
        """`a` if the condition, which is one for all lanes, is true, else `b`."""
        return self.let(f"select i1 {condition}, {self.vector} {a}, {self.vector} {b}")

    def chosen_pointer(self, condition: Value, a: Pointer, b: Pointer) -> Pointer:
        """One of two addresses, by an i1."""
        return self.let(f"select i1 {condition}, ptr {a}, ptr {b}")

    def maximum(self, a: Value, b: Value) -> Value:
        """The larger one; `b` where either is NaN (one instruction on every target)."""
        return self.select(self.greater(a, b), a, b)

    def nan_beside(self, value: Value, others: Sequence[Value]) -> Value:
        """`value`, NaN in the lanes in which one of the others is.

        One comparison checks two of them. Where masks have registers, they choose; elsewhere a mask is itself a NaN.
        """
        if not others:
            return value
        pairs = [(others[place], others[min(place + 1, len(others) - 1)]) for place in range(0, len(others), 2)]
        if self.module.target.permutes_lanes:
            numbers = reduce(self.both, [self.greater(a, b, "ord") for a, b in pairs])
            return self.select(numbers, value, self.constant(math.nan))
        missing = reduce(self.either, [self.greater(a, b, "uno") for a, b in pairs])
        bits = self.let(f"sext <{self.lanes} x i1> {missing} to {self.words}")
        return self.as_numbers(self.on_words("or", bits, self.as_words(value)))

    def highest(self, a: Value, b: Value) -> Value:
        """The larger one; NaN if either is."""
        return self.select(self.greater(a, a, "uno"), a, self.maximum(a, b))

    def lowest(self, a: Value, b: Value) -> Value:
        """The smaller one; NaN if either is."""
        return self.select(self.greater(a, a, "uno"), a, self.minimum(a, b))

    def minimum(self, a: Value, b: Value) -> Value:
        """The smaller one; `b` where either is NaN."""
        return self.select(self.greater(a, b, "olt"), a, b)

    def select_integer(self, mask: Value, a: Value, b: Value) -> Value:
        return self.let(f"select <{self.lanes} x i1> {mask}, {self.integers} {a}, {self.integers} {b}")

    def select_word(self, mask: Value, a: Value, b: Value) -> Value:
        return self.let(f"select <{self.lanes} x i1> {mask}, {self.words} {a}, {self.words} {b}")

    def both(self, a: Value, b: Value) -> Value:
        """The lanes that two masks share."""
        return self.let(f"and <{self.lanes} x i1> {a}, {b}")

    def compressed(self, value: Value, mask: Value, *, integer: bool = False) -> Value:
        """The lanes of the mask at the front, in their order; the others hold anything."""
        vector, suffix = (self.integers, "i32") if integer else (self.vector, self.floats.name)
        function = f"{vector} @llvm.experimental.vector.compress.v{self.lanes}{suffix}"
        self.module.declare(f"{function}({vector}, <{self.lanes} x i1>, {vector})")
        arguments = f"{vector} {value}, <{self.lanes} x i1> {mask}, {vector} poison"
        return self.let(f"call {function}({arguments})")

    def count_lanes(self, mask: Value) -> Value:
        """How many lanes a mask has, as an index."""
        bits = f"i{self.lanes}"
        self.module.declare(f"{bits} @llvm.ctpop.{bits}({bits})")
        packed = self.let(f"bitcast <{self.lanes} x i1> {mask} to {bits}")
        return self.let(f"zext {bits} {self.let(f'call {bits} @llvm.ctpop.{bits}({bits} {packed})')} to i64")

    def any_lane(self, mask: Value) -> Value:
        """Whether a mask has any lane, as an i1."""
        packed = self.let(f"bitcast <{self.lanes} x i1> {mask} to i{self.lanes}")
        return self.let(f"icmp ne i{self.lanes} {packed}, 0")

    def sum_lanes(self, value: Value) -> Value:
        """Sum of all lanes as a scalar, in a fixed tree order."""
        function = f"{self.floats.llvm} @llvm.vector.reduce.fadd.v{self.lanes}{self.floats.name}"
        self.module.declare(f"{function}({self.floats.llvm}, {self.vector})")
        return self.let(f"call reassoc {function}({self.floats.llvm} 0.0, {self.vector} {value})")

    def largest_lane(self, value: Value) -> Value:
        """The largest lane as a scalar (NaN lanes are passed over)."""
        half = self.lanes // 2
        while half:  # not llvm.vector.reduce.fmax, for which WebAssembly would call a library
            other = self.shuffle(value, value, [(lane + half) % self.lanes for lane in range(self.lanes)])
            value = self.select(self.greater(other, other, "uno"), value, self.maximum(value, other))
            half //= 2
        return self.let(f"extractelement {self.vector} {value}, i64 0")

    def lane_indices(self) -> Value:
        return "<" + ", ".join(f"i32 {lane}" for lane in range(self.lanes)) + ">"

    # ------------------------------------------------------------------ control
    def loop(
        self,
        start: Index,
        stop: Index,
        step: int = 1,
        carried: Sequence[Value] = (),
        types: Sequence[str] | None = None,
        *,
        guarded: bool = False,
    ) -> Loop:
        """`with f.loop(0, n) as row:` - see `Loop`. The body runs at least once, unless the loop is `guarded`."""
        return Loop(self, start, stop, step, list(carried), list(types or [self.vector] * len(carried)), guarded)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """The body runs if the i1 `condition` holds."""
        inside, after = self.label("then"), self.label("after")
        self.emit(f"br i1 {condition}, label %{inside}, label %{after}")
        self.begin_block(inside)
        yield
        self.emit(f"br label %{after}")
        self.begin_block(after)

    @contextmanager
    def when_positive(self, count: Index) -> Iterator[bool]:
        """The body runs if `count` > 0, which is decided here when it is known; yields False if it never does."""
        if isinstance(count, int):
            assert count > 0, "do not emit code for an empty range"
            yield True
            return
        with self.when(self.compare("sgt", count, 0)):
            yield True

    def call(self, function: str, *arguments: tuple[str, Index]) -> None:
        """Calls a function of the module that returns nothing; arguments are (type, value)."""
        self.called.add(function)
        self.emit(f"call void @{function}({', '.join([f'{type_} {value}' for type_, value in arguments])})")
