"""`planish evaluate MODEL DATA`: the loss and the metrics of a saved model."""

from __future__ import annotations

import argparse
import os
import time

from planish.cli import data, model_files
from planish.cli.console import facts
from planish.errors import explain


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("evaluate", help="loss and metrics of a saved model on a data set's test images")
    parser.add_argument("model", metavar="MODEL", help="a .keras file")
    parser.add_argument("data", metavar="DATA", help=data.HELP)
    model_files.add_scale(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    model = model_files.load(arguments.model)
    if model.optimizer is None:
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    height, width, *channels = model_files.image_shape(model)
    mode = data.color_mode(channels[0] if channels else 1)
    names = model_files.known_class_names(arguments.model)
    classes = model_files.class_count(model)
    if names is not None and len(names) != classes:
        names = None
    examples = data.load(arguments.data, (height, width), mode, names)
    if os.path.isdir(arguments.data) and len(examples.class_names) > classes:
        raise ValueError(
            explain(
                what=f"{arguments.data!r} has more classes than the model tells apart",
                expected=classes,
                received=len(examples.class_names),
            )
        )
    x = model_files.as_input(model, examples.x_test, arguments.scale)
    y = model_files.as_targets(model, examples.y_test, model.output_shape[-1])
    start = time.perf_counter()
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    seconds = time.perf_counter() - start
    rows = [(name, f"{value:.4f}") for name, value in results.items()]
    facts("Result", [*rows, ("images", f"{len(x):,}"), ("speed", f"{len(x) / seconds:,.0f} images/s")])
