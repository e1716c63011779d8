"""`planish export MODEL --to onnx`: a saved model as a file for other programs."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from planish.cli import model_files
from planish.errors import explain
from planish.layers import InputSpec

if TYPE_CHECKING:
    from planish.models.model import Model

_ENDINGS = {"onnx": ".onnx"}
"""What models can be exported to, and how the names of such files end."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="a saved model as an ONNX file",
        description="Writes what a saved model predicts to a file that other programs read.",
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras file")
    parser.add_argument("--to", choices=[*_ENDINGS], default="onnx", help="kind of the file (default: %(default)s)")
    parser.add_argument("-o", "--out", metavar="FILE", help="name of the file (default: MODEL with another ending)")
    parser.add_argument(
        "--opset", type=model_files.count, metavar="N", help="version of ONNX's operators, 13 to 21 (default: 18)"
    )
    parser.add_argument(
        "--size",
        type=_size,
        metavar="HxW",
        help="size of images, such as 224x224, for a model that takes any (default: its own)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    path = arguments.out or os.path.splitext(arguments.model)[0] + _ENDINGS[arguments.to]
    model_files.check_writable(path)
    model = model_files.load(arguments.model, compile=False)
    signature = _signature(model, arguments.size)
    model.export(path, format=arguments.to, input_signature=signature, opset_version=arguments.opset)


def _size(text: str) -> tuple[int, int]:
    """Rows and columns; for argparse."""
    rows, _, columns = text.partition("x")
    try:
        return model_files.count(rows), model_files.count(columns)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 224x224") from None


def _signature(model: Model, size: tuple[int, int] | None) -> list[InputSpec] | None:
    """Images of the size for every input that takes images of any, the others as they are.

    ValueError if a size is needed, and none is given."""
    specs = model.input_specs
    if all(None not in spec.shape[1:] for spec in specs):
        return None
    if size is None:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model takes images of any size, and an ONNX file has one",
                remedy="say which one: --size 224x224",
            )
        )
    return [InputSpec(shape=(None, *size, *spec.shape[3:]) if None in spec.shape[1:] else spec.shape) for spec in specs]
