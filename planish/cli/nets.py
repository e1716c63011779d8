"""`planish train --model mobilenetv2`: a net of `keras.applications` as a frozen trunk, and a new classifier on it."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from planish import applications, layers
from planish.cli.console import did_you_mean
from planish.errors import explain
from planish.models import Model

if TYPE_CHECKING:
    from planish.optimizers import Optimizer

Shape = tuple[int, ...]

NETS = {name.lower(): name for name in applications.__all__ if name[0].isupper()}
"""The nets' names on the command line, and in `keras.applications`."""

TRUNK, HEAD_EPOCHS = "trunk", "head_epochs"
"""Names among a model's notes: the layer that is the net, and how many epochs it was frozen before it was trained."""

IMAGENET, RANDOM = "imagenet", "none"

_SIDES = {
    "InceptionV3": 299, "Xception": 299, "NASNetLarge": 331, "EfficientNetB1": 240, "EfficientNetB2": 260,
    "EfficientNetB3": 300, "EfficientNetB4": 380, "EfficientNetB5": 456, "EfficientNetB6": 528, "EfficientNetB7": 600,
    "EfficientNetV2B1": 240, "EfficientNetV2B2": 260, "EfficientNetV2B3": 300, "EfficientNetV2S": 384,
    "EfficientNetV2M": 480, "EfficientNetV2L": 480, "InceptionResNetV2": 299,
}  # fmt: skip
_USUAL_SIDE = 224
_HAVE_WIDTHS = "MobileNet"
_DROPPED = 0.2
_SLOWER = 100
"""How many times smaller the learning rate is while the whole net is trained."""


class Net(NamedTuple):
    """A net, where its weights come from (a file, 'imagenet', or 'none'), and the width of its layers."""

    name: str
    weights: str
    alpha: float | None

    @property
    def side(self) -> int:
        """Height and width of the images that it was made for."""
        return _SIDES.get(self.name, _USUAL_SIDE)

    def base(self, shape: Shape) -> Model:
        """The net without its classifier, for images of a shape, with its weights.

        ValueError, in words for the user, if shape or weights do not fit; OSError if there are no weights.
        """
        if self.weights == IMAGENET:
            return self._made(shape, weights=IMAGENET)
        base = self._made(shape)
        if self.weights != RANDOM:
            self._read_into(base)
        return base

    def _read_into(self, base: Model) -> None:
        """The weights of the file, which may have those of a classifier as well."""
        try:
            base.load_weights(self.weights)
        except ValueError as error:
            whole = self._made((self.side, self.side, 3), include_top=True)
            try:
                whole.load_weights(self.weights)
            except ValueError:
                raise self._other_weights(error) from error
            for layer in base.layers:
                if layer.weights:
                    layer.set_weights(whole.get_layer(layer.name).get_weights())

    def _other_weights(self, error: ValueError) -> ValueError:
        width = ", and --alpha for another width" if self.name.startswith(_HAVE_WIDTHS) else ""
        return ValueError(
            explain(
                what=f"{self.weights!r} does not have the weights of {self.name}",
                expected=f"a file of Keras's keras.applications.{self.name}, with its classifier or without",
                received=" ".join(str(error).split("\n")[0].split()),
                remedy=f"the net that the file belongs to: --model NET{width}\n"
                f"or --weights {IMAGENET}, which are read from Keras's folder or downloaded",
            )
        )

    def _made(self, shape: Shape, **options: Any) -> Model:
        widths = {} if self.alpha is None else {"alpha": self.alpha}
        function = getattr(applications, self.name)
        try:
            given = {"include_top": False, "weights": None, "input_shape": shape, **widths, **options}
            model: Model = function(**given)
        except (OSError, ImportError, ValueError) as error:
            raise type(error)(_for_the_command_line(str(error))) from error
        return model

    def model(self, base: Model, classes: int, augmentation: list[Any]) -> Model:
        """Pixels of 0-255 through the frozen net to a score for each class, compiled."""
        base.trainable = False
        image = layers.Input(base.input_shape[1:])
        x: Any = image
        for layer in augmentation:
            x = layer(x)
        x = base(sys.modules[getattr(applications, self.name).__module__].preprocess_input(x), training=False)
        x = layers.Dropout(_DROPPED)(layers.GlobalAveragePooling2D()(x))
        model = Model(image, layers.Dense(classes, activation="softmax")(x))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.notes[TRUNK] = base.name
        return model


def chosen(arguments: argparse.Namespace) -> Net | None:
    """The net that the arguments name; None if --model is something else. ValueError for arguments that do not go
    together, FileNotFoundError for a file of weights that is not there."""
    name = NETS.get((arguments.model or "").lower())
    if name is None:
        _refuse(arguments, ("weights", "alpha", "fine_tune"))
        return None
    if arguments.alpha is not None and not name.startswith(_HAVE_WIDTHS):
        raise ValueError(explain(what="--alpha is the width of a MobileNet", received=f"--model {name.lower()}"))
    if arguments.color not in (None, "rgb"):
        received = f"--color {arguments.color}"
        raise ValueError(explain(what=f"{name} takes images in colour", received=received, remedy="leave it out"))
    weights = arguments.weights or IMAGENET
    if weights not in (IMAGENET, RANDOM) and not os.path.isfile(weights):
        raise FileNotFoundError(
            explain(
                what=f"there is no file of weights {weights!r}",
                expected=f"a file, {IMAGENET!r} or {RANDOM!r}",
                remedy=did_you_mean(weights, (IMAGENET, RANDOM)),
            )
        )
    return Net(name, weights, arguments.alpha)


def check_shape(net: Net, shape: Shape, text: str) -> None:
    """ValueError unless images are in colour."""
    if shape[-1] != 3:
        raise ValueError(
            explain(
                what=f"{net.name} takes images in colour",
                expected="3 channels, or a folder of photographs",
                received=f"{text!r}, whose images have {shape[-1]}",
                remedy="--model blog",
            )
        )


def trunk_of(model: Model) -> Model | None:
    """The net inside of a model that `Net.model` made."""
    name = model.notes.get(TRUNK)
    found = next((layer for layer in model.layers if layer.name == name), None)
    return found if isinstance(found, Model) else None


def head_epochs(model: Model) -> int | None:
    """How many epochs the net was frozen; None if it still is. The number comes from a file."""
    noted, trunk = model.notes.get(HEAD_EPOCHS), trunk_of(model)
    return noted if trunk is not None and trunk.trainable and type(noted) is int and noted >= 0 else None


def refuse_tuning(model: Model) -> None:
    """ValueError unless there is a net in the model to train further."""
    if trunk_of(model) is None:
        raise ValueError(
            explain(
                what="--fine-tune trains a net that was frozen, and the model of this run does not have one",
                remedy="leave it out, or begin with a net: --model mobilenetv2",
            )
        )


def thaw(model: Model, epochs: int) -> None:
    """Lets the whole net be trained, slowly; it was frozen for so many epochs."""
    trunk, optimizer = trunk_of(model), model.optimizer
    assert trunk is not None
    assert optimizer is not None
    trunk.trainable = True
    model.compile(_slower(optimizer), model.loss, metrics=["accuracy"])
    model.notes[HEAD_EPOCHS] = epochs


def _slower(optimizer: Optimizer) -> Optimizer:
    """A new one, with a smaller learning rate."""
    config = optimizer.get_config()
    return type(optimizer).from_config({**config, "learning_rate": float(optimizer.learning_rate) / _SLOWER})


def _refuse(arguments: argparse.Namespace, names: tuple[str, ...]) -> None:
    """ValueError for options that only nets have."""
    for name in names:
        if getattr(arguments, name):
            option = f"--{name.replace('_', '-')}"
            raise ValueError(
                explain(
                    what=f"{option} goes with a net that people know",
                    received=f"--model {arguments.model}" if arguments.model else "no --model",
                    remedy=f"--model mobilenetv2, or leave {option} out",
                )
            )


def _for_the_command_line(text: str) -> str:
    """What a net says of its arguments, in the words of this command."""
    words = {"weights='PATH'": "--weights PATH", "weights=None": "--weights none", "input_shape": "--size"}
    for argument, option in words.items():
        text = text.replace(argument, option)
    return text
