"""Signatures of Keras's, as they were recorded, beside those of planish's functions of the same names."""

import importlib
import inspect
import json
from pathlib import Path
from typing import get_args, get_type_hints

RECORDED = json.loads((Path(__file__).parent / "signatures.json").read_text(encoding="utf-8"))


def pairs():
    """(name, Keras's arguments, planish's function) of all that both have."""
    for full, recorded in RECORDED.items():
        room, _, name = full.rpartition(".")
        try:
            found = getattr(importlib.import_module(f"planish.{room}".rstrip(".")), name)
        except (ImportError, AttributeError):
            continue
        for method, arguments in recorded.items():
            function = getattr(found, method, None) if method else found
            if callable(function) and arguments is not None:
                yield ".".join(filter(None, (full, method))), arguments, function


def arguments_of(function):
    """In the form in which Keras's are recorded; `**options` of known names are these names."""
    written = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            written += [f"{name}=..." for name in option_names(function)] or [f"**{parameter.name}"]
        elif parameter.default is inspect.Parameter.empty:
            written.append("*" * (parameter.kind is inspect.Parameter.VAR_POSITIONAL) + parameter.name)
        else:
            written.append(f"{parameter.name}={parameter.default!r}")
    return written


def option_names(function):
    """The keywords of `**options: Unpack[Options]`."""
    made = function.__init__ if isinstance(function, type) else function
    name = next((p.name for p in inspect.signature(made).parameters.values() if p.kind is p.VAR_KEYWORD), None)
    if name is None or "Unpack" not in str(made.__annotations__.get(name)):
        return []
    unpacked = get_args(get_type_hints(made).get(name))
    return list(get_type_hints(unpacked[0])) if unpacked else []


def positional(function):
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
