"""`planish evaluate MODEL DATA`: the loss and the metrics of a saved model."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np

from planish.cli import data, folder_data, model_files
from planish.cli.console import facts
from planish.cli.data import Part
from planish.cli.folders import TEST
from planish.errors import explain
from planish.saving import class_names
from planish.utils.image_reader import SMOOTHED

if TYPE_CHECKING:
    from planish.models.model import Model

_EXAMPLES = """\
examples:
  planish evaluate pets/best.keras photos --split     what training has not seen
  planish evaluate pets/best.keras new-photos
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="loss and metrics of a saved model",
        description="Shows the loss and the metrics of a saved model on all images of DATA, or on those that its "
        "training held out.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("data", metavar="DATA", help=data.HELP)
    parser.add_argument(
        "--split", action="store_true", help="only the images that training held out (default: all images of DATA)"
    )
    model_files.add_scale(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    model = model_files.load(arguments.model)
    if model.optimizer is None:
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    classes = class_names.class_count(model)
    images, found = part(model, arguments)
    if len(found) > classes:
        raise ValueError(
            explain(
                what=f"{arguments.data!r} has more classes than the model tells apart",
                expected=classes,
                received=len(found),
            )
        )
    x = model_files.as_input(model, images.x, arguments.scale)
    y = model_files.as_targets(model, images.y, classes)
    start = time.perf_counter()
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    seconds = time.perf_counter() - start
    rows = [(name, f"{model_files.mean(value):.4f}") for name, value in results.items()]
    which = "held out by training" if arguments.split else "all"
    facts("Result", [*rows, ("images", f"{len(x):,} ({which})"), ("speed", f"{len(x) / seconds:,.0f} images/s")])


def part(model: Model, arguments: argparse.Namespace) -> tuple[Part, list[str]]:
    """The images to look at, and the names of their classes."""
    if not data.is_folder(arguments.data):
        examples = data.arrays(arguments.data)
        chosen = [examples.parts[TEST]] if arguments.split else list(examples.parts.values())
        both = Part(np.concatenate([each.x for each in chosen]), np.concatenate([each.y for each in chosen]))
        return both, []
    height, width, *channels = model_files.image_shape(model)
    mode = data.color_mode(channels[0] if channels else 1)
    names = class_names.known(model, arguments.model)
    smoothed = model.notes.get(SMOOTHED) is True
    place = (arguments.data, (height, width), mode, names)
    if arguments.split:
        return folder_data.held_out(*place, model.notes.get(folder_data.HELD_OUT), smoothed=smoothed)
    return folder_data.everything(*place, smoothed=smoothed)
