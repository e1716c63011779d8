"""Vectors of a function: their types, constants, and what moves lanes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from planish.codegen.llvm.element_type import F32, I32, I64, ElementType
from planish.codegen.llvm.lines import Lines, Value

if TYPE_CHECKING:
    from planish.codegen.llvm.module import Module

ZERO: Value = "zeroinitializer"


class Vectors(Lines):
    """Numbers are of the type `floats`, that of the whole program. Vectors have `lanes` of them, or as many integers of
    32 bits, or as many words: integers with as many bits as the numbers have."""

    def __init__(self, module: Module, name: str, lanes: int, *, quickly: bool = False) -> None:
        super().__init__(quickly=quickly)
        self.module = module
        self.name = name
        self.lanes = lanes
        self.floats = module.target.floats

    @property
    def vector(self) -> str:
        return f"<{self.lanes} x {self.floats.llvm}>"

    @property
    def word(self) -> ElementType:
        """Integers with as many bits as the numbers have."""
        return I32 if self.floats is F32 else I64

    @property
    def words(self) -> str:
        return f"<{self.lanes} x {self.word.llvm}>"

    @property
    def integers(self) -> str:
        return f"<{self.lanes} x {I32.llvm}>"

    @property
    def vector_nbytes(self) -> int:
        return self.floats.nbytes * self.lanes

    # ------------------------------------------------------------------ constants
    def float_constant(self, number: float) -> Value:
        """`number` rounded to the program's type, as LLVM writes it: with the bits of a double."""
        rounded = float(np.float32(number)) if self.floats is F32 else float(number)
        bits = struct.unpack("<Q", struct.pack("<d", rounded))[0]
        return f"0x{bits:016X}"

    def constant(self, number: float) -> Value:
        """A vector with `number`, rounded to the program's type, in every lane."""
        if number == 0 and not np.signbit(number):
            return ZERO
        return "<" + ", ".join([f"{self.floats.llvm} {self.float_constant(number)}"] * self.lanes) + ">"

    def is_number(self, value: Value) -> bool:
        """Whether it is a constant of all lanes, other than NaN."""
        return value == ZERO or (value.startswith("<") and value != self.constant(math.nan))

    def integer_constant(self, number: int) -> Value:
        return "<" + ", ".join([f"i32 {number}"] * self.lanes) + ">"

    def word_constant(self, number: int) -> Value:
        return "<" + ", ".join([f"{self.word.llvm} {number}"] * self.lanes) + ">"

    def splat(self, scalar: Value) -> Value:
        return self._splat(self.vector, f"{self.floats.llvm} {scalar}")

    def splat_integer(self, scalar: Value) -> Value:
        return self._splat(self.integers, f"i32 {scalar}")

    def splat_word(self, scalar: Value) -> Value:
        return self._splat(self.words, f"{self.word.llvm} {scalar}")

    def _splat(self, vector: str, scalar: str) -> Value:
        single = self.let(f"insertelement {vector} poison, {scalar}, i64 0")
        return self.let(f"shufflevector {vector} {single}, {vector} poison, <{self.lanes} x i32> zeroinitializer")

    def shuffle(self, a: Value, b: Value, lanes: Sequence[int]) -> Value:
        """Lanes of the two vectors laid end to end."""
        places = ", ".join(f"i32 {lane}" for lane in lanes)
        return self.let(f"shufflevector {self.vector} {a}, {self.vector} {b}, <{self.lanes} x i32> <{places}>")

    def permuted(self, tables: Sequence[Value], places: Value) -> Value:
        """Each lane's choice among the lanes of one or two vectors laid end to end (targets that permute lanes)."""
        if len(tables) == 1:
            (table,) = tables
            return self._permuted(f"permvar.sf.{32 * self.lanes}", self.vector, table, places)
        name, (first, second) = f"llvm.x86.avx512.vpermi2var.ps.{32 * self.lanes}", tables
        self.module.declare(f"{self.vector} @{name}({self.vector}, {self.integers}, {self.vector})")
        arguments = f"{self.vector} {first}, {self.integers} {places}, {self.vector} {second}"
        return self.let(f"call {self.vector} @{name}({arguments})")

    def looked_up(self, table: Sequence[int], places: Value) -> Value:
        """The entry of a table of at most `lanes` numbers that each lane names (targets that permute lanes)."""
        full = "<" + ", ".join(f"i32 {number}" for number in [*table, *[0] * (self.lanes - len(table))]) + ">"
        return self._permuted(f"permvar.si.{32 * self.lanes}", self.integers, full, places)

    def _permuted(self, name: str, type_: str, table: Value, places: Value) -> Value:
        self.module.declare(f"{type_} @llvm.x86.avx512.{name}({type_}, {self.integers})")
        return self.let(f"call {type_} @llvm.x86.avx512.{name}({type_} {table}, {self.integers} {places})")

    def on_words(self, opcode: str, a: Value, b: Value) -> Value:
        return self.let(f"{opcode} {self.words} {a}, {b}")

    def as_words(self, x: Value) -> Value:
        """The bits of numbers."""
        return self.let(f"bitcast {self.vector} {x} to {self.words}")

    def as_numbers(self, bits: Value) -> Value:
        """Numbers of these bits."""
        return self.let(f"bitcast {self.words} {bits} to {self.vector}")
