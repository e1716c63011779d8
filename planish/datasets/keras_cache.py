"""The data sets in Keras's cache: found there, given by path, or downloaded."""

from __future__ import annotations

import os
from collections.abc import Sequence

from planish import keras_cache
from planish.errors import explain
from planish.keras_cache import Source

TENSORFLOW_STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"

__all__ = ["Source", "download", "folder", "given", "in_cache", "locate"]

_EMBEDDED = "planish.datasets.digits.load_data() needs no file: 6,000 + 1,000 images of MNIST come with planish"


_KIND = keras_cache.Kind("datasets", "data set's file", f"give its path: load_data(path=...)\n{_EMBEDDED}")


def folder() -> str:
    """The folder of data sets: `datasets` in $KERAS_HOME, or in ~/.keras."""
    return keras_cache.folder(_KIND)


def in_cache(name: str) -> str:
    """The path of a name in the cache, which need not exist."""
    return keras_cache.in_cache(name, _KIND)


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
    """Puts the file into the cache, checks it, and gives its path. Errors: see `planish.keras_cache.download`."""
    return keras_cache.download(source, _KIND)
