"""Who asks: what means one thing to planish, and another one to its users, depends on the code that reads it."""

from __future__ import annotations

from types import FrameType


def is_planish(frame: FrameType) -> bool:
    """Whether the code that runs there is one of planish's own modules."""
    return str(frame.f_globals.get("__name__")).partition(".")[0] == "planish"
