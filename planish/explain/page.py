"""The page itself: templates filled in by Jinja2, with style and scripts inside."""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import planish
from planish.errors import explain

if TYPE_CHECKING:
    from jinja2 import Environment

    from planish.explain.compiler_view import CompilerView
    from planish.explain.layer_cards import Card
    from planish.explain.mistakes import Mistakes
    from planish.explain.unrolling import Scored
    from planish.models.looking.contributions import Contributions
    from planish.models.model import Model

SCRIPTS = (
    *("encoding.js", "computing.js", "engine.js", "drawing.js", "maps.js", "unrolling.js", "classes.js", "alive.js"),
    *("pad.js", "beside.js", "numbers.js", "mistakes.js", "page.js"),
)
"""In the order in which they run; together they are one function, so that nothing in them is global."""

INSTALL = "pip install 'planish[explain]'"


def require_jinja() -> None:
    """ImportError, with what to install, if Jinja2 is not there."""
    if importlib.util.find_spec("jinja2") is None:
        raise ImportError(explain(what="a report needs Jinja2 for its page", remedy=INSTALL))


class Parts(NamedTuple):
    """What the templates show, by the names that they have for it. `data` is what the scripts draw, as JSON has it."""

    model: Model
    image: Mapping[str, Any] | None
    input_shape: tuple[int, ...]
    cards: Sequence[Card]
    scored: Sequence[Scored]
    scores_card: int | None
    names: Sequence[str]
    label: int | None
    right: str
    missing: Mapping[str, str]
    unrolled: Contributions | None
    windows: bool
    alive: bool
    arithmetic: Sequence[Mapping[str, Any]]
    learned: int | None
    salient: bool
    mistakes: Mistakes | None
    given_data: bool
    compiled: CompilerView
    words: Mapping[str, Any]
    data: Mapping[str, Any]


def render(parts: Parts) -> str:
    """The page with these parts. Text in them is escaped."""
    from markupsafe import Markup

    shown = parts._asdict()
    data = json.dumps(shown.pop("data"), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    template = _environment().get_template("report.html")
    return template.render(
        style=Markup(source("style.css")),
        script=Markup("\n".join(source(name) for name in SCRIPTS)),
        data=Markup(data),
        version=planish.__version__,
        **shown,
    )


@functools.cache
def _environment() -> Environment:
    """Templates, each of which is compiled once in a process."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("planish.explain"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "times": times,
        "thousands": lambda number: f"{number:,}",
        "short": lambda number: f"{number:.4g}",
        "percent": lambda share: f"{share:.1%}",
        "score": _score,
        "size": _size,
        "duration": _duration,
    }
    return environment


def source(name: str) -> str:
    """A file of the templates, unchanged."""
    return (files("planish.explain") / "templates" / name).read_text(encoding="utf-8")


def times(shape: Any) -> str:
    """The extents of a shape as they are spoken: 5 × 5 × 64."""
    return " \N{MULTIPLICATION SIGN} ".join(f"{extent:,}" for extent in shape) or "1"


def _score(score: float, activation: str | None) -> str:
    """A share of all as percent, any other number as it is."""
    if activation is None or not 0 <= score <= 1:
        return f"{score:.4g}"
    return f"{score:.2%}" if score >= 1e-4 or score == 0 else "< 0.01%"


def _size(nbytes: float) -> str:
    for unit, size in (("MB", 1e7), ("kB", 1e4)):
        if nbytes >= size:
            return f"{nbytes / (size / 10):,.0f} {unit}"
    return f"{nbytes:,.0f} bytes"


def _duration(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.1f} ms"
