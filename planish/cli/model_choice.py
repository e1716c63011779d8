"""The --model argument: one of the models that tutorials begin with, or a function in a file of the user's."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from planish.cli.console import did_you_mean
from planish.errors import explain
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Rescaling
from planish.models import Model, Sequential

Shape = tuple[int, ...]

DEFAULT = "blog"

HELP = "blog (two convolutions), small (one), softmax (none), or PATH.py:make_model, called with (input_shape, classes)"
HELP_WITH_NETS = HELP + "; or a net of keras.applications: mobilenetv2, resnet50, efficientnetb0, ..."

_MOST_PIXEL = 255.0
_GIVEN = 2  # arguments for the user's function: input_shape and classes


def make(
    choice: str, input_shape: Shape, classes: int, *, pixels: bool = True, augmentation: Sequence[Any] = ()
) -> Any:
    """A compiled model for images of the shape. `pixels`: values are 0-255, which built-in models bring to 0-1.
    `augmentation`: layers in front of a built-in model.

    ValueError, in words for the user, for an unknown choice or a function that fails.
    """
    if choice in _BUILT_IN:
        _check_side(choice, min(input_shape[:2]))
        scaling = [Rescaling(1 / _MOST_PIXEL)] if pixels else []
        model: Model = Sequential([Input(shape=input_shape), *augmentation, *scaling, *_BUILT_IN[choice](classes)])
    elif augmentation:
        raise ValueError(
            explain(
                what="--augment goes with the models that planish makes",
                received=f"--model {choice}",
                remedy="layers in the model of your own: RandomFlip('horizontal'), RandomRotation(0.05)",
            )
        )
    else:
        model = _called(*_place(choice), input_shape, classes)
    if model.optimizer is None:
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def check(choice: str, nets: Iterable[str] = ()) -> None:
    """What can be said before there are images: ValueError for an unknown choice, FileNotFoundError for its file.
    `nets` are other names that could have been meant."""
    if choice not in _BUILT_IN:
        _check_file(_place(choice, nets)[0])


def _place(choice: str, nets: Iterable[str] = ()) -> tuple[str, str]:
    """The file and the function that the user names."""
    path, colon, name = choice.rpartition(":")
    if not colon or not path.endswith(".py"):
        name_it = f"name the function in it: {choice}:make_model" if choice.endswith(".py") else None
        remedy = name_it or did_you_mean(choice.lower(), [*_BUILT_IN, *nets])
        expected = HELP_WITH_NETS if nets else HELP
        raise ValueError(explain(what=f"unknown model {choice!r}", expected=expected, remedy=remedy))
    return path, name


def _check_file(path: str) -> None:
    if not os.path.isfile(path):
        raise FileNotFoundError(explain(what=f"there is no file {path!r}"))


def _blog(classes: int) -> list[Any]:
    return [
        Conv2D(32, (3, 3), activation="relu"),
        MaxPooling2D(pool_size=(2, 2)),
        Conv2D(64, (3, 3), activation="relu"),
        MaxPooling2D(pool_size=(2, 2)),
        Flatten(),
        Dense(128, activation="relu"),
        Dense(classes, activation="softmax"),
    ]


def _small(classes: int) -> list[Any]:
    return [
        Conv2D(32, (3, 3), activation="relu"),
        MaxPooling2D(pool_size=(2, 2)),
        Flatten(),
        Dense(classes, activation="softmax"),
    ]


def _softmax(classes: int) -> list[Any]:
    return [Flatten(), Dense(classes, activation="softmax")]


_BUILT_IN: dict[str, Callable[[int], list[Any]]] = {"blog": _blog, "small": _small, "softmax": _softmax}

_SMALLEST_SIDE = {"blog": 10, "small": 4, "softmax": 1}  # pixels: the last pool needs two


def _check_side(choice: str, side: int) -> None:
    least = _SMALLEST_SIDE[choice]
    if side >= least:
        return
    fitting = next(name for name, smallest in _SMALLEST_SIDE.items() if smallest <= side)
    raise ValueError(
        explain(
            what=f"the images are too small for the model {choice!r}",
            expected=f"{least}x{least} pixels or more",
            received=f"a side of {side}",
            remedy=f"--model {fitting}, or, for a folder of images, --size {least}",
        )
    )


def _called(path: str, name: str, input_shape: Shape, classes: int) -> Model:
    """What the user's function returns. Errors in it are reported with the file and the line."""
    try:
        function = getattr(_module(path), name, None)
        if not callable(function):
            raise ValueError(explain(what=f"{path!r} has no function {name!r}"))
        wants = len(inspect.signature(function).parameters)
        _check_arguments(function, path, name, min(wants, _GIVEN))
        model = function(*(input_shape, classes)[:wants])
    except Exception as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == os.path.abspath(path)]
        if not own:
            raise
        place = f"{path}, line {own[-1].lineno}"
        raise ValueError(f"{place}: {type(error).__name__}: {error}") from error
    if not isinstance(model, Model):
        raise ValueError(explain(what=f"{name} of {path!r} has to return a model", received=type(model).__name__))
    return model


def _check_arguments(function: Callable[..., Any], path: str, name: str, given: int) -> None:
    try:
        inspect.signature(function).bind(*range(given))
    except TypeError:
        raise ValueError(
            explain(
                what=f"{name} of {path!r} cannot be called",
                expected="a function of (input_shape, classes), of input_shape, or of nothing",
                received=f"{name}{inspect.signature(function)}",
            )
        ) from None


def _module(path: str) -> ModuleType:
    _check_file(path)
    absolute = os.path.abspath(path)
    spec = importlib.util.spec_from_file_location(os.path.basename(path).removesuffix(".py"), absolute)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(absolute))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ValueError(f"{path}, line {error.lineno}: {error.msg}") from error
    finally:
        sys.path.remove(os.path.dirname(absolute))
    return module
