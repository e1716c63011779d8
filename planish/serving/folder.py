"""Which models a folder has: files, or folders with a numbered folder for each version. Nothing is opened here.

Links are followed only to what is in the folder itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from planish import regular_file
from planish.errors import explain, is_explained

PLAN = ".plan"
ENDINGS = (".keras", ".h5", ".onnx", PLAN)
"""Of files that may be models. What a file is, its contents decide when it is loaded."""

LABELS = "version_labels.json"
"""Beside the numbered folders: {"stable": 1, "canary": 2}."""

ONLY_VERSION = 1
"""The version of a model that is a single file."""

_VERSION = re.compile(r"[0-9]{1,18}")
_NAME = re.compile(r"[^\x00-\x1f\x7f/:%?#\\\ud800-\udfff]{1,200}")  # a byte that is no UTF-8 is half a character
_MOST_LABELS_NBYTES = 1 << 16

Key = tuple[str, int]
"""The name and the version of a model."""


class Source(NamedTuple):
    """A model's file. `stamp` changes when the file is replaced or written to."""

    path: str
    stamp: tuple[int, int, int]


def stamp(path: str) -> tuple[int, int, int]:
    """What changes when a file is replaced or written to. OSError if it is not there."""
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size, status.st_ino


class Problem(NamedTuple):
    """Why what is at a path is not served."""

    key: Key
    reason: str


@dataclass
class Found:
    """What is in a folder: files of models, by path why others are not served, and names of versions by model."""

    sources: dict[Key, Source] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)


def scan(folder: str, *, allow_code: bool = False, versions: int | None = None) -> Found:
    """The models in `folder`, of each the newest `versions`. OSError if the folder cannot be read."""
    looked = _Scan(os.path.realpath(folder), allow_code, versions)
    for entry in _entries(looked.root):
        looked.at(entry)
    return looked.found


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; hidden files are nobody's models."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


@dataclass
class _Scan:
    root: str
    allow_code: bool
    versions: int | None
    found: Found = field(default_factory=Found)
    owners: dict[str, str] = field(default_factory=dict)

    def at(self, entry: os.DirEntry[str]) -> None:
        """An entry of the folder: a file, a model with versions, or something else. It may be a link to itself, or what
        this user may not look into: that is told, and the others are served."""
        with self._told((entry.name, 0), entry.path):
            self._look_at(entry)

    def _look_at(self, entry: os.DirEntry[str]) -> None:
        if entry.is_dir():
            if self._is_inside(entry.path):
                self._with_versions(entry)
        elif entry.name.endswith(ENDINGS):
            self._add((os.path.splitext(entry.name)[0], ONLY_VERSION), entry.path, entry.path)

    def _with_versions(self, entry: os.DirEntry[str]) -> None:
        numbered = {int(each.name): each for each in _entries(entry.path) if _VERSION.fullmatch(each.name)}
        newest = sorted(numbered, reverse=True)[: self.versions]
        for version in newest:
            key, place = (entry.name, version), numbered[version]
            with self._told(key, place.path):
                self._version(key, place, entry.path)
        if newest:
            self._labels(entry)

    def _version(self, key: Key, entry: os.DirEntry[str], owner: str) -> None:
        if not (entry.is_dir() and self._is_inside(entry.path)):
            self._refuse(key, entry.path, "it is not a folder, or a link that leads out of the folder of models")
            return
        files = [each.path for each in _entries(entry.path) if each.name.endswith(ENDINGS)]
        if len(files) == 1:
            self._add(key, files[0], owner)
        else:
            kinds = ", ".join(ENDINGS)
            self._refuse(key, entry.path, f"the folder has {len(files)} files of models ({kinds}) instead of one")

    def _add(self, key: Key, path: str, owner: str) -> None:
        problem = self._problem(key, path, owner)
        if problem is not None:
            self._refuse(key, path, problem)
            return
        source = Source(path, stamp(path))
        self.owners[key[0]] = owner
        self.found.sources[key] = source

    def _problem(self, key: Key, path: str, owner: str) -> str | None:
        """Why a file is not served, by what can be told without opening it."""
        name, _ = key
        if not _NAME.fullmatch(name):
            return (
                "its name cannot be a part of an address: it has one of / : % ? # \\, a control character or bytes"
                " that are not UTF-8"
            )
        if self.owners.get(name, owner) != owner:
            return f"{self.owners[name]!r} has the same name"
        if not self._is_inside(path):
            return "it is a link that leads out of the folder of models, or to nothing"
        if path.endswith(PLAN) and not self.allow_code:
            return "a .plan file is code, which is not run unless the server was started with --allow-code"
        return None

    def _is_inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        return os.path.exists(real) and os.path.commonpath([self.root, real]) == self.root

    @contextlib.contextmanager
    def _told(self, key: Key, path: str) -> Iterator[None]:
        """What the system says of one path is that path's problem alone."""
        try:
            yield
        except OSError as error:
            self._refuse(key, path, f"it cannot be read: {error.strerror}")

    def _refuse(self, key: Key, path: str, reason: str) -> None:
        self.found.problems[path] = Problem(key, reason)

    def _labels(self, entry: os.DirEntry[str]) -> None:
        path = os.path.join(entry.path, LABELS)
        if not os.path.lexists(path):
            return
        try:
            self.found.labels[entry.name] = _labels(path)
        except (OSError, ValueError, RecursionError) as error:
            reason = str(error) if is_explained(error) or isinstance(error, OSError) else "it is not JSON"
            self._refuse((entry.name, 0), path, reason)


def _labels(path: str) -> dict[str, int]:
    """ValueError unless the file has names with numbers of versions."""
    with regular_file.opened(path, "JSON") as file:
        given = json.loads(file.read(_MOST_LABELS_NBYTES))
    if not isinstance(given, dict) or not all(type(number) is int and number >= 0 for number in given.values()):
        raise ValueError(explain(what="not names with numbers of versions", expected='{"stable": 1, "canary": 2}'))
    return given
