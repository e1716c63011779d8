"""`planish explain MODEL [IMAGE]`: a report on what a saved model makes of one image, as an HTML page."""

from __future__ import annotations

import argparse
from typing import Any

from planish.cli import data, model_files
from planish.cli.console import say
from planish.errors import explain

_WHITE = 255


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("explain", help="show what a saved model makes of an image, layer by layer")
    parser.add_argument("model", metavar="MODEL", help="a .keras file")
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="an image file (default: a digit that planish has)")
    parser.add_argument("--out", default="report.html", metavar="FILE", help="where the page is written (%(default)s)")
    parser.add_argument("--layer", metavar="NAME", help="the Flatten layer to unroll (the last one)")
    parser.add_argument("--label", type=int, metavar="CLASS", help="the right class of the image, as a number")
    parser.add_argument("--invert", action="store_true", help="swap dark and light, for scans of digits on paper")
    model_files.add_scale(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.explain import report

    if arguments.image is None and arguments.label is not None:
        raise ValueError(explain(what="--label is the right class of an IMAGE, and there is none"))
    model_files.check_writable(arguments.out)
    model = model_files.load(arguments.model)
    options = {"layer": arguments.layer, "class_names": _names(model, arguments.model)}
    if arguments.image is None:
        made = report(model, **options)
    else:
        made = report(model, _image(model, arguments), label=arguments.label, **options)
    made.save(arguments.out)
    say(f"wrote {arguments.out}")


def _names(model: Any, path: str) -> list[str] | None:
    """The names beside the model, for models that score classes."""
    shape = model.output_shape
    return model_files.class_names(path, shape[-1]) if len(shape) == 2 else None


def _image(model: Any, arguments: argparse.Namespace) -> model_files.Array:
    """The image file as the model takes it, without a batch axis."""
    height, width, *channels = model_files.image_shape(model)
    mode = data.color_mode(channels[0] if channels else 1)
    image = data.read_image(arguments.image, (height, width), mode)[None]
    batch = model_files.as_input(model, _WHITE - image if arguments.invert else image, arguments.scale)
    taken: model_files.Array = batch[0]
    return taken
