"""Files that appear as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
from collections.abc import Iterator

from planish.errors import explain

_TEMPORARY = ".planish-tmp"
_IS_TEMPORARY = re.compile(rf"\.[0-9a-f]{{12}}{re.escape(_TEMPORARY)}$")
_ABANDONED_SECONDS = 3600.0
"""A file that was begun longer ago than this, and has not grown since, is abandoned."""

_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds to wait for another program to close a file that is to be replaced."""


def write(path: str, contents: bytes) -> None:
    """Replaces the file at `path`: another process, or the next one after a crash, sees the old contents or the new.

    The target of a link is replaced, not the link; a replaced file keeps its permissions. Files that processes left in
    the folder when they died while writing are removed. OSError, naming `path`, if it cannot be written.
    """
    with Together() as files:
        files.write(path, contents)


class Together:
    """Files that belong together: `with Together() as files: files.write(path, contents)`, as `write` does, but all are
    whole on the disk before the first takes the place of an old one. If one cannot be written, none is replaced."""

    def __init__(self) -> None:
        self._written: list[tuple[str, str, str]] = []

    def __enter__(self) -> Together:
        return self

    def write(self, path: str, contents: bytes) -> None:
        """Writes a file beside the one that it will replace. OSError, naming `path`, if it cannot be written."""
        target = os.path.realpath(path)
        if os.path.isdir(target):  # which would be found out when other files are replaced already
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        temporary = f"{target}.{os.urandom(6).hex()}{_TEMPORARY}"
        self._written.append((path, temporary, target))
        _remove_abandoned(os.path.dirname(target))
        with _told_of(path):
            with open(temporary, "xb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            if os.path.exists(target):
                shutil.copymode(target, temporary)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                for path, temporary, target in self._written:
                    with _told_of(path):
                        _replace(temporary, target)
        finally:
            for _, temporary, _ in self._written:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)


@contextlib.contextmanager
def _told_of(path: str) -> Iterator[None]:
    """Errors of the system name the file that was asked for: the user does not know the temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, path) from error


def _replace(temporary: str, target: str) -> None:
    """Puts the new file in the place of the old one, which Windows refuses while another program has that open: that
    may be a virus scanner, which is done soon. PermissionError, with the name under which the new file was kept, if it
    is not."""
    for seconds in _PAUSES:
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            time.sleep(seconds)
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        stem, ending = os.path.splitext(target)
        kept = f"{stem}-{os.urandom(3).hex()}{ending}"
        os.replace(temporary, kept)
        raise PermissionError(
            explain(
                what=f"{target!r} cannot be replaced: another program has it open, or it is protected",
                received=f"the old file is as it was, and the new one is {kept!r}",
                remedy=f"close that program, then os.replace({kept!r}, {target!r})",
            )
        ) from error


def _remove_abandoned(folder: str) -> None:
    """Removes files that `write` began in this folder and never finished. It only tidies: no error stops it."""
    with contextlib.suppress(OSError), os.scandir(folder) as files:
        for file in files:
            if _IS_TEMPORARY.search(file.name) and file.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    if time.time() - file.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS:
                        os.unlink(file.path)
