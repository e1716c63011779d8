"""`planish predict MODEL IMAGES...`: what a saved model makes of image files."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.cli import image_input, model_files
from planish.cli.console import complain, one_line, table
from planish.cli.parser import MISTAKE
from planish.utils.image_files import UnreadableImageError
from planish.utils.workers import in_order

if TYPE_CHECKING:
    from planish.models.model import Model

_EXAMPLES = """\
examples:
  planish predict pets/best.keras new.jpg
  planish predict pets/best.keras holiday/ --top 3
  planish predict demo-output/digits.keras photo-of-a-seven.jpg --digit
"""

_AT_ONCE = 256  # images in memory

Failure = UnreadableImageError | OSError | ValueError


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
    image_input.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The exit code: that of a mistake if an image could not be read; the other images are classified anyway."""
    model = model_files.load(arguments.model, compile=False)
    names = model_files.class_names(model, arguments.model)
    top = min(arguments.top, len(names))
    failures: dict[str, Failure] = {}
    rows = []
    for path, scores in _scored(model, arguments, failures):
        best = np.argsort(-scores, kind="stable")[:top]
        rows.append([path, *(cell for place in best for cell in (names[place], f"{scores[place]:.4f}"))])
    if rows:
        table(["image", *(["class", "score"] * top)], rows, numbers=range(2, 2 * top + 1, 2))
    for failure in failures.values():
        complain(f"planish predict: error: {one_line(failure)}")
    return MISTAKE if failures else 0


def _scored(model: Model, arguments: argparse.Namespace, failures: dict[str, Failure]) -> Iterator[tuple[str, Any]]:
    """Path and scores of the images that can be read; the reasons for the others go into `failures`."""
    paths = list(image_input.files(arguments.images))
    read = image_input.reader(model, arguments)

    def tried(path: str) -> model_files.Array | Failure:
        try:
            return read(path)
        except (OSError, ValueError) as error:
            return error

    found = zip(paths, in_order(tried, paths, _AT_ONCE), strict=True)
    for together in _lists(found):
        failures |= {path: image for path, image in together if isinstance(image, Exception)}
        good = [(path, image) for path, image in together if not isinstance(image, Exception)]
        if good:
            images = np.stack([image for _, image in good])
            outputs = model.predict(model_files.as_input(model, images, arguments.scale), verbose=0)
            yield from zip((path for path, _ in good), model_files.class_scores(model, outputs), strict=True)


def _lists(items: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while together := list(itertools.islice(remaining, _AT_ONCE)):
        yield together
