"""Where Keras keeps the files that it has downloaded, and how they get there."""

from __future__ import annotations

import os
from typing import NamedTuple

from planish import settings
from planish.errors import explain


class Source(NamedTuple):
    """A public file: its address, its hash ("md5:..." or SHA-256; None if none is known), and its name in the cache
    (with / between folders)."""

    url: str
    known_hash: str | None
    name: str


class Kind(NamedTuple):
    """What files are for: their folder in the cache, what one is called, and what to do without it."""

    folder: str
    noun: str
    instead: str


def folder(kind: Kind) -> str:
    """The folder of a kind of files: in $KERAS_HOME, or in ~/.keras."""
    home = settings.value("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return os.path.join(home, kind.folder)


def in_cache(name: str, kind: Kind) -> str:
    """The path of a name in the cache, which need not exist."""
    return os.path.join(folder(kind), *name.split("/"))


def cached(source: Source, kind: Kind) -> str:
    """The path of the file in the cache, where it is downloaded to if it is not there. Errors: see `download`."""
    path = in_cache(source.name, kind)
    return path if os.path.exists(path) else download(source, kind)


def download(source: Source, kind: Kind) -> str:
    """Puts the file into the cache, checks it, and gives its path.

    ImportError without pooch, OSError without a connection or a place to write to, ValueError if what came was not the
    file: each names the file, where to place it, and what to do without it.
    """
    return fetched(source, kind, os.path.dirname(in_cache(source.name, kind)))


def fetched(source: Source, kind: Kind, place: str) -> str:
    """The same in the folder `place`, under the last part of the source's name."""
    path = os.path.join(place, os.path.basename(source.name))
    try:
        import pooch
    except ImportError:
        missing = _missing(source, kind, path, "to have it downloaded, pip install 'planish[datasets]'")
        raise ImportError(missing) from None
    try:
        pooch.retrieve(source.url, source.known_hash, fname=os.path.basename(path), path=os.path.dirname(path))
    except OSError as error:
        raise OSError(_missing(source, kind, path, f"the download failed: {_first_line(error)}")) from error
    except ValueError as error:
        raise ValueError(_missing(source, kind, path, "what was downloaded is not that file (wrong hash)")) from error
    return path


def _missing(source: Source, kind: Kind, path: str, reason: str) -> str:
    return explain(
        what=f"the {kind.noun} {os.path.basename(path)!r} is not on this computer; {reason}",
        expected=path,
        remedy=f"place the file of {source.url} there, or {kind.instead}",
    )


def _first_line(error: BaseException) -> str:
    """The root cause: web libraries wrap it several times."""
    inner = next((each for each in (getattr(error, "reason", None), *error.args) if isinstance(each, Exception)), None)
    if inner is not None:
        return _first_line(inner)
    return (str(error).splitlines() or [type(error).__name__])[0]
