"""All layers of a model have different names: files and `get_layer` know them by these."""

from __future__ import annotations

from collections.abc import Container, Iterable

from planish.errors import explain


def refuse_equal(label: str, names: Iterable[str]) -> None:
    """ValueError if a name comes twice."""
    seen: set[str] = set()
    for name in names:
        refuse_taken(label, name, seen)
        seen.add(name)


def refuse_taken(label: str, name: str, taken: Container[str]) -> None:
    """ValueError if the name is that of another layer."""
    if name in taken:
        raise ValueError(
            explain(
                layer=label,
                what="two layers have the same name",
                rule="all layers of a model have different names",
                received=f"{name!r} again",
                remedy="give it another one: name='...'",
            )
        )
