"""Where the images of a folder are: its class folders, and the parts for training, validation and test if it has them.

photos/cat/1.jpg, photos/dog/2.jpg                  classes
photos/train/cat/1.jpg, photos/Test_Set/cat/2.jpg   parts, each with classes
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from planish import warned
from planish.errors import explain
from planish.utils.folders import class_folders, images_in
from planish.utils.image_files import endings
from planish.utils.image_folder import ENDINGS

TRAINING, VALIDATION, TEST, ALL = "training", "validation", "test", "all"

_PART_NAMES = {
    **dict.fromkeys(("train", "training"), TRAINING),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
_PART_ENDINGS = ("_set", "_data", "set", "_images")
_LEFT_ALONE = ("__MACOSX",)  # what unpacking on other systems leaves behind
_NAMED = 3


class ImageFile(NamedTuple):
    """`label` is the index of the class; `key` the place within the class folder, the same on every system."""

    path: str
    label: int
    key: str


class Listing(NamedTuple):
    """The image files of each part (`ALL` in a folder without parts)."""

    class_names: list[str]
    parts: dict[str, list[ImageFile]]


def part_named(name: str) -> str | None:
    """The part that a folder of this name holds: 'Training_Set' is for training. None for other names."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    for ending in _PART_ENDINGS:
        if plain.removesuffix(ending) in _PART_NAMES:
            return _PART_NAMES[plain.removesuffix(ending)]
    return _PART_NAMES.get(plain)


def listed(root: str, names: Sequence[str] | None = None) -> Listing:
    """The images of a folder. `names` are the classes in the order of a model; by default, the folders in theirs.

    ValueError for a folder without classes, with classes that are not among `names`, or without images of a class.
    """
    parts = _parts(root)
    folders = list(parts.values()) if parts else [root]
    first = parts.get(TRAINING, folders[0])
    known = list(names) if names is not None else _classes_in(first)
    for folder in folders:
        _check_names(folder, known, None if names is not None or folder == first else first)
    if not parts:
        _warn_of_deep_classes(root)
        return Listing(known, {ALL: _files(root, known, complete=names is None)})
    wanted = first if names is None else None  # every class must have images there
    files = {part: _files(folder, known, complete=folder == wanted) for part, folder in parts.items()}
    return Listing(known, files)


def _parts(root: str) -> dict[str, str]:
    """The folders of the parts, if this folder is divided: {} if it has class folders, or one that is called 'test'."""
    found: dict[str, list[str]] = {}
    others = []
    for name in _folders(root):
        part = part_named(name)
        if part is None or not _folders(os.path.join(root, name)):
            others.append(name)
        elif _has_images(os.path.join(root, name)):
            return {}  # a class of that name, which has folders besides its images
        else:
            found.setdefault(part, []).append(name)
    if not found or (TRAINING not in found and others):
        return {}
    for part, names in found.items():
        _check_one_folder(root, part, names)
    if others:
        warned.warn(
            f"left out, as they are neither for training nor for validation or test, or have no folders for classes: "
            f"{_few([os.path.join(root, name) for name in others])}"
        )
    return {part: os.path.join(root, names[0]) for part, names in found.items()}


def _check_one_folder(root: str, part: str, names: Sequence[str]) -> None:
    if len(names) > 1:
        raise ValueError(
            explain(
                what=f"{root!r} has more than one folder for {part}",
                expected="one",
                received=", ".join(names),
                remedy="rename those that are not meant, or move them away",
            )
        )


def _classes_in(folder: str) -> list[str]:
    found = _folders(folder)
    if found:
        return found
    loose = _has_images(folder)
    raise ValueError(
        explain(
            what=f"{folder!r} has no folders for classes",
            expected=f"a folder of images for each class: {os.path.join(folder, 'cat', '1.jpg')}",
            received="images outside such folders" if loose else "neither folders nor images",
            remedy="move the images of each class into a folder with the name of the class" if loose else None,
        )
    )


def _check_names(folder: str, known: Sequence[str], first: str | None) -> None:
    """ValueError unless every class folder is a known class: one of the model's, or of the folder `first`."""
    found = _folders(folder)
    if set(found) - set(known) or (first is None and not found):
        of = "of the model" if first is None else f"in {first!r}"
        raise ValueError(
            explain(
                what=f"the folders in {folder!r} are not the classes {of}",
                expected=", ".join(known),
                received=", ".join(found) or "none",
            )
        )


def _files(folder: str, names: Sequence[str], *, complete: bool) -> list[ImageFile]:
    """The image files of the classes. `complete`: ValueError if a class has none."""
    files = []
    for label, name in enumerate(names):
        place = os.path.join(folder, name)
        paths = images_in(place)
        if not paths and complete:
            raise ValueError(
                explain(what=f"there are no images in {place!r}", remedy="remove the folder, or add images")
            )
        files += [ImageFile(path, label, _key(path, place)) for path in paths]
    if not files:
        expected = "files named " + ", ".join(ENDINGS)
        raise ValueError(explain(what=f"there are no images in {folder!r}", expected=expected))
    return files


def _key(path: str, folder: str) -> str:
    return unicodedata.normalize("NFC", os.path.relpath(path, folder).replace(os.sep, "/"))


def _warn_of_deep_classes(root: str) -> None:
    """Warns of class folders that hold only folders: probably the folder that was given is one level too high."""
    deep = [name for name in _folders(root) if not _has_images(place := os.path.join(root, name)) and _folders(place)]
    if not deep:
        return
    inside = _few(_folders(os.path.join(root, deep[0])))
    warned.warn(
        f"{_few([os.path.join(root, name) for name in deep])} {'holds' if len(deep) == 1 else 'hold'} only folders "
        f"({inside}), and all images in them are taken as one class. If the classes are {inside}, give "
        f"{os.path.join(root, deep[0])!r} instead"
    )


def _folders(place: str) -> list[str]:
    if not os.path.isdir(place):
        return []
    return [name for name in class_folders(place) if name not in _LEFT_ALONE]


def _has_images(folder: str) -> bool:
    """Whether there are images in the folder itself."""
    with os.scandir(folder) as entries:
        return any(entry.name.lower().endswith(endings()) and not entry.name.startswith(".") for entry in entries)


def _few(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(repr(name) for name in names[:_NAMED]) + rest
