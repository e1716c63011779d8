"""Files that appear as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil

from planish.errors import explain


def write(path: str, contents: bytes) -> None:
    """Replaces the file at `path`: another process, or the next one after a crash, sees the old contents or the new.

    What a link points to is replaced, not the link; permissions of a file that is replaced are kept. OSError, naming
    `path`, if it cannot be written.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.urandom(6).hex()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, path) from error  # nobody asked for the temporary file
        raise


def checked_target(path: str | os.PathLike[str], ending: str, overwrite: bool, remedy: str | None = None) -> str:
    """The name of a file to write. ValueError for another ending, FileExistsError for a file that is to be kept,
    FileNotFoundError for a folder that does not exist, IsADirectoryError for a folder."""
    name = os.path.expanduser(os.fspath(path))
    if not name.endswith(ending):
        raise ValueError(
            explain(
                what="the file's name does not say what to write",
                expected=f"a name that ends in {ending}",
                received=repr(name),
                remedy=remedy,
            )
        )
    if os.path.isdir(name):
        raise IsADirectoryError(explain(what=f"{name!r} is a folder", expected="the name of a file to write"))
    folder = os.path.dirname(name) or "."
    if not os.path.isdir(folder):
        raise FileNotFoundError(explain(what=f"there is no folder {folder!r} to write into", received=repr(name)))
    if not overwrite and os.path.exists(name):
        raise FileExistsError(explain(what=f"{name!r} exists, and overwrite=False", remedy="give another name"))
    return name
