"""Imports point one way: front -> primitives -> graph <- passes <- codegen <- runtime; `import planish` is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "planish"

ROOMS = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")} - {"__init__"}
ANYONE = {
    "absent",
    "config",
    "settings",
    "errors",
    "forking",
    "memory",
    "output",
    "structures",
    "symbolic",
    "tracebacks",
}

# What each room may import besides itself and what anyone may. Rooms that are not named here are the front.
ALLOWED = {
    "errors": set(),
    "absent": set(),
    "config": set(),
    "settings": set(),
    "output": set(),
    "tracebacks": set(),
    "memory": set(),
    "forking": set(),
    "flattening": {"graph", "primitives"},
    "graph": set(),
    "primitives": {"graph"},
    "autodiff": {"graph", "primitives"},
    "passes": {"graph", "primitives"},
    "codegen": {"graph", "primitives", "passes"},
    "runtime": {"graph", "primitives", "autodiff", "passes", "codegen"},
}
# `structure` reads models of all kinds: it makes planish's layers of Keras's and PyTorch's, and reads files.
TOP = {"saving", "cli", "structure", "explain"}
FRONT = ROOMS - set(ALLOWED) - TOP

ALLOWED |= {room: FRONT | {"graph", "primitives", "autodiff", "flattening"} for room in FRONT}
ALLOWED |= {room: ROOMS - {"cli"} for room in TOP}
ALLOWED["models"] |= {"runtime", "saving", "explain"}  # `model.save`, `model.explain`: inside the functions
ALLOWED["models"] |= {"passes"}  # gradients are taken of a graph that passes have made ready for it
ALLOWED["utils"] |= {"runtime"}  # images are decoded on as many threads as there are
ALLOWED["__main__"] = {"cli"}

HEAVY = ("llvmlite", "h5py", "rich", "pooch", "PIL", "matplotlib", "jinja2")


def room_of(module: str) -> str:
    """'planish.primitives.conv2d' and 'planish.primitives' are in the room 'primitives'."""
    return module.split(".")[1]


def modules_imported(source: str) -> Iterator[str]:
    """Every module that a file imports; `from planish import primitives` imports 'planish.primitives'."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            assert node.module is not None
            yield from (f"planish.{alias.name}" for alias in node.names) if node.module == "planish" else (node.module,)


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return  # the public names come from everywhere
    allowed = ALLOWED[room] | ANYONE | {room}
    used = {module for module in modules_imported(path.read_text(encoding="utf-8")) if module.startswith("planish.")}
    wrong = {module for module in used if room_of(module) not in allowed}
    assert not wrong, f"{room} may import {sorted(allowed)}, not {sorted(wrong)}"


@pytest.mark.parametrize(
    "statement",
    [
        "import planish",
        "import pkgutil, importlib, planish\n"
        "for found in pkgutil.walk_packages(planish.__path__, 'planish.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)",
    ],
    ids=["the package", "every module"],
)
def test_importing_planish_imports_nothing_heavy(statement):
    code = f"import sys\n{statement}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == ""
