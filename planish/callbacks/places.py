"""Whether a callback will be able to write its file: checked before training, without writing."""

from __future__ import annotations

import os

from planish.errors import explain


def check_writable(owner: object, path: str, *, makes_folders: bool) -> None:
    """OSError (of the kind that writing would raise) if no file can be written at `path`.

    `makes_folders`: folders that do not exist yet will be made.
    """
    kind = type(owner).__name__
    _check_name(kind, path)
    if os.path.isdir(path):
        raise IsADirectoryError(explain(what=f"{kind}: {path!r} is a folder", expected="the name of a file to write"))
    wanted = os.path.dirname(os.path.abspath(path))
    folder = wanted
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise NotADirectoryError(
            explain(
                what=f"{kind}: {path!r} cannot be written",
                expected="a folder in front of the file's name",
                received=f"{folder!r}, which is not a folder",
            )
        )
    if folder != wanted and not makes_folders:
        raise FileNotFoundError(
            explain(
                what=f"{kind}: there is no folder {os.path.dirname(path)!r} to write into",
                received=repr(path),
                remedy=f"os.makedirs({os.path.dirname(path)!r})",
            )
        )
    barred = path if os.path.exists(path) and not os.access(path, os.W_OK) else folder
    if not os.access(barred, os.W_OK if barred == path else os.W_OK | os.X_OK):
        raise PermissionError(
            explain(
                what=f"{kind}: {path!r} cannot be written",
                expected="permission to write",
                received=f"none for {barred!r}",
                remedy="another folder, or other permissions",
            )
        )


def _check_name(kind: str, path: str) -> None:
    """OSError or ValueError for a name that no file can have on this system: too long, or with a null character."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except (OSError, ValueError) as error:
        shown = path if len(path) < 200 else f"{path[:200]}..."
        text = explain(what=f"{kind}: {shown!r} cannot be the name of a file", received=str(error).split(":")[0])
        raise type(error)(text) from error
