"""`planish explain MODEL [IMAGE]`: a report on what a saved model makes of one image, as an HTML page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from planish.cli import data, evaluate, image_input, model_files
from planish.cli.console import say
from planish.errors import explain, unknown_name

if TYPE_CHECKING:
    from planish.models.model import Model

_EXAMPLES = """\
examples:
  planish explain pets/best.keras new.jpg --label cat
  planish explain demo-output/digits.keras --data digits --split
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="show what a saved model makes of an image, layer by layer",
        description="Writes a page that shows what a saved model makes of an image, layer by layer.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="an image file (default: a digit that planish has)")
    parser.add_argument(
        "--out", default="report.html", metavar="FILE", help="where the page is written (default: %(default)s)"
    )
    parser.add_argument("--layer", metavar="NAME", help="the Flatten layer to unroll (default: the last one)")
    parser.add_argument(
        "--output",
        metavar="NAME",
        help="the output that gives the scores, if there are several (default: the only one)",
    )
    parser.add_argument(
        "--data", metavar="DATA", help=f"also show the worst mistakes in it (default: none): {data.HELP}"
    )
    parser.add_argument(
        "--split", action="store_true", help="of DATA only what training held out (default: all images of DATA)"
    )
    parser.add_argument("--label", metavar="CLASS", help="the right class of the image: its name, or its number from 0")
    image_input.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.explain import report

    if arguments.split and arguments.data is None:
        raise ValueError(explain(what="--split is about the images of --data, but no DATA was given"))
    if arguments.image is None and arguments.label is not None:
        raise ValueError(explain(what="--label names the right class of an IMAGE, but no IMAGE was given"))
    model_files.check_writable(arguments.out)
    model = model_files.load(arguments.model)
    if len(model.input_specs) > 1:
        raise ValueError(
            explain(
                layer=model.label,
                what="this command takes models with one input",
                received=", ".join(map(repr, model.input_names)),
                remedy="in Python: model.explain([image, ...], 'report.html')",
            )
        )
    if len(model.output_specs) > 1 and arguments.output is None:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"the model has {len(model.output_specs)} outputs, and the report is about one of them",
                expected="--output with one of " + ", ".join(model.output_names),
                remedy=f"--output {model.output_names[0]}",
            )
        )
    scores = len(model.output_specs) == 1 and len(model.output_shape) == 2
    names = model_files.class_names(model, arguments.model) if scores else None
    options = {"layer": arguments.layer, "class_names": names, "output": arguments.output}
    if arguments.data is not None:
        options["data"] = _data(model, arguments)
    if arguments.image is None:
        made = report(model, **options)
    else:
        made = report(model, _image(model, arguments), label=_label(arguments.label, names), **options)
    made.save(arguments.out)
    say(f"wrote {arguments.out}")


def _data(model: Model, arguments: argparse.Namespace) -> tuple[model_files.Array, model_files.Array, Sequence[str]]:
    """The images as the model takes them, their classes, and their files."""
    part, _ = evaluate.part(model, arguments)
    return model_files.as_input(model, part.x, arguments.scale), part.y, part.paths


def _label(text: str | None, names: list[str] | None) -> int | None:
    """The number of a class that is given by its name or by its number."""
    if text is None:
        return None
    if names is not None and text in names:
        return names.index(text)
    if text.isascii() and text.isdecimal():
        return int(text)
    raise ValueError(unknown_name("class", text, names or ()))


def _image(model: Model, arguments: argparse.Namespace) -> model_files.Array:
    """The image file as the model takes it, without a batch axis."""
    image = image_input.reader(model, arguments)(arguments.image)
    taken: model_files.Array = model_files.as_input(model, image[None], arguments.scale)[0]
    return taken
