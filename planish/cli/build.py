"""`planish build MODEL -o model.plan`: a saved model compiled, for machines that have no compiler, and for C."""

from __future__ import annotations

import argparse
import ast
import os
import re
import shlex

from planish.cli import model_files
from planish.cli.console import say
from planish.errors import explain
from planish.saving import class_names

_EXAMPLES = """\
examples:
  planish build pets/best.keras -o pets.plan
  planish build pets/best.keras -o pets.plan --target host
  planish build pets/best.keras -o pets.plan --target x86-64-v3,aarch64 --dtype uint8
  planish build pets/best.keras -o out/pets --emit c --target aarch64
  planish build digits.keras -o out/digits --emit c --target cortex-m4 --object
  planish build pets/best.keras -o pets-web --emit wasm
"""

_ENDINGS = {"plan": ".plan", "c": "", "wasm": "-web"}
"""What follows the name of the model where no other name is given: of a file, of several files, of a folder."""

_OPTIONS = {"emit": "--emit", "targets": "--target", "batch": "--batch", "dtypes": "--dtype", "prefix": "--prefix"}
"""How the arguments of `model.build` are typed."""
_CALL = re.compile(r"\bmodel\.build\([^()]*\)")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "build",
        help="a saved model as a compiled file",
        description="Compiles a saved model into one file, which the package planish-runtime runs with NumPy alone; or,"
        " for programs in C, into a header and a library that calls nothing; or into WebAssembly.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument(
        "-o", "--out", metavar="FILE",
        help="name of the file (default: MODEL with the ending .plan); with --emit c what the names of files begin"
        " with, such as out/digits (default: MODEL), with --emit wasm a folder (default: MODEL-web)",
    )  # fmt: skip
    parser.add_argument(
        "--emit", choices=list(_ENDINGS), default="plan",
        help="a compiled file for planish-runtime, files for C, or a folder with WebAssembly (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--target", metavar="NAMES",
        help="processors, with commas between them: x86-64-v4, x86-64-v3, x86-64-v2, aarch64, or host for this machine"
        " exactly (default: all but host); for C one of them, or cortex-m4, cortex-m7, cortex-m33, cortex-m55 (default:"
        " x86-64-v3, or aarch64 where that is built)",
    )  # fmt: skip
    parser.add_argument(
        "--batch", type=model_files.count, metavar="N",
        help="images that go through a layer together, at most: fewer need less memory (default: 28, and 1 for a"
        " microcontroller)",
    )  # fmt: skip
    parser.add_argument(
        "--dtype", metavar="NAMES",
        help="types of images that programs read as they are, such as uint8,float32 (default: float32); for C one",
    )  # fmt: skip
    parser.add_argument(
        "--prefix", metavar="NAME", help="for C: what names of functions begin with (default: the name of the files)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--library", dest="form", action="store_const", const="library", help="for C: a static library (default)"
    )
    form.add_argument("--object", dest="form", action="store_const", const="object", help="for C: an object file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from planish.shipping import build

    path = arguments.out or os.path.splitext(arguments.model)[0] + _ENDINGS[arguments.emit]
    if arguments.emit != "wasm":
        model_files.check_writable(path)
    _check_options_of_c(arguments)
    model = model_files.load(arguments.model, compile=False)
    names = class_names.known(model, arguments.model) if len(model.output_specs) == 1 else None
    try:
        report = build(
            model, path, arguments.target, arguments.batch, arguments.dtype, class_names=names, emit=arguments.emit,
            prefix=arguments.prefix, form=arguments.form,
        )  # fmt: skip
    except ValueError as error:
        error.args = (_as_commands(str(error), arguments.model),)
        raise
    if report:
        say(report)


def _check_options_of_c(arguments: argparse.Namespace) -> None:
    given = {f"--{arguments.form}": arguments.form, "--prefix": arguments.prefix}
    for option, value in given.items():
        if value is not None and arguments.emit != "c":
            raise ValueError(
                explain(
                    what=f"{option} is for C",
                    received=f"--emit {arguments.emit}",
                    remedy=f"leave {option} out, or --emit c",
                )
            )


def _as_commands(text: str, model: str) -> str:
    """The text of an error, with calls of `model.build` as the commands that do the same."""
    return _CALL.sub(lambda found: _as_command(found.group(), model), text)


def _as_command(code: str, model: str) -> str:
    """The command for a call; the code as it is where it is none, as in the name of a file."""
    words = ["planish", "build", model]
    try:
        call = ast.parse(code, mode="eval").body
        assert isinstance(call, ast.Call)
        for argument in call.args:
            words += ["-o", ast.literal_eval(argument)]
        for keyword in call.keywords:
            words += [_OPTIONS[str(keyword.arg)], str(ast.literal_eval(keyword.value))]
    except (SyntaxError, ValueError, KeyError):
        return code
    return shlex.join(words)
