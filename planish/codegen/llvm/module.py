"""A module of generated code: functions, declarations, and the attributes that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from planish.codegen.llvm.alike import Defined, joined
from planish.codegen.llvm.function import Function
from planish.codegen.llvm.target import Target

_ENTRY, _INSIDE, _QUICKLY = range(3)  # groups of attributes


class Module:
    """Collects the text of functions; `text` is the whole as LLVM assembly."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._declarations: dict[str, None] = {}
        self._functions: dict[str, Defined] = {}
        self._shared: dict[tuple[str, str], str] = {}
        self._data: dict[bytes, str] = {}

    def declare(self, signature: str) -> None:
        """Declares an external function or intrinsic, once."""
        self._declarations.setdefault(signature)

    def data(self, content: bytes) -> str:
        """The address of constant bytes, which are in the module once."""
        return self._data.setdefault(content, f"@data{len(self._data)}")

    @contextmanager
    def function(
        self,
        name: str,
        parameters: Sequence[str],
        *,
        lanes: int | None = None,
        internal: bool = True,
        shared: bool = False,
        quickly: bool = False,
    ) -> Iterator[Function]:
        """`parameters` are written with their types, e.g. 'ptr noalias %x'. The function returns nothing.

        `quickly`: LLVM does not optimise the code, where compiling it would take longer than that saves.
        `shared`: if the module has the same function already, that one is used, and `Function.name` is its name. Those
        that differ only in numbers become one in the text (`alike.py`).
        """
        function = Function(self, name, lanes or self.target.lanes)
        yield function
        arguments, body = ", ".join(parameters), "\n".join([*function.entry_lines, *function.lines])
        if shared:
            function.name = self._shared.setdefault((arguments, body), name)
            if function.name != name:
                return
        group = (_QUICKLY if quickly else _INSIDE) if internal else _ENTRY
        self._functions[name] = Defined(name, arguments, body, internal, group)

    def has_function(self, name: str) -> bool:
        return name in self._functions

    def _joined(self) -> list[Defined]:
        """The functions; of those that are shared, and of those which call these, the ones that are alike as one."""
        functions = joined(list(self._functions.values()), set(self._shared.values()))
        return joined(functions, {function.name for function in functions if function.attributes == _QUICKLY})

    @property
    def text(self) -> str:
        width = 8 * self.target.floats.nbytes * self.target.lanes
        widths = f'"prefer-vector-width"="{width}" "min-legal-vector-width"="{width}"'
        return "\n".join(
            [
                f'target triple = "{self.target.triple}"\n',
                *(f"declare {signature}" for signature in self._declarations),
                *(_constant(name, content) for content, name in self._data.items()),
                "",
                *(function.text for function in self._joined()),
                f"attributes #{_ENTRY} = {{ nounwind {widths} }}",
                f"attributes #{_INSIDE} = {{ nounwind noinline {widths} }}",
                f"attributes #{_QUICKLY} = {{ nounwind noinline optnone {widths} }}\n",
            ]
        )


def _constant(name: str, content: bytes) -> str:
    """The definition of constant bytes, on a cache line."""
    written = "".join(f"\\{byte:02X}" for byte in content)
    return f'{name} = private unnamed_addr constant [{len(content)} x i8] c"{written}", align 64'
