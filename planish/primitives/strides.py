"""Positions along axes: a start, how many, and a step, which may be negative."""

from __future__ import annotations

from collections.abc import Sequence

from planish.primitives.mistake import mistake


def check_inside(shape: Sequence[int], starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> None:
    """ValueError unless every position is inside of the axes."""
    if not len(shape) == len(starts) == len(counts) == len(steps):
        raise mistake("a start, a count and a step are needed for each axis", expected=len(shape), received=len(starts))
    for axis, (extent, start, count, step) in enumerate(zip(shape, starts, counts, steps, strict=True)):
        last = start + (count - 1) * step
        if count < 1 or step == 0 or not (0 <= start < extent and 0 <= last < extent):
            raise mistake(
                f"{count} positions from {start} on, in steps of {step}, are not in axis {axis}",
                expected=f"positions 0 to {extent - 1}",
                received=f"{start} to {last}",
            )


def slices_of(starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> tuple[slice, ...]:
    """NumPy's slices of these positions; one that goes backwards beyond the first element ends at None."""
    ends = [start + count * step for start, count, step in zip(starts, counts, steps, strict=True)]
    return tuple(
        slice(start, end if end >= 0 else None, step) for start, end, step in zip(starts, ends, steps, strict=True)
    )


def integers(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)
