"""Compiled programs on disk, from one process to the next.

An entry is one file, named by its key: a header (magic, version of the format, the key again, length and SHA-256 of the
code), then the code. Entries that are damaged, cut short or of another version
read as missing, and are rewritten. A folder that is not private to the user is not used, and a warning says so once.
Whatever the disk refuses, planish works: it compiles again.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from planish import settings, warned
from planish.runtime.private_folder import NotPrivateError, PrivateFolder

LIMIT_NBYTES = 256 * 2**20
"""The folder stays smaller than this; the least recently used entries go first. Each of several processes that store at
the same time may add a sixteenth before it sees what the others have stored."""

FORMAT_VERSION = 2

_MAGIC = b"planish\n"
_HEADER = struct.Struct("<8sI32sQ32s")  # magic, version, key, bytes of code, SHA-256 of the code
CODE, NOTE = ".code", ".note"
"""Kinds of entries: programs, and what was found out about the compiler's files and this processor."""

_told: set[str] = set()
_room: dict[str, int] = {}
"""For each folder, how many bytes this process stores before it looks at all entries again: that takes longer the more
there are, and thousands fit in."""


class Entry(NamedTuple):
    """A program in the cache: its key, the size of its file, and when it was last used (seconds since 1970)."""

    key: str
    nbytes: int
    last_used: float


def cache_folder() -> str | None:
    """Where compiled programs are kept; None if they are not (PLANISH_CACHE_DIR=off, or a user without a home)."""
    chosen = settings.value("PLANISH_CACHE_DIR")
    if chosen is not None:
        return None if chosen == settings.CACHE_OFF else chosen
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = settings.value("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = settings.value("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(base, "planish") if os.path.isabs(base) else None


def load(key: str, kind: str = CODE) -> bytes | None:
    """The code stored under `key` (SHA-256 in hexadecimal); None if there is none that can be trusted."""
    digest = _digest(key)
    path = cache_folder()
    if path is not None:
        with _forgiving(path), PrivateFolder(path) as folder:
            return _unpack(digest, folder.read(key + kind))
    return None


def store(key: str, code: bytes, kind: str = CODE) -> None:
    """Keeps `code` under `key` (SHA-256 in hexadecimal), if it can, and what was used lately of the rest."""
    contents = packed(key, code)
    path = cache_folder()
    if path is not None and len(contents) <= LIMIT_NBYTES:
        with _forgiving(path), PrivateFolder(path, create=True) as folder:
            folder.write(key + kind, contents)
            _evict(folder, key, len(contents))


def entries() -> list[Entry]:
    """The entries of the cache, the most recently used first."""
    path = cache_folder()
    if path is not None:
        with _forgiving(path), PrivateFolder(path) as folder:
            return _entries(folder)
    return []


def clear() -> int:
    """Removes every entry, and nothing else that may be in the folder; returns how many programs there were."""
    path = cache_folder()
    if path is not None:
        with _forgiving(path), PrivateFolder(path) as folder:
            for entry in _entries(folder, NOTE):
                folder.remove(entry.key + NOTE)
            return sum(folder.remove(entry.key + CODE) for entry in _entries(folder))
    return 0


@contextlib.contextmanager
def _forgiving(path: str) -> Iterator[None]:
    """The cache only saves time: no error in it stops the program."""
    try:
        yield
    except OSError:
        return
    except NotPrivateError as error:
        if path not in _told:
            _told.add(path)
            warned.warn(
                f"planish's cache of compiled programs is not used: {error}, and what it holds would be run. Make it "
                "yours alone (chmod go-w), or set PLANISH_CACHE_DIR to a folder of your own, or to 'off'.",
                RuntimeWarning,
            )


def _evict(folder: PrivateFolder, stored: str, nbytes: int) -> None:
    """Makes room, if there may be none left, for the sixteenth of the limit that is stored next."""
    room = _room.get(folder.path, 0) - nbytes
    if room < 0:
        found = _entries(folder)
        total = sum(entry.nbytes for entry in found)
        if total > LIMIT_NBYTES:
            total -= _remove_oldest(folder, found, stored, total - LIMIT_NBYTES * 15 // 16)
        room = min(LIMIT_NBYTES // 16, LIMIT_NBYTES - total)
    _room[folder.path] = room


def _remove_oldest(folder: PrivateFolder, found: list[Entry], keep: str, nbytes: int) -> int:
    """Removes entries of at least so many bytes, if there are; returns of how many."""
    removed = 0
    for entry in reversed(found):
        if removed < nbytes and entry.key != keep:
            folder.remove(entry.key + CODE)
            removed += entry.nbytes
    return removed


def _entries(folder: PrivateFolder, kind: str = CODE) -> list[Entry]:
    found = [
        Entry(name.removesuffix(kind), status.st_size, status.st_mtime)
        for name, status in folder.files()
        if name.endswith(kind) and _is_key(name.removesuffix(kind))
    ]
    return sorted(found, key=lambda entry: entry.last_used, reverse=True)


def packed(key: str, code: bytes) -> bytes:
    """What the file of an entry contains."""
    digest = _digest(key)
    return _HEADER.pack(_MAGIC, FORMAT_VERSION, digest, len(code), _sha256(code)) + code


def _unpack(digest: bytes, contents: bytes) -> bytes | None:
    code = contents[_HEADER.size :]
    expected = _HEADER.pack(_MAGIC, FORMAT_VERSION, digest, len(code), _sha256(code))
    return code if contents.startswith(expected) else None


def _sha256(code: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(code).digest()


def _digest(key: str) -> bytes:
    if not _is_key(key):
        raise ValueError(f"a key is a SHA-256 in hexadecimal, 64 characters, not {key!r}")
    return bytes.fromhex(key)


def _is_key(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")
