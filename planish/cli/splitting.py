"""Which images of a folder without parts are held out: a fifth of each class, by a rule that a model can keep.

An image is held out if the hash of its place within the class folder is small enough. An image that was
trained on is never held out later, whatever images are added, removed or moved to another machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from planish.cli.folders import ImageFile

PART_HELD_OUT = 0.2
_DIGITS = 16

Rule = Mapping[str, str]
"""For each class, the largest hash that is held out; '' holds out nothing."""


def rule_for(files: Iterable[ImageFile], class_names: Sequence[str]) -> dict[str, str]:
    """A fifth of each class, and at least one image of two or more."""
    hashes: dict[int, list[str]] = {}
    for file in files:
        hashes.setdefault(file.label, []).append(_hash(file.key))
    return {name: _limit(sorted(hashes.get(label, []))) for label, name in enumerate(class_names)}


def divided(
    files: Iterable[ImageFile], class_names: Sequence[str], rule: Rule
) -> tuple[list[ImageFile], list[ImageFile]]:
    """The images to train with, and those that are held out."""
    parts: tuple[list[ImageFile], list[ImageFile]] = [], []
    for file in files:
        parts[_hash(file.key) <= rule[class_names[file.label]]].append(file)
    return parts


def checked_rule(noted: object, class_names: Sequence[str]) -> dict[str, str] | None:
    """The rule among a model's notes, which come from a file; None if there is none for these classes."""
    if not isinstance(noted, dict) or not all(isinstance(noted.get(name), str) for name in class_names):
        return None
    return {name: noted[name] for name in class_names}


def _limit(hashes: Sequence[str]) -> str:
    count = max(1, round(PART_HELD_OUT * len(hashes))) if len(hashes) > 1 else 0
    return hashes[count - 1] if count else ""


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
