"""`planish predict MODEL IMAGES...`: what a saved model makes of image files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence

import numpy as np

from planish.cli import data, model_files
from planish.cli.console import table
from planish.errors import explain
from planish.utils.image_folder import ENDINGS, images_in

_WHITE = 255


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("predict", help="classify image files with a saved model")
    parser.add_argument("model", metavar="MODEL", help="a .keras file")
    parser.add_argument("images", metavar="IMAGES", nargs="+", help="image files, or folders with images in them")
    parser.add_argument(
        "--top", type=model_files.count, default=1, metavar="N", help="how many classes to name (%(default)s)"
    )
    parser.add_argument("--invert", action="store_true", help="swap dark and light, for scans of digits on paper")
    model_files.add_scale(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    model = model_files.load(arguments.model, compile=False)
    height, width, *channels = model_files.image_shape(model)
    names = model_files.class_names(arguments.model, model_files.class_count(model))
    mode = data.color_mode(channels[0] if channels else 1)
    paths = list(_files(arguments.images))
    images = np.stack([data.read_image(path, (height, width), mode) for path in paths])
    if arguments.invert:
        images = _WHITE - images
    outputs = model.predict(model_files.as_input(model, images, arguments.scale), verbose=0)
    top = min(arguments.top, len(names))
    rows = []
    for path, scores in zip(paths, model_files.class_scores(model, outputs), strict=True):
        best = np.argsort(-scores, kind="stable")[:top]
        rows.append([path, *(cell for place in best for cell in (names[place], f"{scores[place]:.4f}"))])
    table(["image", *(["class", "score"] * top)], rows, numbers=range(2, 2 * top + 1, 2))


def _files(given: Sequence[str]) -> Iterator[str]:
    for path in given:
        if not os.path.isdir(path):
            yield path
            continue
        inside = images_in(path)
        if not inside:
            raise ValueError(
                explain(what=f"there are no images in {path!r}", expected="files named " + ", ".join(ENDINGS))
            )
        yield from inside
