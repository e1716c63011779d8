"""A folder that only its user can write, for files whose contents will be run.

On POSIX systems the folder is opened once and judged by its descriptor, and its files are reached through that
descriptor, so a name that changes its meaning between the check and the use cannot bring in someone else's file.
Windows keeps each user's cache folder private by itself; there, only the names are used.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from types import TracebackType

_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_TEMPORARY = ".tmp"
_ABANDONED_SECONDS = 3600.0


class NotPrivateError(Exception):
    """A folder or file that others could have written; the text says which, and why."""


class PrivateFolder:
    """`with PrivateFolder(path) as folder:` - files of a folder, by plain names.

    Raises OSError where the system refuses, NotPrivateError where others could have written. With `create`, a folder
    that is missing is made, for the user alone.
    """

    def __init__(self, path: str, *, create: bool = False) -> None:
        self.path = path
        self._descriptor: int | None = None
        if create:
            _make_private(path)
        if sys.platform != "win32":
            self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _check_way_to(path)
                _check_private(os.fstat(self._descriptor), f"the folder {path!r}")
            except BaseException:
                os.close(self._descriptor)
                raise

    def __enter__(self) -> PrivateFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def read(self, name: str) -> bytes:
        """The whole of a file. It counts as used now."""
        descriptor = os.open(self._at(name), _READ, dir_fd=self._descriptor)
        with open(descriptor, "rb", buffering=0) as file:
            if sys.platform != "win32":
                _check_private(os.fstat(descriptor), f"the file {os.path.join(self.path, name)!r}")
            contents = file.readall()
        with contextlib.suppress(OSError):  # a disk that can only be read is good enough
            os.utime(self._at(name), dir_fd=self._descriptor)
        return contents

    def write(self, name: str, contents: bytes) -> None:
        """Replaces a file as a whole: other processes see the old contents or the new, never a part."""
        temporary = f".{os.urandom(8).hex()}{_TEMPORARY}"
        try:
            with open(os.open(self._at(temporary), _CREATE, 0o600, dir_fd=self._descriptor), "wb") as file:
                file.write(contents)
            os.replace(self._at(temporary), self._at(name), src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except BaseException:
            self.remove(temporary)
            raise

    def remove(self, name: str) -> bool:
        """Removes a file; says whether it did (another process may have been first, or may have it open)."""
        try:
            os.unlink(self._at(name), dir_fd=self._descriptor)
        except OSError:
            return False
        return True

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Name and status of every plain file. Files that a dead process left half-written are removed on the way."""
        with os.scandir(self.path if self._descriptor is None else self._descriptor) as found:
            for entry in found:
                with contextlib.suppress(FileNotFoundError):
                    status = os.stat(self._at(entry.name), dir_fd=self._descriptor, follow_symlinks=False)
                    if entry.name.endswith(_TEMPORARY):
                        self._remove_if_abandoned(entry.name, status)
                    elif stat.S_ISREG(status.st_mode):
                        yield entry.name, status

    def _remove_if_abandoned(self, name: str, status: os.stat_result) -> None:
        import time

        if time.time() - status.st_mtime > _ABANDONED_SECONDS:
            self.remove(name)

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name) if self._descriptor is None else name


def _make_private(path: str) -> None:
    """Makes a folder, and those above it that are missing, for the user alone, whatever the umask allows."""
    parent = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(parent):
        _make_private(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, mode=0o700)


if sys.platform != "win32":

    def _check_private(status: os.stat_result, what: str) -> None:
        """Write permission of the group counts as others': it is also how access lists show."""
        if status.st_uid != os.geteuid():
            raise NotPrivateError(f"{what} belongs to another user (uid {status.st_uid})")
        if status.st_mode & _OTHERS_CAN_WRITE:
            raise NotPrivateError(f"others can write {what} (mode {stat.S_IMODE(status.st_mode):o})")

    def _check_way_to(path: str) -> None:
        """Nobody else may have made the link that `path` may be, or be able to replace a parent with another folder.

        A parent that everyone can write is fine with its sticky bit, as /tmp has it: only owners move what is theirs.
        """
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode) and status.st_uid not in (0, os.geteuid()):
            raise NotPrivateError(f"the link {path!r} belongs to another user (uid {status.st_uid})")
        parent = os.path.dirname(path)
        while parent != path:
            mode = os.stat(parent).st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise NotPrivateError(f"everyone can write {parent!r} (mode {stat.S_IMODE(mode):o}), above the folder")
            path, parent = parent, os.path.dirname(parent)
