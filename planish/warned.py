"""Warnings at the line of the user's own code that led to them, however deep inside planish they are noticed."""

from __future__ import annotations

import sys
import warnings

from planish.askers import is_planish


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the nearest line outside of planish; at the outermost one of planish's command, if there is none."""
    level, frame = 2, sys._getframe(1)
    while is_planish(frame) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)
