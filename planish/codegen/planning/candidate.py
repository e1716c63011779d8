"""What a row of the table of candidates is: one way to compute an operation; and how one is picked.

Of the candidates that fit, the one of the fewest cycles is taken, the earlier one if two take as many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.graph.node import Node
from planish.graph.settings import Settings
from planish.primitives.rewritten.fused import settings_of_base

MADE_FOR_F32 = "it is made for float32"
DIRECT_SUMS = "PLANISH_EXACT asks for direct sums"


@dataclass(frozen=True, slots=True)
class Problem:
    """An operation of the graph, and what it is lowered for.

    `training`: weights change in every step; `from_memory`: those of all layers together are too many to be in the
    cache when the next image needs them.
    """

    node: Node
    target: Target
    training: bool
    from_memory: bool = False

    @property
    def in_f32(self) -> bool:
        """Whether the program computes in float32, for which some kernels are made."""
        return self.target.floats is F32

    @property
    def without_winograd(self) -> str | None:
        """Why nothing may be computed by Winograd's method; None if it may."""
        if self.target.takes_winograd:
            return None
        return DIRECT_SUMS if self.in_f32 else MADE_FOR_F32

    @property
    def spec(self) -> Spec:
        return spec_of(self.node)

    @property
    def settings(self) -> Settings:
        """Those of the operation that the node computes before its tail."""
        return settings_of_base(self.node)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to compute an operation.

    `name`: the primitive whose kernel does the work; `method` and `because`: what the plan says of it.
    `fits`: why it cannot be used, or is known not to pay; None if neither.
    `cycles`: an image, comparable with those of the other candidates of the same operation only; None where no other
    one fits at the same time.
    `lower`: the nodes that compute the operation this way.
    """

    name: str
    method: str
    because: str
    fits: Callable[[Problem], str | None]
    cycles: Callable[[Problem], float] | None
    lower: Callable[[Problem], Node]


class Considered(NamedTuple):
    """A candidate that was not taken: why it does not fit, or the cycles that it would take."""

    candidate: Candidate
    reason: str | None
    cycles: float | None


class Decision(NamedTuple):
    """The candidate that was taken; its cycles are known if others fitted, too."""

    candidate: Candidate
    cycles: float | None
    others: tuple[Considered, ...]

    @property
    def why(self) -> str:
        """What speaks for the candidate, then against the others, those of one reason together."""
        against: dict[str, list[str]] = {}
        for other in self.others:
            reason = other.reason or f"{other.cycles:,.0f} cycles in place of {self.cycles:,.0f}"
            against.setdefault(reason, []).append(other.candidate.method)
        said = [f"{' / '.join(methods)}: {reason}" for reason, methods in against.items()]
        return "; ".join([self.candidate.because, *said])


def decide(problem: Problem, candidates: Sequence[Candidate]) -> Decision:
    """The best of the candidates, of which at least one fits."""
    reasons = [candidate.fits(problem) for candidate in candidates]
    fitting = [candidate for candidate, reason in zip(candidates, reasons, strict=True) if reason is None]
    cycles: Mapping[str, float] = {}
    if len(fitting) > 1:
        cycles = {candidate.method: _cycles(candidate, problem) for candidate in fitting}
    taken = min(fitting, key=lambda candidate: cycles.get(candidate.method, 0.0))
    others = tuple(
        Considered(candidate, reason, cycles.get(candidate.method))
        for candidate, reason in zip(candidates, reasons, strict=True)
        if candidate is not taken
    )
    return Decision(taken, cycles.get(taken.method), others)


def _cycles(candidate: Candidate, problem: Problem) -> float:
    assert candidate.cycles is not None, f"{candidate.method} fits beside others and has no cycles"
    return candidate.cycles(problem)


def always(problem: Problem) -> str | None:
    """For a candidate that nothing keeps from being used."""
    return None
