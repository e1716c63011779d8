"""Lines of an LLVM function: names, blocks, and arithmetic on indices.

Indices and byte counts are Python ints as long as they are known and SSA names (`str`) when they are not; arithmetic on
two ints never reaches the generated code.
"""

from __future__ import annotations

Index = int | str
Value = str


class Lines:
    """The text of a function under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.entry_lines: list[str] = []
        self.block_name = "entry"
        self._count = 0

    def emit(self, line: str) -> None:
        self.lines.append("  " + line)

    def fresh(self, hint: str = "v") -> str:
        self._count += 1
        return f"%{hint}{self._count}"

    def let(self, instruction: str) -> Value:
        """Emits the instruction and names its result."""
        name = self.fresh()
        self.lines.append(f"  {name} = {instruction}")
        return name

    def begin_block(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block_name = label

    def label(self, hint: str) -> str:
        self._count += 1
        return f"{hint}{self._count}"

    # ------------------------------------------------------------------ indices
    def add(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0:
            return b
        return a if b == 0 else self.let(f"add nsw i64 {a}, {b}")

    def subtract(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if b == 0 else self.let(f"sub nsw i64 {a}, {b}")

    def multiply(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if a == 0 or b == 0:
            return 0
        if a == 1:
            return b
        return a if b == 1 else self.let(f"mul nsw i64 {a}, {b}")

    def divide(self, a: Index, b: Index) -> Index:
        """Quotient of non-negative integers."""
        if isinstance(a, int) and isinstance(b, int):
            return a // b
        return a if b == 1 else self.let(f"udiv i64 {a}, {b}")

    def remainder(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a % b
        return self.let(f"urem i64 {a}, {b}")

    def smaller(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        return self.let(f"select i1 {self.compare('slt', a, b)}, i64 {a}, i64 {b}")

    def larger(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b)
        return self.let(f"select i1 {self.compare('sgt', a, b)}, i64 {a}, i64 {b}")

    def compare(self, predicate: str, a: Index, b: Index) -> Value:
        return self.let(f"icmp {predicate} i64 {a}, {b}")
