"""Makes every mistake in one library and prints what the library says, as JSON: `python provoke.py
planish|keras|torch`. planish leaves those out that need PyTorch, where it is not.

Runs in the interpreter of that library, which needs nothing else from planish.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import io
import json
import re
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cases import KERAS_GIVEN, TORCH_GIVEN, Mistake
from mistakes import STAGES

LAYERS = (
    *("BatchNormalization", "Conv2D", "Dense", "Flatten", "GlobalAveragePooling2D", "Input", "MaxPooling2D"),
    *("Permute", "Reshape", "ZeroPadding2D"),
)


@dataclass(frozen=True)
class Answer:
    """`kind` is the exception's name, or "" if there was none and `text` says what happened instead."""

    kind: str
    text: str


def given(library: str, folder: Path) -> dict[str, Any]:
    """The names that the code of a mistake uses."""
    if library == "torch":
        torch = importlib.import_module("torch")
        torch.manual_seed(0)
        names: dict[str, Any] = {"torch": torch, "nn": torch.nn, "folder": folder}
        exec(TORCH_GIVEN, names)
        return names
    front = importlib.import_module(library)
    (front.utils if library == "keras" else front.backend).clear_session(free_memory=False)
    front.utils.set_random_seed(0)
    names = {name: getattr(front.layers, name) for name in LAYERS}
    names |= {"keras": front, "Sequential": front.Sequential, "np": importlib.import_module("numpy"), "folder": folder}
    exec(KERAS_GIVEN, names)
    return names


def answer(library: str, mistake: Mistake, folder: Path) -> Answer | None:
    """What the library does about it; None if it has no such step."""
    code = mistake.torch if library == "torch" else mistake.keras
    if code is None or (library == "keras" and mistake.own):
        return None
    names = given(library, folder)
    program = _keeping_the_last_value(code)
    names["result"] = None
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            exec(program, names)
        except Exception as error:
            return Answer(type(error).__name__, _plain(str(error)).replace(str(folder), "folder"))
    texts = [str(warning.message) for warning in warned if not issubclass(warning.category, DeprecationWarning)]
    return Answer("", "\n".join(map(_plain, dict.fromkeys([_outcome(names["result"]), *texts]))))


def has_torch() -> bool:
    """Whether this interpreter has PyTorch."""
    return importlib.util.find_spec("torch") is not None


def _plain(text: str) -> str:
    """Without colours, and without addresses of objects, which differ each time."""
    return re.sub(r" at 0x[0-9a-f]+", "", re.sub("\x1b\\[[0-9;]*m", "", text))


def _keeping_the_last_value(code: str) -> str:
    """The code, whose last statement, if it is an expression, becomes `result`."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.Assign([ast.Name("result", ast.Store())], last.value)
    return ast.unparse(ast.fix_missing_locations(tree))


def _outcome(result: Any) -> str:
    if type(result).__name__ == "History":
        return f"trains; the loss is {result.history['loss'][-1]:.2g}"
    if hasattr(result, "layers") and hasattr(result, "input_shape"):
        return f"goes through: a model from {result.input_shape} to {result.output_shape}"
    if isinstance(result, tuple):
        return f"gives the shape {tuple(result)}"
    if hasattr(result, "shape") and not result.shape:
        return f"gives {float(getattr(result, 'detach', lambda: result)()):.4g}"
    if hasattr(result, "shape"):
        return f"gives an array of shape {tuple(result.shape)}"
    return "goes through"


def main() -> None:
    library = sys.argv[1]
    answers = {}
    for mistake in (mistake for stage in STAGES for mistake in stage.mistakes):
        if library == "planish" and mistake.needs_torch and not has_torch():
            continue
        with tempfile.TemporaryDirectory() as folder:  # of its own: what one writes changes no answer to another
            found = answer(library, mistake, Path(folder))
        answers[mistake.title] = None if found is None else [found.kind, found.text]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
