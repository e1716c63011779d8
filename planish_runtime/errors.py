"""One form for every message about a mistake: what happened and where, then what was expected and what to do.

Dense 'dense': the layer was built for another number of features
  expected:    784 features (Flatten of 28x28x1)
  received:    1,024 features (Flatten of 32x32x1)
  input shape: (None, 1024)
  shapes:      (None, 32, 32, 1) -> Flatten 'flatten' (None, 1024) -> Dense 'dense'
  remedy:      a new layer in place of Dense 'dense': Dense(10)
               or images like those that it was built for: Input((28, 28, 1))

What is said about models is in `planish/errors.py`; docs/errors.md shows all messages about wrong shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LISTED_CHOICES = 60
_LONGEST_PART = 4000
_LONGEST_NAME = 200
"""Characters of a name for which a nearest one is looked for: a file may have names of millions."""

_WIDEST_CHAIN = 100
"""Characters of a chain of shapes that are written in one line; a longer one has a line for each step."""


def explain(
    *,
    what: str,
    layer: str | None = None,
    rule: str | None = None,
    expected: object | None = None,
    received: object | None = None,
    input_shape: Sequence[int | None] | None = None,
    chain: Sequence[object] = (),
    remedy: str | None = None,
) -> Explanation:
    """The text of an error.

    `layer` is the layer as its user knows it ("Dense 'dense'"), or the data; `chain` is the way from the input to the
    place that failed, a step an item. Parts that are None or empty are left out. Several lines in one part are indented
    alike. The middle of an enormous part, which a file may have a name of, is left out.
    """
    parts = {
        "rule": rule,
        "expected": expected,
        "received": received,
        "input shape": None if input_shape is None else tuple(input_shape),
        "shapes": _arrows(chain) or None,
        "remedy": remedy,
    }
    given = {label: _shortened(_text(part)) for label, part in parts.items() if part is not None}
    width = max((len(label) for label in given), default=0) + 1
    first = _shortened(what) if layer is None else f"{_shortened(layer)}: {_shortened(what)}"
    return Explanation("\n".join([first, *(_line(label, text, width) for label, text in given.items())]))


class Explanation(str):
    """The text of an error that was made by `explain`."""

    __slots__ = ()


def unknown_name(kind: str, name: object, choices: Iterable[str]) -> str:
    """The text of an error about a name that is not one of `choices`, with the nearest ones.

    `kind` says what was being named, in the singular: "activation", "optimizer", "PLANISH_TARGET".
    """
    known = {choice.lower(): choice for choice in sorted(choices)}
    nearest = nearest_names(name, known.values())
    listed = [repr(choice) for choice in known.values()]
    rest = [f"and {len(listed) - _LISTED_CHOICES} more"] if len(listed) > _LISTED_CHOICES else []
    return explain(
        what=f"unknown {kind} {name!r}",
        expected="one of " + ", ".join([*listed[:_LISTED_CHOICES], *rest]) if listed else "nothing: there are none",
        remedy="did you mean " + " or ".join(map(repr, nearest)) + "?" if nearest else None,
    )


def number_of(count: int, noun: str, plural: str | None = None) -> str:
    """ "1 row", "2 rows", "5,408 features"; `plural` where it is not the noun with an s."""
    return f"{count:,} {plural_if(count != 1, noun, plural)}"


def plural_if(several: bool, noun: str, plural: str | None = None) -> str:
    return (plural or f"{noun}s") if several else noun


def nearest_names(name: object, choices: Iterable[str]) -> list[str]:
    """Up to three of `choices` that `name` may have been meant to be, the likeliest first."""
    import difflib

    if len(str(name)) > _LONGEST_NAME:
        return []
    known = {choice.lower(): choice for choice in sorted(choices)}
    return [known[match] for match in difflib.get_close_matches(str(name).lower(), known, n=3, cutoff=0.6)]


def _line(label: str, text: str, width: int) -> str:
    indent = "\n" + " " * (width + 3)
    return f"  {label + ':':<{width}} {text.replace(chr(10), indent)}"


def _arrows(chain: Sequence[object]) -> str:
    steps = [str(step) for step in chain]
    line = " -> ".join(steps)
    return line if len(line) <= _WIDEST_CHAIN else "\n-> ".join(steps)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_PART:
        return text
    half = _LONGEST_PART // 2
    return f"{text[:half]} ... ({len(text):,} characters in all) ... {text[-half:]}"


def _text(part: object) -> str:
    """Shapes are written as plain tuples, whatever kind of integers they hold."""
    if isinstance(part, tuple):
        items = [_text(item) for item in part]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return str(part)
