"""Folders of images: what is in them, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator

from planish.errors import explain
from planish.utils.image_files import endings


def require_folder(root: str) -> None:
    """FileNotFoundError if there is no such folder, NotADirectoryError if it is a file."""
    if os.path.isdir(root):
        return
    parent, expected = os.path.dirname(os.path.abspath(root)), "the path of a folder that has one for each class"
    if os.path.exists(root):
        what, remedy = "this is a file, not a folder of images", f"the folder that it is in: {parent!r}"
        raise NotADirectoryError(explain(what=what, expected=expected, received=repr(root), remedy=remedy))
    raise FileNotFoundError(
        explain(
            what="there is no such folder of images",
            expected=expected,
            received=f"{root!r}, in the working directory {os.getcwd()!r}",
            remedy=f"look at what is there: os.listdir({parent!r})" if os.path.isdir(parent) else None,
        )
    )


def class_folders(root: str) -> list[str]:
    """The names of the folders in a folder, sorted. FileNotFoundError if there is no such folder."""
    require_folder(root)
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def images_in(root: str, follow_links: bool = False) -> list[str]:
    """The image files of a folder and of the folders in it: folder by folder, each in the order of its names.

    What begins with a dot is left out. `follow_links` goes into links to folders, but not round in circles.
    """
    known = endings()
    return [
        os.path.join(folder, file)
        for folder, files in sorted(_walked(root, follow_links))
        for file in sorted(files)
        if file.lower().endswith(known) and not file.startswith(".")
    ]


def _walked(root: str, follow_links: bool) -> Iterator[tuple[str, list[str]]]:
    for folder, folders, files in os.walk(root, followlinks=follow_links):
        folders[:] = [name for name in folders if not name.startswith(".") and not _leads_back(folder, name)]
        yield folder, files


def _leads_back(folder: str, name: str) -> bool:
    """Whether this is a link to a folder that contains it."""
    path = os.path.join(folder, name)
    if not os.path.islink(path):
        return False
    here, there = os.path.realpath(folder), os.path.realpath(path)
    return here == there or here.startswith(os.path.join(there, ""))
