"""`model.build("digits", emit="c")`: digits.h, libdigits.a or digits.o, and digits_example.c."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from planish import atomic_file
from planish.codegen import compile as compiler
from planish.codegen.llvm.target import HOST, MICROCONTROLLERS, PROCESSORS, architecture_of, ask_llvm, target_named
from planish.codegen.planning.plan import INFERENCE_BLOCK
from planish.errors import explain, unknown_name
from planish.shipping import c_description, c_example, c_header, c_names, c_sizes, c_symbols, checks, self_test
from planish.shipping.c_archive import archive
from planish.shipping.c_interface import interface_of
from planish.shipping.freestanding import freestanding, with_globals
from planish.shipping.order import Order
from planish.shipping.to_ship import ToShip

Array = NDArray[Any]

TARGETS = (HOST, *PROCESSORS, *MICROCONTROLLERS)
FORMS: Mapping[str, str] = {"library": "lib{stem}.a", "object": "{stem}.o"}
"""What has the functions, and how its file is called."""

_USUAL = {"x86_64": "x86-64-v3", "aarch64": "aarch64"}  # by architecture of the machine that builds
_ENDINGS = (".h", ".a", ".o", ".c", ".plan", ".keras", ".h5")


def write(order: Order) -> str:
    """Writes the files, and gives a report of what they take."""
    place, form, name = _checked_place(order.path), _checked_form(order.form), _one_target(order.targets)
    folder, stem = os.path.split(place)
    prefix, target, type_ = _checked_prefix(order.prefix, stem), target_named(name), _one_type(order.dtypes)
    together = checks.images_together(order.batch, 1 if target.is_microcontroller else INFERENCE_BLOCK)
    model = order.model()
    dtypes = model.types_with(type_)
    interface = interface_of(prefix, model.ends.with_types(dtypes))
    made = freestanding(model.graph, dtypes, target, model.parameters, together, interface.plain())
    said = c_description.definitions(interface, made, model.notes, model.name, model.version, name)
    code = compiler.object_code(with_globals(made.text, said), made.target)
    _refuse_what_is_missing(c_symbols.undefined(code), name)
    functions = [*interface.plain().functions, f"{prefix}_describe"]
    compiled = FORMS[form].format(stem=stem)
    contents = code if form == "object" else archive(f"{stem}.o", code, functions)
    header_text = c_header.text(interface, f"{stem}.h", compiled, model.version, name, made.work_nbytes)
    link = compiled if form == "object" else f"-L. -l{stem}"
    example_text = c_example.text(interface, stem, compiled, link, _expected(model, dtypes))
    with atomic_file.Together() as files:
        files.write(os.path.join(folder, compiled), contents)
        files.write(os.path.join(folder, f"{stem}.h"), header_text.encode())
        files.write(os.path.join(folder, f"{stem}_example.c"), example_text.encode())
    return c_sizes.report(model.graph, made, code, name)


def _refuse_what_is_missing(functions: Sequence[str], target: str) -> None:
    """ValueError if the processor computes something by calling a compiler's library."""
    if functions:
        raise ValueError(
            explain(
                what=f"build: the model needs functions of a compiler's library on {target}",
                rule="a library needs nothing from outside; some functions are computed in float64, and a processor"
                " without it, or without integers of 64 bits, calls functions instead",
                received=", ".join(functions),
                remedy='model.build("digits", emit="c", targets="cortex-m7"), which has float64\n'
                "or inputs of float32 or uint8, if they are integers of 64 bits",
            )
        )


def _expected(model: ToShip, dtypes: Mapping[str, str]) -> dict[str, Array]:
    """What should come out for the test image, by the arguments of the program."""
    images = self_test.images(model.graph, dtypes)
    expected = self_test.expected(model.graph, images, model.parameters)
    return {f"output {name}": values for name, values in expected.items()}


def _checked_place(path: Any) -> str:
    """Where the files go, without what tells them apart."""
    place = checks.place_of(path, "digits")
    root, ending = os.path.splitext(place)
    if ending in _ENDINGS:
        raise ValueError(
            explain(
                what="build: several files are written for C, and their names begin with the one that is given",
                received=repr(place),
                remedy=f'model.build({root!r}, emit="c")',
            )
        )
    folder, stem = os.path.split(place)
    if not re.fullmatch(r"\w[\w.+-]*", stem):
        better = os.path.join(folder, c_names.identifier(stem))
        raise ValueError(
            explain(
                what="build: the name of a library is part of commands and of an #include",
                expected="letters, digits, and _-.+, of which the last three are not the first",
                received=repr(place),
                remedy=f'model.build({better!r}, emit="c")',
            )
        )
    return place


def _checked_form(form: Any) -> str:
    if form is None:
        return "library"
    if form not in FORMS:
        raise ValueError(unknown_name("form of compiled code", form, FORMS))
    return str(form)


def _checked_prefix(prefix: Any, stem: str) -> str:
    """What the names of functions begin with."""
    if prefix is None:
        return c_names.identifier(stem)
    if not isinstance(prefix, str) or not c_names.is_identifier(prefix):
        raise ValueError(
            explain(
                what="build: names of functions in C begin with `prefix`",
                expected="a letter, then letters, digits and _, and not a word of C or C++",
                received=repr(prefix),
                remedy=f'model.build({stem!r}, emit="c", prefix={c_names.identifier(str(prefix))!r})',
            )
        )
    return prefix


def _one_target(targets: Any) -> str:
    """By default what nearly all processors of this machine's kind run."""
    usual = _USUAL.get(architecture_of(ask_llvm().triple), HOST)
    found = checks.target_names(usual if targets is None else targets, TARGETS)
    if len(found) > 1:
        raise ValueError(
            explain(
                what="build: a library is for one target",
                received=", ".join(found),
                remedy=f'model.build("digits", targets={found[-1]!r}, emit="c")',
            )
        )
    return found[0]


def _one_type(dtypes: Any) -> str | None:
    found = checks.types_of_images(dtypes)
    if len(found) > 1 or "float16" in found:
        raise ValueError(
            explain(
                what="build: functions in C take images of one type, which C has",
                expected="one of float32, uint8, ...",
                received=", ".join(found),
                remedy='model.build("digits", emit="c", dtypes="uint8")',
            )
        )
    return found[0] if found else None
