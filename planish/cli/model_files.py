"""Models on the command line: loading them, bringing images to their input, the names of their classes."""

from __future__ import annotations

import argparse
import math
import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import atomic_file, output, saving, utils
from planish.errors import explain
from planish.saving.class_names import CLASSES, class_count, known

if TYPE_CHECKING:
    from planish.models.model import Model

Array = NDArray[Any]


def load(path: str, *, compile: bool = True) -> Any:
    """A saved model. ValueError if it is not built; also the errors of `load_model`."""
    model = saving.load_model(path, compile=compile)
    if not model.built:
        raise ValueError(explain(what=f"{path!r} holds a model that was never built, so it does not have weights"))
    return model


def make_folder(path: str) -> None:
    """The folder for what a command writes. OSError if there cannot be such a folder."""
    os.makedirs(path, exist_ok=True)
    check_folder(path)


def check_folder(path: str) -> None:
    """Whether there is such a folder or can be one, before the work for it is done. OSError if not."""
    place = os.path.abspath(path)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise NotADirectoryError(explain(what=f"{path!r} cannot be a folder", received=f"{place!r} is a file"))
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(explain(what=f"the folder {path!r} cannot be written"))


def check_writable(path: str) -> None:
    """Whether a file can be written there, before the work for it is done. OSError if not."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise IsADirectoryError(explain(what=f"{path!r} is a folder", expected="the name of a file to write"))
    if not os.path.isdir(folder):
        make = "mkdir" if os.name == "nt" else "mkdir -p"
        raise FileNotFoundError(
            explain(
                what=f"there is no folder {folder!r} to write into",
                received=repr(path),
                remedy=f"{make} {shlex.quote(folder)}",
            )
        )
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise PermissionError(explain(what=f"{path!r} cannot be written"))


def write_class_names(names: Sequence[str], folder: str) -> None:
    """For people: the model has the names in its notes."""
    text = "".join(f"{output.printable(name)}\n" for name in names)
    atomic_file.write(os.path.join(folder, CLASSES), text.encode())


def class_names(model: Model, path: str) -> list[str]:
    """The names of a model's classes; numbers if it has none. ValueError if it does not give scores."""
    names = known(model, path)
    return names if names is not None else [str(index) for index in range(class_count(model))]


def class_scores(model: Model, outputs: Array) -> Array:
    """Outputs [n, scores] as one score for each class [n, classes]: one score is that of the second of two classes."""
    return np.concatenate([1 - outputs, outputs], axis=1) if model.output_shape[-1] == 1 else outputs


def as_input(model: Model, images: Array, scale: float = 1) -> Array:
    """Images [n, height, width, channels] as the model takes them: divided by `scale`, without a channel axis if it
    has none."""
    if model.built and len(model.input_shape) == 3 and images.shape[-1] == 1:
        images = images[..., 0]
    return images if scale == 1 else np.divide(images, scale, dtype=np.float32)


def as_targets(model: Model, labels: Array, classes: int) -> Array:
    """Class indices as the model's loss takes them: one-hot vectors for those that compare whole distributions."""
    name = getattr(model.loss, "name", model.loss)
    if isinstance(name, str) and "categorical" in name and "sparse" not in name:
        return utils.to_categorical(labels, classes)
    return labels


def image_shape(model: Model) -> tuple[int, ...]:
    """(height, width) or (height, width, channels) of the images that a model takes. ValueError if it takes others."""
    shape: tuple[int, ...] = model.input_shape[1:]
    if len(shape) not in (2, 3):
        raise ValueError(explain(layer=model.label, what="the model does not take images", received=model.input_shape))
    return shape


def mean(value: Any) -> float:
    """A metric's value; the mean of one that has several, such as a score for each class."""
    return float(np.mean(value))


def count(text: str) -> int:
    """A whole number, 1 or more; for argparse."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def whole(text: str) -> int:
    """A whole number, 0 or more; for argparse."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def positive(text: str) -> float:
    """A number above 0; for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def add_scale(parser: argparse.ArgumentParser) -> None:
    """The argument for models whose training data were divided before they got them."""
    text = "divide pixels by this: 255 for a model that was trained on x / 255 (default: %(default)s)"
    parser.add_argument("--scale", type=positive, default=1, metavar="NUMBER", help=text)
