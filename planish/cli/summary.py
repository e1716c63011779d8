"""`planish summary MODEL`: the table of a saved model's layers."""

from __future__ import annotations

import argparse

from planish.cli import model_files


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "summary",
        help="the layers of a saved model, their shapes and parameters",
        description="Shows the layers of a saved model, the shapes of their outputs, and their parameters.",
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    model_files.load(arguments.model, compile=False).summary()
