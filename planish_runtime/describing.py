"""What a plan is, as text for people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence

from planish_runtime.facts import Array
from planish_runtime.opened_plan import Plan, opened
from planish_runtime.processor import architecture, can_run


def describe(path: str | os.PathLike[str], sha256: str | None = None) -> str:
    """The model, its inputs and outputs, its programs, and the digest of the file, which is checked but not run."""
    return "\n".join(_lines(opened(path, sha256)))


def _lines(plan: Plan) -> Iterator[str]:
    facts = plan.facts
    yield f"{facts.name}: built by planish {facts.planish}"
    yield f"sha256   {hashlib.sha256(plan.whole).hexdigest()}"
    yield f"bytes    {len(plan.whole):,}, of them weights {plan.parts['weights'].nbytes:,}"
    yield from _arrays("input", facts.inputs)
    yield from _arrays("output", facts.outputs)
    names = facts.notes.get("class_names")
    if isinstance(names, list):
        yield f"classes  {', '.join(map(str, names))}"
    if facts.notes.get("preprocessing") is not None:
        yield f"images   {facts.notes['preprocessing']}"
    for each in facts.programs:
        runs = each.architecture == architecture() and can_run(each.needs)
        memory = f"{each.scratch_nbytes + each.arena_nbytes:,} bytes of memory"
        yield (
            f"program  {each.target}: {', '.join(each.dtypes)}, code {each.code[1]:,} bytes, {memory}, "
            f"{'runs here' if runs else 'does not run here'}"
        )


def _arrays(kind: str, arrays: Sequence[Array]) -> Iterator[str]:
    for each in arrays:
        yield f"{kind:<8} {each.name}: {each.dtype} ({', '.join(['n', *map(str, each.shape)])})"
