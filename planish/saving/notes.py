"""A model's notes in its `.keras` file: under a name of their own in metadata.json, which Keras never reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planish.errors import explain
from planish.saving.archive import Archive

if TYPE_CHECKING:
    from planish.models.model import Model

_NAME = "planish_notes"
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
            )
        ) from error
    if len(text) > _MOST_NBYTES // 2:
        raise ValueError(
            explain(
                layer=model.label,
                what="the notes of the model are too long to be saved",
                expected=f"at most {_MOST_NBYTES // 2:,} characters as JSON",
                received=f"{len(text):,}",
            )
        )
    return {_NAME: json.loads(text)}


def read(archive: Archive, member: str) -> dict[str, Any]:
    """The notes; {} if there are none that can be read: the model is whole without them."""
    try:
        metadata = archive.json(member)
    except ValueError:
        return {}
    found = metadata.get(_NAME) if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
