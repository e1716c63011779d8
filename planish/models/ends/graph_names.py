"""What the ends of a model are called in graphs: one input is 'x', one output 'y'; several have places and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def input_names(specs: Sequence[Any]) -> list[str]:
    """The names of a model's inputs in graphs."""
    return [f"x{end}" for end in endings(specs)]


def given_name(name: str) -> str:
    """What a user calls the input of that name in a graph: `x`, or the name of its layer."""
    return name.partition(":")[2] or name


def output_names(specs: Sequence[Any]) -> list[str]:
    """The names of a model's outputs in graphs."""
    return [f"y{end}" for end in endings(specs)]


def endings(specs: Sequence[Any]) -> list[str]:
    """What the names of everything that belongs to one input, or one output, end in: nothing if it is the only one."""
    return [""] if len(specs) == 1 else [f"/{place}:{spec.name}" for place, spec in enumerate(specs)]
