"""A model's notes in its file: under a name of their own in metadata.json, or in an attribute of a `.h5` file. Keras
never reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planish.errors import explain
from planish.saving import archive
from planish.saving.archive import Archive

if TYPE_CHECKING:
    from planish.models.model import Model

NAME = "planish_notes"
_MOST_NBYTES = 1 << 20


def written(model: Model) -> dict[str, Any]:
    """The notes for metadata.json. ValueError for notes that JSON cannot express, or that are too large to read."""
    if not model.notes:
        return {}
    try:
        text = json.dumps(model.notes)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            explain(
                layer=model.label,
                what="the notes of the model cannot be saved",
                expected="names, numbers, lists and dictionaries, as in JSON",
                received=str(error),
                remedy="strings and numbers in their place: str(value), float(value)",
            )
        ) from error
    if len(text) > _MOST_NBYTES // 2:
        raise ValueError(
            explain(
                layer=model.label,
                what="the notes of the model are too long to be saved",
                expected=f"at most {_MOST_NBYTES // 2:,} characters as JSON",
                received=f"{len(text):,}",
                remedy="keep long notes in a file of your own beside the model",
            )
        )
    return {NAME: json.loads(text)}


def parsed(text: str | None, source: str) -> dict[str, Any]:
    """The notes of a text; {} if there are none that can be read. `source` is the file's name."""
    if text is None:
        return {}
    try:
        found = archive.parsed(text, f"{NAME} in {source!r}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def read(file: Archive, member: str) -> dict[str, Any]:
    """The notes; {} if there are none that can be read: the model is whole without them."""
    try:
        metadata = file.json(member)
    except ValueError:
        return {}
    found = metadata.get(NAME) if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
