"""Prints the map of the house: the rooms, who imports whom, how high it is, and the ways that a prediction takes.

    python tools/house_map.py [ROOT]

ROOT is a clone of the repository, of any commit; this one unless another is given. A room is a folder of `planish/`, or
a single file beside the folders. An arrow is a room that imports another when it is loaded; imports inside of functions
and those for types only are counted apart. Rooms that reach each other share a floor, and a room stands above all that
it imports. A hop is a Python function of planish that is entered, on any thread.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

Arrows = Mapping[str, set[str]]

WALK = """
import json, sys, threading
from collections import Counter
import numpy as np
from planish.layers import Conv2D, Dense, Flatten, MaxPooling2D
from planish.models import Sequential

PACKAGE = sys.modules["planish"].__path__[0]
entered, way = [], []

def is_ours(frame):
    return frame.f_code.co_filename.startswith(PACKAGE)

def note(frame, event, argument):
    if event == "call" and is_ours(frame):
        name = frame.f_code.co_filename[len(PACKAGE) + 1:]
        entered.append((name, frame.f_code.co_qualname))
        if name.replace("\\\\", "/") == "codegen/compile.py" and not way:
            main = sys._current_frames()[threading.main_thread().ident]
            way.extend(each for start in {frame, main} for each in stack(start) if is_ours(each))

def stack(frame):
    while frame is not None:
        yield frame
        frame = frame.f_back

def hops(call):
    entered.clear()
    way.clear()
    threading.setprofile(note)
    sys.setprofile(note)
    call()
    sys.setprofile(None)
    threading.setprofile(None)
    calls = [each for each in entered if not each[1].endswith("<module>")]
    return {"calls": len(calls), "functions": len(set(calls)), "files": len({file for file, _ in calls}),
            "deep": len(way)}

model = Sequential([
    Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)), MaxPooling2D((2, 2)),
    Conv2D(64, (3, 3), activation="relu"), MaxPooling2D((2, 2)),
    Flatten(), Dense(128, activation="relu"), Dense(10, activation="softmax"),
])
x = np.zeros((1, 28, 28, 1), np.float32)
found = {"a first predict": hops(lambda: model.predict(x, verbose=0))}
for _ in range(3):
    model.predict_on_batch(x)
warm = [hops(lambda: model.predict_on_batch(x)) for _ in range(5)]  # now and then a call looks for more threads, too
found["a warm predict_on_batch"] = min(warm, key=lambda one: one["functions"])
print(json.dumps(found))
"""


class Imports(NamedTuple):
    """What a file imports: when it is loaded, and otherwise (inside of functions, or for types only)."""

    loaded: set[str]
    later: set[str]


class House(NamedTuple):
    """`files` of each room; `arrows` from a room to what it imports when loaded, `later` the others."""

    files: Counter[str]
    arrows: Arrows
    later: Arrows


def imports_of(source: str) -> Imports:
    tree = ast.parse(source)
    found = Imports(set(), set())
    for node, later in _imports(tree, later=False):
        (found.later if later else found.loaded).update(_modules(node))
    return found


def _imports(node: ast.AST, *, later: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue  # most of a file, and nothing in it imports
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, later
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(child)
            yield from _imports(child, later=later or inside)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """'planish.a.b' for `import planish.a.b`, and 'planish.a.b' for `from planish.a import b` as well."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def room_of(package: Path, module: str) -> str | None:
    """The deepest folder that a module's name leads to, or the single file; None for other packages."""
    first, *parts = module.split(".")
    if first != package.name or not parts:
        return None
    if not (package / parts[0]).is_dir():
        return f"{parts[0]}.py" if (package / f"{parts[0]}.py").exists() else None
    depth = 1
    while depth < len(parts) and (package / Path(*parts[: depth + 1])).is_dir():
        depth += 1
    return "/".join(parts[:depth])


def house(package: Path) -> House:
    files: Counter[str] = Counter()
    arrows: dict[str, set[str]] = {}
    later: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        module = ".".join((package.name, *path.relative_to(package).with_suffix("").parts))
        here = room_of(package, module.removesuffix(".__init__"))
        if here is None:
            continue  # the package's own names, which come from everywhere
        files[here] += 1
        found = imports_of(path.read_text(encoding="utf-8"))
        for rooms, modules in ((arrows, found.loaded), (later, found.later)):
            rooms.setdefault(here, set()).update(
                room for module in modules if (room := room_of(package, module)) not in (None, here)
            )
    return House(files, arrows, {room: there - arrows[room] for room, there in later.items()})


def knots(arrows: Arrows) -> dict[str, frozenset[str]]:
    """The rooms that each room reaches and that reach it, with itself."""
    reached = {room: _reached(arrows, room) for room in arrows}
    return {
        room: frozenset({room} | {there for there in found if room in reached[there]})
        for room, found in reached.items()
    }


def _reached(arrows: Arrows, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def floors(arrows: Arrows) -> dict[str, int]:
    """Which floor each room is on; 1 is the ground."""
    knot = knots(arrows)
    known: dict[frozenset[str], int] = {}

    def floor(rooms: frozenset[str]) -> int:
        if rooms not in known:
            below = {knot[there] for room in rooms for there in arrows[room]} - {rooms}
            known[rooms] = 1 + max(map(floor, below), default=0)
        return known[rooms]

    return {room: floor(knot[room]) for room in arrows}


def hops(root: Path) -> dict[str, dict[str, int]]:
    """What the first prediction of a model that was never compiled enters, and what a warm one does."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(root), "PLANISH_CACHE_DIR": folder}
        finished = subprocess.run(
            [sys.executable, "-c", WALK], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True, check=True
        )
    found: dict[str, dict[str, int]] = json.loads(finished.stdout)
    return found


def report(root: Path) -> str:
    found = house(root / "planish")
    heights, knot = floors(found.arrows), knots(found.arrows)
    lines = [f"{'floor':>5}  {'files':>5}  {'room':<24}imports"]
    for room in sorted(found.files, key=lambda room: (-heights[room], room)):
        lines.append(
            f"{heights[room]:>5}  {found.files[room]:>5}  {room:<24}{', '.join(sorted(found.arrows[room])) or '-'}"
        )
    folders = [room for room in found.files if not room.endswith(".py")]
    tangled = {each for each in knot.values() if len(each) > 1}
    lines += [
        "",
        f"{sum(found.files.values())} files in {len(folders)} rooms, and {len(found.files) - len(folders)} beside them",
        f"{max(found.files[room] for room in folders)} files in the largest room",
        f"{sum(map(len, found.arrows.values()))} arrows between rooms, "
        f"{sum(map(len, found.later.values()))} more inside of functions or for types",
        f"{max(heights.values())} floors",
        f"rooms that import each other: {'; '.join(', '.join(sorted(each)) for each in tangled) or 'none'}",
    ]
    for what, count in hops(root).items():
        lines.append(f"{what}: {count['calls']} hops, in {count['functions']} functions of {count['files']} files")
        if count["deep"]:
            lines.append(f"  the compiler is entered {count['deep']} hops deep, the waiting thread's included")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints the map of the house.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    print(report(parser.parse_args().root.resolve()))


if __name__ == "__main__":
    main()
