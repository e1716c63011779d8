"""Files that others name, opened only if they are regular.

A device may never end, and a FIFO waits for a writer; neither is a model, an image or a data set.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from planish.errors import explain, is_explained, nearest_names

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY"))


def opened(path: str | os.PathLike[str], what: str) -> BinaryIO:
    """The file at `path` for reading; `what` says what it should be: "a .keras file".

    FileNotFoundError, IsADirectoryError, ValueError for what is not a regular file or cannot be the name of one, and
    OSError for whatever else the system says.
    """
    name = os.fspath(path)
    if not _can_be_a_name(name):
        raise ValueError(
            explain(
                what=f"{name!r} cannot be the name of a file",
                expected=f"the name of {what}",
                remedy="a name without null bytes",
            )
        )
    if os.path.isdir(name):  # which Windows does not open
        raise IsADirectoryError(
            explain(what=f"{name!r} is a folder", expected=what, remedy=f"the path of {what} that is in it")
        )
    try:
        descriptor = os.open(name, _FLAGS)
    except FileNotFoundError:
        raise FileNotFoundError(
            explain(what=f"there is no file {name!r}", expected=what, remedy=_existing(name))
        ) from None
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


def _existing(name: str) -> str:
    """A file beside it that may have been meant."""
    folder, own = os.path.split(name)
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        beside = []
    near = nearest_names(own, beside)
    if near:
        return "did you mean " + " or ".join(repr(os.path.join(folder, each)) for each in near) + "?"
    return f"a path that starts in {os.getcwd()!r}, or at the root"


def _can_be_a_name(name: str) -> bool:
    """Whether the system could have a file of this name: JSON has characters that no file's name has."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def contents(path: str | os.PathLike[str], what: str) -> bytes:
    """All bytes of the file at `path`; see `opened`."""
    with opened(path, what) as file:
        return file.read()


@contextlib.contextmanager
def damage_told(what: str) -> Iterator[None]:
    """Around a reader of a file's contents: whatever it raises becomes a ValueError that names `what`.

    Readers of zips, of packed data and of arrays raise errors of many kinds, some of them undocumented.
    """
    try:
        yield
    except MemoryError as error:
        told = f"{what} claims to be larger than the memory"
        raise ValueError(explain(what=told, received=str(error), remedy="copy or download it again")) from error
    except Exception as error:
        if is_explained(error):
            raise
        reason = str(error).strip("'") or type(error).__name__
        told = f"{what} is damaged, cut short, or holds something else"
        raise ValueError(explain(what=told, received=reason, remedy="copy or download it again")) from error


def inflated(packed: bytes, most_nbytes: int, what: str) -> bytes:
    """What gzip compressed. ValueError if it is damaged, or grows to more than `most_nbytes`."""
    import gzip
    import io

    with damage_told(what), gzip.open(io.BytesIO(packed)) as file:
        found = file.read(most_nbytes + 1)
        if len(found) > most_nbytes:
            raise ValueError(
                explain(
                    what=f"{what} holds more than it should",
                    expected=f"{most_nbytes:,} bytes",
                    remedy="copy or download it again",
                )
            )
        return found
