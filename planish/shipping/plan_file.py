"""`model.build("model.plan")`: programs for several kinds of processors, weights and a test in one file."""

from __future__ import annotations

import os
from typing import Any

from planish import atomic_file
from planish.codegen.llvm.target import HOST, PROCESSORS, Target, target_named
from planish.errors import explain
from planish.shipping import checks, self_test
from planish.shipping.contents import Contents
from planish.shipping.order import Order
from planish.shipping.programs import shipped_program
from planish_runtime.processor import NEEDS, WORDS, abilities, telling

EVERYWHERE = tuple(PROCESSORS)
"""What is built for by default: all processors, so that the file is the same wherever it is built."""


def write(order: Order) -> str:
    """Writes the file. There is nothing to say of it that it does not say itself."""
    place = _checked_place(order.path)
    names = checks.target_names(EVERYWHERE if order.targets is None else order.targets, [HOST, *PROCESSORS])
    together = checks.images_together(order.batch)
    types = checks.types_of_images(order.dtypes)
    model = order.model()
    every = [model.types_with(dtype) for dtype in types] or [model.types_with(None)]
    contents = Contents(model.ends.with_types(every[0]), model.notes, model.name, model.version)
    images = self_test.images(model.graph, every[0])
    contents.add_test(images, self_test.expected(model.graph, images, model.parameters), self_test.TOLERANCE)
    for name in names:
        target = _target(name)
        for dtypes in every:
            made = shipped_program(model.graph, dtypes, target, model.parameters, together)
            inputs = [dtypes[each] for each in model.ends.input_names]
            contents.add_program(name, target.architecture, _needs(name, target), inputs, made)
    atomic_file.write(place, contents.written())
    return ""


def _needs(name: str, target: Target) -> tuple[int, ...]:
    """What a processor has to have for the program of a target."""
    if name == HOST:
        return telling(abilities()) if target.architecture == "x86_64" else (0,) * WORDS
    return NEEDS.get(name, (0,) * WORDS)


def _target(name: str) -> Target:
    """Other processors than x86-64 do not say in one way what they can do: there, the host is what all have."""
    target = target_named(name)
    if name == HOST and target.architecture != "x86_64":
        return target_named(next(each for each, kind in PROCESSORS.items() if kind.kind == target.name))
    return target


def _checked_place(path: Any) -> str:
    place = checks.place_of(path, "model.plan")
    if not place.endswith(".plan"):
        raise ValueError(
            explain(
                what="build: the name of a compiled model ends in .plan",
                received=repr(place),
                remedy=f"model.build({os.path.splitext(place)[0] + '.plan'!r})",
            )
        )
    return place
