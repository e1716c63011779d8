"""Where the weights of `keras.applications` come from: Keras's cache, its server, or a file that the caller names."""

from __future__ import annotations

import os
from typing import NamedTuple

from planish import keras_cache
from planish.models import Model

_STORE = "https://storage.googleapis.com/"
APPLICATIONS = _STORE + "tensorflow/keras-applications/"
EFFICIENTNETS = _STORE + "keras-applications/"
CLASS_INDEX = keras_cache.Source(
    _STORE + "download.tensorflow.org/data/imagenet_class_index.json",
    "md5:c2c37ea517e94d9795004a39431a14cb",
    "imagenet_class_index.json",
)

_WEIGHTS = keras_cache.Kind(
    "models", "file of weights", "give its path: weights='PATH'\nor begin with random weights: weights=None"
)
_NAMES = keras_cache.Kind(
    "models", "file of ImageNet's classes", "use the places of the classes: predictions.argsort(axis=-1)[:, ::-1]"
)


class Files(NamedTuple):
    """The weights that a net has learnt on ImageNet: with the classifier, and without it."""

    with_top: keras_cache.Source
    without_top: keras_cache.Source


def kernel_files(folder: str, name: str, with_top: str | None, without_top: str | None) -> Files:
    """Two files of Keras's store in the way that most nets name them, with their MD5."""
    stem = f"{name}_weights_tf_dim_ordering_tf_kernels"
    return files(folder, f"{stem}.h5", f"{stem}_notop.h5", with_top, without_top)


def files(
    folder: str,
    with_top: str,
    without_top: str,
    hash_with_top: str | None = None,
    hash_without_top: str | None = None,
    *,
    names: tuple[str, str] | None = None,
) -> Files:
    """Two files of one folder of Keras's store. Hashes: MD5 or SHA-256 by their length; None where Keras has none.
    `names`: what they are called in the cache, if otherwise."""
    name_with_top, name_without_top = names or (with_top, without_top)
    return Files(
        keras_cache.Source(f"{folder}{with_top}", _known(hash_with_top), name_with_top),
        keras_cache.Source(f"{folder}{without_top}", _known(hash_without_top), name_without_top),
    )


def load(model: Model, weights: keras_cache.Source | str | os.PathLike[str]) -> None:
    """Reads weights into the model: from the cache or the server, or from a path."""
    if isinstance(weights, keras_cache.Source):
        weights = keras_cache.cached(weights, _WEIGHTS)
    model.load_weights(weights)


def class_index() -> str:
    """The path of the file that has the names of ImageNet's classes."""
    return keras_cache.cached(CLASS_INDEX, _NAMES)


def _known(digest: str | None) -> str | None:
    if digest is None:
        return None
    return f"md5:{digest}" if len(digest) == 32 else f"sha256:{digest}"
