"""Imports point one way: front -> primitives -> graph <- passes <- codegen <- runtime; `import planish` is light."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE, RUNTIME = ROOT / "planish", ROOT / "planish_runtime"

ROOMS = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or any(path.glob("*.py"))} - {"__init__"}
ANYONE = {
    "absent",
    "askers",
    "config",
    "constructors",
    "dtype_policies",
    "settings",
    "errors",
    "output",
    "structures",
    "symbolic",
    "tracebacks",
    "warned",
}

# What each room may import besides itself and what anyone may. Rooms that are not named here are the front.
ALLOWED = {
    "errors": set(),
    "absent": set(),
    "askers": set(),
    "config": set(),
    "dtype_policies": set(),
    "settings": set(),
    "output": set(),
    "tracebacks": set(),
    "warned": set(),
    "flattening": {"graph", "primitives"},
    "graph": set(),
    "primitives": {"graph"},
    "autodiff": {"graph", "primitives"},
    "passes": {"graph", "primitives"},
    "codegen": {"graph", "primitives", "passes"},
    "runtime": {"graph", "primitives", "autodiff", "passes", "codegen"},
}
# `structure` reads models of all kinds: it makes planish's layers of Keras's and PyTorch's, and reads files.
TOP = {"saving", "cli", "structure", "explain", "convert", "distributed", "shipping", "serving"}
FRONT = ROOMS - set(ALLOWED) - TOP

ALLOWED |= {room: FRONT | {"graph", "primitives", "autodiff", "flattening"} for room in FRONT}
ALLOWED |= {room: ROOMS - {"cli"} for room in TOP}
ALLOWED["ops"] = {"graph", "primitives", "structures", "symbolic", "tensor", "variable", "utils"}  # below the layers
# `model.save`, `model.explain`, `model.build`: inside the functions
ALLOWED["models"] |= {"runtime", "saving", "explain", "convert", "shipping"}
ALLOWED["models"] |= {"passes"}  # gradients are taken of a graph that passes have made ready for it
ALLOWED["utils"] |= {"runtime"}  # images are decoded on as many threads as there are
ALLOWED["__main__"] = {"cli"}

# Inside of two rooms, from the innermost on: each imports only those before it. ITSELF are the room's own files.
ITSELF = "itself"
INNER_ROOMS = {
    "codegen": ["llvm", "pieces", "kernels", "planning", ITSELF],
    "models": ["ends", "networks", "data", "programs", "loops", "looking", ITSELF],
}
HEAVY = (
    *("llvmlite", "h5py", "rich", "pooch", "PIL", "matplotlib", "jinja2", "pydot", "scipy", "sklearn"),
    *("onnx", "safetensors", "torch", "dask", "distributed", "zarr", "pyarrow", "cloudpickle"),
    *("starlette", "uvicorn", "uvloop", "httptools", "msgspec", "prometheus_client"),
)
FOR_SCIKIT_LEARN = "planish.wrappers"
"""The one module that imports scikit-learn, and with it SciPy; nothing else imports it."""

FOR_THE_WEB = "planish.serving.http"
"""The one room that imports the web's libraries; only `planish serve` imports it, when it runs."""


def room_of(module: str) -> str:
    """'planish.primitives.conv2d' and 'planish.primitives' are in the room 'primitives'."""
    return module.split(".")[1]


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All that are inside, however deep; `ast.walk` would look into every expression, too."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, name, ()):
            yield inner
            yield from statements(inner)


class Imports(NamedTuple):
    """What a file has of `import` and of `from ... import`, and which of it is for types only."""

    found: list[ast.Import | ast.ImportFrom]
    for_types: set[ast.stmt]


@functools.cache
def imports_in(source: str) -> Imports:
    """Parsed once for all tests."""
    everything = [*statements(ast.parse(source))]
    for_types = {inner for node in everything if is_for_types(node) for inner in statements(node)}
    found = [node for node in everything if isinstance(node, ast.Import | ast.ImportFrom)]
    return Imports(found, for_types & {*found})


def modules_imported(source: str) -> Iterator[str]:
    """Every module that a file imports; `from planish import primitives` imports 'planish.primitives'."""
    for node in imports_in(source).found:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            assert node.level == 0, "imports are written in full"
            assert node.module is not None
            yield from (f"planish.{alias.name}" for alias in node.names) if node.module == "planish" else (node.module,)


def is_for_types(node: ast.AST) -> bool:
    """Whether it is `if TYPE_CHECKING:`, behind which nothing is imported when the file runs."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def names_imported(source: str) -> Iterator[str]:
    """The same with what is imported from a module, which may be a module itself. What only types need is left out."""
    found, for_types = imports_in(source)
    for node in found:
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner_room_of(module: str) -> str:
    """'planish.codegen.llvm.loops' is in 'llvm', 'planish.codegen.program' in the room itself."""
    room, *inside = module.split(".")[1:]
    return inside[0] if inside and inside[0] in INNER_ROOMS[room] else ITSELF


def arrows_inside() -> Iterator[tuple[str, str, str]]:
    """(file, its inner room, an inner room that it imports)."""
    for room in INNER_ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            name = path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")
            for module in names_imported(path.read_text(encoding="utf-8")):
                if module.startswith(f"planish.{room}."):
                    yield path.relative_to(PACKAGE).as_posix(), inner_room_of(f"planish.{name}"), inner_room_of(module)


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def rooms_that_are_not_for(path: Path) -> set[str]:
    """Modules that a file imports from rooms that its own must not know."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return set()  # the public names come from everywhere
    allowed = ALLOWED[room] | ANYONE | {room}
    used = {module for module in modules_imported(path.read_text(encoding="utf-8")) if module.startswith("planish.")}
    return {module for module in used if room_of(module) not in allowed}


def test_a_room_imports_only_what_it_may():
    assert rooms_that_are_not_for(PACKAGE / "graph" / "node.py") == set()
    wrong = {str(path.relative_to(ROOT)): found for path in files() if (found := rooms_that_are_not_for(path))}
    assert wrong == {}


def test_inside_of_a_room_imports_point_one_way_too():
    backwards = set()
    for path, here, there in arrows_inside():
        order = INNER_ROOMS[path.split("/", maxsplit=1)[0]]
        if order.index(there) > order.index(here):
            backwards.add((path, there))
    assert not backwards


def test_every_folder_inside_has_its_place():
    for room, order in INNER_ROOMS.items():
        folders = {path.parent.name for path in (PACKAGE / room).glob("*/__init__.py")}
        assert folders == set(order) - {ITSELF}


def test_what_runs_programs_imports_numpy_and_nothing_of_planish():
    own = {
        module.split(".")[0]
        for path in RUNTIME.rglob("*.py")
        for module in modules_imported(path.read_text(encoding="utf-8"))
    }
    assert own - sys.stdlib_module_names == {"numpy", "planish_runtime"}


@pytest.mark.parametrize(
    "statement",
    [
        "import planish",
        "import pkgutil, importlib, planish\n"
        "for found in pkgutil.walk_packages(planish.__path__, 'planish.'):\n"
        f"    if not (found.name.endswith('__main__') or found.name.startswith({(FOR_SCIKIT_LEARN, FOR_THE_WEB)})):\n"
        "        importlib.import_module(found.name)",
    ],
    ids=["the package", "every module"],
)
def test_importing_planish_imports_nothing_heavy(statement):
    code = f"import sys\n{statement}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == ""
