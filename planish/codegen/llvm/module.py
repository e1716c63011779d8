"""A module of generated code: functions, declarations, and the attributes that they share.

A program's text is written in chapters, at the end of each of which LLVM can begin with what is there. It sees several
modules then, each with some of the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import compress

from planish.codegen.llvm.alike import Defined, Shared, calling, joined
from planish.codegen.llvm.function import Function
from planish.codegen.llvm.splitting import dealt_out, written
from planish.codegen.llvm.target import Target

_ENTRY, _INSIDE, _QUICKLY = range(3)  # groups of attributes


class Module:
    """Collects the text of functions; `text` is the whole as LLVM assembly.

    `ready` is given parts of it as modules of their own, as soon as they are complete.
    """

    def __init__(self, target: Target, ready: Callable[[str], object] | None = None) -> None:
        self.target = target
        self._ready = ready
        self._declarations: dict[str, None] = {}
        self._complete: dict[str, Defined] = {}
        self._instead: dict[str, Shared] = {}
        self._waiting: list[Defined] = []
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
        sparing: bool = False,
        quickly: bool = False,
    ) -> Iterator[Function]:
        """`parameters` are written with their types, e.g. 'ptr noalias %x'. The function returns `Function.result`,
        which is nothing unless it is set.

        `quickly`: LLVM does not optimise the code, where compiling it would take longer than that saves.
        `shared`: if the module has the same function already, that one is used, and `Function.name` is its name. Those
        that differ only in numbers become one in the text (`alike.py`).
        `sparing`: parameters that it does not use are left out. It is called with `Function.parameters`.
        """
        function = Function(self, name, lanes or self.target.lanes, quickly=quickly)
        function.given = [parameter.rsplit(" ", 1)[1] for parameter in parameters]
        yield function
        body = "\n".join([*function.entry_lines, *function.lines])
        used = [not sparing or own in body for own in function.given]
        function.parameters = list(compress(function.given, used))
        arguments = ", ".join(compress(parameters, used))
        if shared:
            function.name = self._shared.setdefault((arguments, body), name)
            if function.name != name:
                return
        group = (_QUICKLY if quickly else _INSIDE) if internal else _ENTRY
        called = frozenset(function.called)
        self._functions[name] = Defined(name, arguments, body, internal, group, called, function.result)

    def has_function(self, name: str) -> bool:
        return name in self._functions or name in self._complete

    def end_chapter(self, *, last: bool = False) -> None:
        """Nothing that is written from now on is alike with what is there. Where it is enough for LLVM to begin, or if
        this is the last chapter, it is handed over."""
        functions, instead = self._joined()
        self._functions = {}
        self._complete.update((function.name, function) for function in functions)
        self._instead.update(instead)
        self._waiting += functions
        if self._ready is None:
            return
        parts, self._waiting = dealt_out(self._waiting, everything=last)
        for part in parts:
            self._ready(written(self._head, self._constants, part, self._complete, self._attributes))

    def _joined(self) -> tuple[list[Defined], Mapping[str, Shared]]:
        """The chapter's functions; of those that are shared, and of those which call these, the ones that are alike as
        one. Then what is called in place of them."""
        functions = calling(self._functions.values(), self._instead)
        functions, kernels = joined(functions, set(self._shared.values()))
        quick = {function.name for function in functions if function.attributes == _QUICKLY}
        functions, stages = joined(functions, quick)
        return functions, {**kernels, **stages}

    @property
    def text(self) -> str:
        functions = [*self._complete.values(), *self._joined()[0]]
        texts = [function.text() for function in functions]
        return "\n".join([self._head, *self._constants.values(), "", *texts, self._attributes])

    @property
    def _head(self) -> str:
        declarations = [f"declare {signature}" for signature in self._declarations]
        layout = [f'target datalayout = "{self.target.data_layout}"'] if self.target.data_layout else []
        return "\n".join([*layout, f'target triple = "{self.target.triple}"\n', *declarations])

    @property
    def _constants(self) -> dict[str, str]:
        """The definition of each."""
        return {name: _constant(name, content) for content, name in self._data.items()}

    @property
    def _attributes(self) -> str:
        width = 8 * self.target.floats.nbytes * self.target.lanes
        widths = f'"prefer-vector-width"="{width}" "min-legal-vector-width"="{width}"'
        return "\n".join(
            [
                f"attributes #{_ENTRY} = {{ nounwind {widths} }}",
                f"attributes #{_INSIDE} = {{ nounwind noinline {widths} }}",
                f"attributes #{_QUICKLY} = {{ nounwind noinline optnone {widths} }}\n",
            ]
        )


def _constant(name: str, content: bytes) -> str:
    """The definition of constant bytes, on a cache line."""
    written = "".join(f"\\{byte:02X}" for byte in content)
    return f'{name} = private unnamed_addr constant [{len(content)} x i8] c"{written}", align 64'
