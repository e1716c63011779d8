"""Where Keras keeps the data sets that it has downloaded, and how they get there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from planish import settings
from planish.errors import explain

TENSORFLOW_STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"

_EMBEDDED = "planish.datasets.digits.load_data() needs no file: 6,000 + 1,000 images of MNIST come with planish"


class Source(NamedTuple):
    """A public file: its address, its SHA-256, and its name in the cache of data sets (with / between folders)."""

    url: str
    sha256: str
    name: str


def folder() -> str:
    """The folder of data sets: `datasets` in $KERAS_HOME, or in ~/.keras."""
    home = settings.value("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return os.path.join(home, "datasets")


def in_cache(name: str) -> str:
    """The path of a name in the cache, which need not exist."""
    return os.path.join(folder(), *name.split("/"))


def locate(path: str | os.PathLike[str] | None, names: Sequence[str], source: Source) -> str:
    """The path that was given; without one, the first of `names` that the cache has; else `source`, downloaded.

    Keras's programs give the plain name of `source` in place of no path.
    """
    if path is not None and (os.fspath(path) != source.name or os.path.exists(path)):
        return given(path)
    found = next((place for place in map(in_cache, names) if os.path.exists(place)), None)
    return found or download(source)


def given(path: str | os.PathLike[str]) -> str:
    """A path that the caller named, as it is or as a plain name in the cache. FileNotFoundError if it is neither."""
    named = os.path.expanduser(os.fspath(path))
    if os.path.exists(named):
        return named
    cached = in_cache(named)
    if os.path.basename(named) == named and os.path.exists(cached):
        return cached
    raise FileNotFoundError(
        explain(
            what=f"there is no file {os.fspath(path)!r}",
            rule=f"a plain name is also looked for in {folder()!r}",
            remedy="give the path of the file, or no path at all to have it downloaded",
        )
    )


def download(source: Source) -> str:
    """Puts the file into the cache, checks it, and gives its path.

    ImportError without pooch, OSError without a connection or a place to write to, ValueError if what came was not the
    file: each names the file, where to place it, and the data set that needs none.
    """
    path = in_cache(source.name)
    try:
        import pooch
    except ImportError:
        raise ImportError(_missing(source, path, "to have it downloaded, pip install 'planish[datasets]'")) from None
    try:
        pooch.retrieve(source.url, f"sha256:{source.sha256}", fname=os.path.basename(path), path=os.path.dirname(path))
    except OSError as error:
        raise OSError(_missing(source, path, f"the download failed: {_first_line(error)}")) from error
    except ValueError as error:
        raise ValueError(_missing(source, path, "what was downloaded is not that file (wrong SHA-256)")) from error
    return path


def _missing(source: Source, path: str, reason: str) -> str:
    return explain(
        what=f"the data set's file {os.path.basename(path)!r} is not on this computer; {reason}",
        expected=path,
        remedy=f"place the file of {source.url} there, or give its path: load_data(path=...)\n{_EMBEDDED}",
    )


def _first_line(error: BaseException) -> str:
    """The root cause: web libraries wrap it several times."""
    inner = next((each for each in (getattr(error, "reason", None), *error.args) if isinstance(each, Exception)), None)
    if inner is not None:
        return _first_line(inner)
    return (str(error).splitlines() or [type(error).__name__])[0]
