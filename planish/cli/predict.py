"""`planish predict MODEL IMAGES...`: what a saved model makes of image files."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.cli import image_input, model_files, remote
from planish.cli.console import complain, one_line, table
from planish.cli.parser import MISTAKE
from planish.utils.workers import in_order

if TYPE_CHECKING:
    from planish.models.model import Model

_EXAMPLES = """\
examples:
  planish predict pets/best.keras new.jpg
  planish predict pets/best.keras holiday/ --top 3
  planish predict demo-output/digits.keras photo-of-a-seven.jpg --digit
  planish predict pets/best.keras /shared/holiday --dask tcp://head:8786
"""

_AT_ONCE = 256  # images in memory


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "predict",
        help="name the class of image files",
        description="Names the class of image files, and the score that a model gives it.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument(
        "images", metavar="IMAGES", nargs="+", help="image files, patterns such as 'new/*.jpg', or folders of images"
    )
    parser.add_argument(
        "--top", type=model_files.count, default=1, metavar="N", help="how many classes to name (default: %(default)s)"
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="have the workers of a Dask cluster read and classify the images: tcp://HOST:8786, or 'local' for "
        "processes on this machine (default: this process)",
    )
    image_input.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The exit code: that of a mistake if an image could not be read; the other images are classified anyway."""
    model = model_files.load(arguments.model, compile=False)
    names = model_files.class_names(model, arguments.model)
    top = min(arguments.top, len(names))
    failures: dict[str, image_input.Failure] = {}
    rows = []
    for path, scores in _scored(model, arguments, failures):
        best = np.argsort(-scores, kind="stable")[:top]
        rows.append([path, *(cell for place in best for cell in (names[place], f"{scores[place]:.4f}"))])
    if rows:
        table(["image", *(["class", "score"] * top)], rows, numbers=range(2, 2 * top + 1, 2))
    for failure in failures.values():
        complain(f"planish predict: error: {one_line(failure)}")
    return MISTAKE if failures else 0


def _scored(
    model: Model, arguments: argparse.Namespace, failures: dict[str, image_input.Failure]
) -> Iterator[tuple[str, Any]]:
    """Path and scores of the images that can be read; the reasons for the others go into `failures`."""
    paths = list(image_input.files(arguments.images))
    read = image_input.reader(model, arguments)
    if arguments.dask is None:
        parts = _parts(model, paths, read, arguments.scale)
    else:
        parts = remote.parts(model, paths, read, arguments.scale, arguments.dask, _AT_ONCE)
    for part in parts:
        failures |= part.failures
        if part.outputs is not None:
            yield from zip(part.paths, model_files.class_scores(model, part.outputs), strict=True)


def _parts(model: Model, paths: list[str], read: image_input.Read, scale: float) -> Iterator[image_input.Part]:
    """The outputs for images, a part after another: files are read on threads, ahead of what computes."""
    found = in_order(lambda path: (path, image_input.tried(read, path)), paths, _AT_ONCE)
    while together := dict(itertools.islice(found, _AT_ONCE)):
        yield image_input.part(
            together, lambda images: model.predict(model_files.as_input(model, images, scale), verbose=0)
        )
