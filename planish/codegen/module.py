"""A module of generated code: functions, declarations, and the attributes that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from planish.codegen.function import Function
from planish.codegen.target import Target


class Module:
    """Collects the text of functions; `text` is the whole as LLVM assembly."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._declarations: dict[str, None] = {}
        self._functions: list[str] = []
        self._names: set[str] = set()

    def declare(self, signature: str) -> None:
        """Declares an external function or intrinsic, once."""
        self._declarations.setdefault(signature)

    @contextmanager
    def function(
        self, name: str, parameters: Sequence[str], *, lanes: int | None = None, internal: bool = True
    ) -> Iterator[Function]:
        """`parameters` are written with their types, e.g. 'ptr noalias %x'. The function returns nothing."""
        self._names.add(name)
        function = Function(self, name, lanes or self.target.lanes)
        yield function
        linkage, group = ("internal ", "#1") if internal else ("", "#0")
        head = f"define {linkage}void @{name}({', '.join(parameters)}) {group} {{\nentry:\n"
        self._functions.append(head + "\n".join([*function.entry_lines, *function.lines]) + "\n  ret void\n}\n")

    def has_function(self, name: str) -> bool:
        return name in self._names

    @property
    def text(self) -> str:
        width = 32 * self.target.lanes
        widths = f'"prefer-vector-width"="{width}" "min-legal-vector-width"="{width}"'
        return "\n".join(
            [
                f'target triple = "{self.target.triple}"\n',
                *(f"declare {signature}" for signature in self._declarations),
                "",
                *self._functions,
                f"attributes #0 = {{ nounwind {widths} }}",
                f"attributes #1 = {{ nounwind noinline {widths} }}\n",
            ]
        )
