"""Lines of an LLVM function: names, blocks, and arithmetic on indices.

Indices and byte counts are Python ints as long as they are known and SSA names (`str`) when they are not; arithmetic on
two ints never reaches the generated code.
"""

from __future__ import annotations

Index = int | str
Value = str

_LASTING = ("getelementptr ", "load ptr, ", "mul ", "add ", "sub ")
"""Instructions that give the same whenever a function of calls executes them: it finds no pointers but those of the
context, which stays as it is."""


class Lines:
    """The text of a function under construction.

    `quickly`: LLVM will translate it as it is, so nothing is computed again that the same block, or the first one, has
    computed already.
    """

    def __init__(self, *, quickly: bool = False) -> None:
        self.quickly = quickly
        self._known: dict[str, Value] = {}
        self._known_everywhere: dict[str, Value] = {}
        self.lines: list[str] = []
        self.entry_lines: list[str] = []
        self.called: set[str] = set()  # functions of the module
        self.given: list[str] = []
        self.parameters: list[str] = []
        self.result = "void"  # or a value with its type; only entry points have one
        self.block_name = "entry"
        self._count = 0

    def emit(self, line: str) -> None:
        self.lines.append("  " + line)

    def fresh(self, hint: str = "v") -> str:
        self._count += 1
        return f"%{hint}{self._count}"

    def let(self, instruction: str) -> Value:
        """Emits the instruction and names its result."""
        if self.quickly and instruction.startswith(_LASTING):
            return self._once(instruction)
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def _once(self, instruction: str) -> Value:
        found = self._known.get(instruction) or self._known_everywhere.get(instruction)
        if found is None:
            found = self.fresh()
            self.lines.append(f"  {found} = {instruction}")
            known = self._known_everywhere if self.block_name == "entry" else self._known
            known[instruction] = found
        return found

    def begin_block(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block_name = label
        self._known = {}

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
