"""`planish build MODEL -o model.plan`: a saved model compiled, for machines that have no compiler."""

from __future__ import annotations

import argparse
import os

from planish.cli import model_files

_EXAMPLES = """\
examples:
  planish build pets/best.keras -o pets.plan
  planish build pets/best.keras -o pets.plan --target host
  planish build pets/best.keras -o pets.plan --target x86-64-v3,aarch64 --dtype uint8
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "build",
        help="a saved model as a compiled file",
        description="Compiles a saved model into one file, which the package planish-runtime runs with NumPy alone.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("-o", "--out", metavar="FILE", help="name of the file (default: MODEL with the ending .plan)")
    parser.add_argument(
        "--target", metavar="NAMES",
        help="processors, with commas between them: x86-64-v4, x86-64-v3, x86-64-v2, aarch64, or host for this machine"
        " exactly (default: all but host)",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=model_files.count, metavar="N",
        help="images that go through a layer together, at most: fewer need less memory (default: 28)",
    )  # fmt: skip
    parser.add_argument(
        "--dtype", metavar="NAMES",
        help="types of images that programs read as they are, such as uint8,float32 (default: float32)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.shipping import build

    path = arguments.out or os.path.splitext(arguments.model)[0] + ".plan"
    model_files.check_writable(path)
    model = model_files.load(arguments.model, compile=False)
    names = model_files.known_class_names(model, arguments.model) if len(model.output_specs) == 1 else None
    build(model, path, arguments.target, arguments.batch, arguments.dtype, class_names=names)
