"""Names of files to write: checked before anything is computed for them."""

from __future__ import annotations

import os
import stat

from planish.errors import explain
from planish.saving import other_names

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def checked_target(path: str | os.PathLike[str], ending: str, overwrite: bool, rule: str | None = None) -> str:
    """The name of a file to write. ValueError for another ending, FileExistsError for a file that is to be kept,
    PermissionError for one that may only be read, FileNotFoundError for a folder that does not exist,
    IsADirectoryError for a folder, OSError for anything else that is not a regular file."""
    name = os.path.expanduser(os.fspath(path))
    if not name.endswith(ending):
        raise ValueError(
            explain(
                what="the file's name does not say what to write",
                expected=f"a name that ends in {ending}",
                received=repr(name),
                rule=rule,
                remedy=repr(other_names.renamed(name, ending)),
            )
        )
    if os.path.isdir(name):
        raise IsADirectoryError(
            explain(
                what=f"{name!r} is a folder",
                expected="the name of a file to write",
                remedy=f"{os.path.join(name, 'model.keras')!r}",
            )
        )
    folder = os.path.dirname(name) or "."
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            explain(
                what=f"there is no folder {folder!r} to write into",
                received=repr(name),
                remedy=f"os.makedirs({folder!r})",
            )
        )
    if not overwrite and os.path.exists(name):
        raise FileExistsError(explain(what=f"{name!r} exists, and overwrite=False", remedy="give another name"))
    _refuse_to_replace(name)
    return name


def _refuse_to_replace(name: str) -> None:
    """Refuses files that must not be changed: to replace a file, systems ask only for rights to its folder."""
    if not os.path.exists(name):
        return
    mode = os.stat(name).st_mode
    if not stat.S_ISREG(mode):
        raise OSError(
            explain(
                what=f"{name!r} is not a regular file",
                expected="the name of a file to write",
                remedy="the name of a file that does not exist yet",
            )
        )
    if not mode & _WRITABLE or not os.access(name, os.W_OK):
        raise PermissionError(
            explain(
                what=f"{name!r} is read-only, so it is not replaced",
                remedy=f"give another name, or allow it: os.chmod({name!r}, 0o644)",
            )
        )
