"""What Keras has and planish does not: said wherever its name is used, with what to use instead.

A room says it of its attributes (`__getattr__ = absent.getter("layers")`), of `from planish.layers import RandomHue`
and of strings (`unknown_name`), the package of modules (`refuse_module`). The table is `planish/absent/table.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import NoReturn

import planish.errors as errors
from planish.errors import explain


def getter(room: str) -> Callable[[str], NoReturn]:
    """A module's `__getattr__`. `room` is the module's name without the package's: "layers", "" for the package."""

    def refuse(name: str) -> NoReturn:
        raise missing(room, name, sys._getframe(1))

    return refuse


def missing(room: str, name: str, frame: FrameType) -> Exception:
    """The error for an attribute that a module does not have: an ImportError if `frame`, which asked, executes
    `from module import name`, whose own text would hide the attribute's."""
    module = ".".join(filter(None, ("planish", room)))
    text = told(room, name)
    if text is not None and _imports(frame):
        return ImportError(text, name=module)
    plain = f"module {module!r} has no attribute {name!r}"
    return AttributeError(text or plain, name=name, obj=sys.modules.get(module))


def refuse_module(module: str) -> None:
    """ModuleNotFoundError if `module`, with its package's name, is one that only Keras has."""
    _, _, full = module.partition(".")
    room, _, name = full.rpartition(".")
    text = told(room, name)
    if text is not None:
        raise ModuleNotFoundError(text, name=module)


def unknown_name(kind: str, room: str, name: object, choices: Iterable[str]) -> str:
    """The text of an error about a string that names something of a room: as `errors.unknown_name` has it, unless
    Keras knows the name (in any spelling: 'lion', 'binary_focal_crossentropy')."""
    return (told_of_string(room, name) if isinstance(name, str) else None) or errors.unknown_name(kind, name, choices)


def told(room: str, name: str) -> str | None:
    """What is said about a name that only Keras has; None if Keras does not have it either."""
    if name.startswith("_"):
        return None
    from planish.absent import table

    instead = table.lookup(room, name)
    if instead is None:
        return None
    full = ".".join(filter(None, ("keras", room, name)))
    old = (room, name) in table.BEFORE_KERAS_3
    return explain(what=f"Keras {'2 had' if old else 'has'} {full}; planish does not", remedy=instead)


def told_of_string(room: str, name: str) -> str | None:
    """The same for a name as `compile` and `get` take it, in any case and with or without underscores."""
    from planish.absent import table

    found = table.spelled(room, name)
    return None if found is None else told(room, found)


def _imports(frame: FrameType) -> bool:
    """Whether the frame is executing the second half of a `from ... import ...`."""
    import opcode

    return frame.f_code.co_code[frame.f_lasti] == opcode.opmap["IMPORT_FROM"]
