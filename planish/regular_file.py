"""Files that others name: opened if they are regular ones.

A device may never end, and a FIFO waits for somebody who writes; neither is a model, an image or a data set.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from planish.errors import explain

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY"))


def opened(path: str | os.PathLike[str], what: str) -> BinaryIO:
    """The file at `path` for reading; `what` says what it should be: "a .keras file".

    FileNotFoundError, IsADirectoryError, ValueError for what is not a regular file or cannot be the name of one, and
    what else the system says as OSError.
    """
    name = os.fspath(path)
    if "\0" in name:
        raise ValueError(explain(what=f"{name!r} cannot be the name of a file", expected=f"the name of {what}"))
    if os.path.isdir(name):  # which Windows does not open
        raise IsADirectoryError(explain(what=f"{name!r} is a folder", expected=what))
    try:
        descriptor = os.open(name, _FLAGS)
    except FileNotFoundError:
        raise FileNotFoundError(explain(what=f"there is no file {name!r}", expected=what)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(
            explain(
                what=f"{name!r} is not a regular file",
                expected=what,
                received="a device, a pipe or a socket",
                remedy="copy what it gives into a file, and pass that",
            )
        )
    return open(descriptor, "rb")


def contents(path: str | os.PathLike[str], what: str) -> bytes:
    """All bytes of the file at `path`; see `opened`."""
    with opened(path, what) as file:
        return file.read()
