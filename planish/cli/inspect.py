"""`planish inspect MODEL`: the program that a saved model is compiled to, at any stage."""

from __future__ import annotations

import argparse

from planish import config
from planish.cli import model_files
from planish.cli.console import say


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("inspect", help="graph, loops, LLVM or assembly of a saved model")
    parser.add_argument("model", metavar="MODEL", help="a .keras file")
    parser.add_argument("--after", metavar="PASS", help="the graph as this pass leaves it (the last one)")
    parser.add_argument("--emit", choices=config.EMITTED, default="graph", help="(%(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.runtime.inspection import describe

    model = model_files.load(arguments.model, compile=False)
    say(describe(model, after=arguments.after, emit=arguments.emit).rstrip())
