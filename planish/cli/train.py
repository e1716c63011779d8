"""`planish train DATA`: trains a model, and saves it with a picture of its training. Ctrl-C saves it as it is then."""

from __future__ import annotations

import argparse
import os
from typing import Any

from planish import utils
from planish.cli import data, model_choice, model_files, pictures
from planish.cli.console import say


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("train", help="train a model on a data set or on folders of images")
    parser.add_argument("data", metavar="DATA", help=data.HELP)
    parser.add_argument("--model", default="blog", metavar="MODEL", help=model_choice.HELP + " (%(default)s)")
    parser.add_argument("--epochs", type=int, default=5, metavar="N", help="(%(default)s)")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="(%(default)s)")
    parser.add_argument("--out", default="trained", metavar="DIR", help="folder for model and picture (%(default)s)")
    parser.add_argument(
        "--size", type=data.image_size, metavar="HxW", help="size of images of folders (the first one's)"
    )
    parser.add_argument("--color", choices=("grayscale", "rgb", "rgba"), help="channels of images of folders")
    parser.add_argument("--seed", type=int, metavar="N", help="makes the training repeatable")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    if arguments.seed is not None:
        utils.set_random_seed(arguments.seed)
    examples = data.load(arguments.data, arguments.size, arguments.color)
    classes = len(examples.class_names)
    pixels = examples.x_train.dtype.kind in "iu"
    model = model_choice.make(arguments.model, examples.image_shape, classes, pixels=pixels)
    x_train, x_test = (model_files.as_input(model, x) for x in (examples.x_train, examples.x_test))
    y_train, y_test = (model_files.as_targets(model, y, classes) for y in (examples.y_train, examples.y_test))
    model_files.make_folder(arguments.out)
    try:
        history = model.fit(x_train, y_train, arguments.batch_size, arguments.epochs, validation_data=(x_test, y_test))
    except KeyboardInterrupt:
        _write(model, examples.class_names, arguments.out)
        raise
    _write(model, examples.class_names, arguments.out)
    if not pictures.can_draw():
        say(f"No picture: it needs matplotlib ({pictures.INSTALL})")
    elif history.epoch:
        picture = os.path.join(arguments.out, "training-curve.png")
        pictures.training_curve(history.history, picture)
        say(f"wrote {picture}")


def _write(model: Any, class_names: list[str], folder: str) -> None:
    """The model, as far as it was trained, and the names of its classes."""
    path = os.path.join(folder, "model.keras")
    model.save(path)
    model_files.write_class_names(class_names, folder)
    say(f"wrote {path}")
