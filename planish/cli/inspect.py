"""`planish inspect MODEL`: the program that a saved model is compiled to, in each of its forms."""

from __future__ import annotations

import argparse

from planish import settings
from planish.cli import model_files
from planish.cli.console import say


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "inspect",
        help="graph, plan, loops, LLVM or assembly of a saved model",
        description="Shows what the compiler turns a saved model into, in each of its forms.",
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("--after", metavar="PASS", help="the graph as this pass leaves it (default: the last pass)")
    parser.add_argument(
        "--emit", choices=settings.EMITTED, default="graph", help="form of the program (default: %(default)s)"
    )
    parser.add_argument("--training", action="store_true", help="the program of `fit` (default: that of `predict`)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    model = model_files.load(arguments.model, compile=arguments.training)
    say(model.program(arguments.after, arguments.emit, training=arguments.training).rstrip())
