"""The side of real Keras's process in `asking.py`; needs nothing but Python."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any


def serve(answer: Callable[[Any], None]) -> None:
    """Answers what comes in, a line of JSON each, and sends the line back when that is done. What libraries print goes
    to the log."""
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            answer(json.loads(line))
            print(line, end="", flush=True, file=sys.__stdout__)
