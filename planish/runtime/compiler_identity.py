"""Identifies this compiler: programs that another one made are not run.

The identity is planish's version, llvmlite's, and a digest of the compiler's files. So a cache that was
filled while a container's image was built serves the containers, whose files have other times, and an upgrade never
meets old code, whether planish lies in files, in a zip, or without its sources.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import planish
from planish.runtime import object_cache
from planish_runtime import context_layout

ROOMS = ("graph", "primitives", "passes", "codegen")
"""Folders of the package whose files, and those of the folders inside, decide what a program is. What programs and
those who call them agree on, `planish_runtime/context_layout.py`, decides it, too."""

_PYC_HEADER_NBYTES = 16
"""The header of a compiled module without source: magic, flags, and time and size of the missing source."""


@cache
def compiler_identity() -> str:
    """Changes whenever the compiler does."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    digest = _digest_of_files(root) if os.path.isdir(root) else _digest(_members())
    return f"planish {planish.__version__} llvmlite {llvmlite_version()} {digest} {_agreed()}"


def _agreed() -> str:
    """The values of the layout, by their names."""
    named = {name: value for name, value in vars(context_layout).items() if name.isupper()}
    return hashlib.sha256(repr(sorted(named.items())).encode()).hexdigest()


def llvmlite_version() -> str:
    """The digest of the file in which llvmlite has its version, so that it need not be imported; else the version."""
    found = importlib.util.find_spec("llvmlite")
    for folder in (found and found.submodule_search_locations) or ():
        with contextlib.suppress(OSError), open(os.path.join(folder, "_version.py"), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    import llvmlite

    return str(llvmlite.__version__)


def _digest_of_files(root: str) -> str:
    """The digest of the files below `root`. Files are read only if their names, sizes or times are new to the cache."""
    states = repr((root, sorted(_states(root))))
    key = hashlib.sha256(states.encode()).hexdigest()
    known = object_cache.load(key, object_cache.NOTE)
    if known is not None:
        return known.hex()
    digest = _digest(_contents(root))
    object_cache.store(key, bytes.fromhex(digest), object_cache.NOTE)
    return digest


def _states(root: str) -> Iterator[tuple[str, int, int]]:
    for name, file in _files(root):
        status = file.stat()
        yield name, status.st_size, status.st_mtime_ns


def _contents(root: str) -> Iterator[tuple[str, bytes]]:
    for name, file in sorted(_files(root), key=lambda found: found[0]):
        with open(file.path, "rb") as opened:
            yield name, opened.read()


def _files(root: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The compiler's files, and their names from the package on."""
    folders = list(ROOMS)
    for folder in folders:
        with os.scandir(os.path.join(root, folder)) as entries:
            for entry in entries:
                if _is_module(entry.name):
                    yield f"{folder}/{entry.name}", entry
                elif _is_room(entry.name) and entry.is_dir():
                    folders.append(f"{folder}/{entry.name}")


def _members() -> Iterator[tuple[str, bytes]]:
    """What `_contents` gives, for a package in a zip."""
    from importlib.resources import files

    package = files("planish")
    found = []
    folders = [(room, package.joinpath(room)) for room in ROOMS]
    for name, folder in folders:
        for member in folder.iterdir():
            inside = f"{name}/{member.name}"
            if _is_module(member.name):
                found.append((inside, member))
            elif _is_room(member.name) and member.is_dir():
                folders.append((inside, member))
    yield from ((name, member.read_bytes()) for name, member in sorted(found, key=lambda pair: pair[0]))


def _is_module(name: str) -> bool:
    return name.endswith((".py", ".pyc"))


def _is_room(name: str) -> bool:
    return name.isidentifier() and name != "__pycache__"


def _digest(contents: Iterable[tuple[str, bytes]]) -> str:
    total: Any = hashlib.sha256()
    for name, data in contents:
        code = data[_PYC_HEADER_NBYTES:] if name.endswith(".pyc") else data
        total.update(f"{name} {len(code)}\n".encode())
        total.update(code)
    return str(total.hexdigest())
