"""Makes docs/keras-names.md: every public name of Keras 3, and whether it is in planish.

`python tools/make_names.py [--record]`. The names are those that tests/keras/names.json has recorded. `--record` asks
real Keras for them anew, and for the arguments of everything: in the interpreter which the environment variable
PARITY_PYTHON names, or in a virtual environment that is made in .venvs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from peers import interpreter  # noqa: E402

from planish.absent import table  # noqa: E402

PAGE = ROOT / "docs" / "keras-names.md"
NAMES = ROOT / "tests" / "keras" / "names.json"

INTRODUCTION = """\
# Keras's names

Every public name of Keras 3, module by module: {here} of {total} are here, {refused} are refused, and {missing}. What
is refused says so wherever it is used, by `import`, as an attribute and as a string, with what to use instead. Where
something here differs from Keras on purpose, [keras.md](keras.md) says how.

`python tools/make_names.py` writes this page from the names that real Keras gave, and a test compares both. `make
names` asks real Keras anew. Another test compares the arguments of everything that is here with Keras's, their order
and their defaults.

| module | names | here | refused | missing |
| --- | --- | --- | --- | --- |
"""


class Room(NamedTuple):
    """A module of Keras's: its names that are here, those that are refused with what to use instead, and the others."""

    name: str
    here: list[str]
    refused: dict[str, str]
    missing: list[str]

    @property
    def title(self) -> str:
        return f"keras.{self.name}".rstrip(".")

    @property
    def anchor(self) -> str:
        return self.title.replace(".", "").lower()


def module_of(room: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"planish.{room}".rstrip("."))
    except ModuleNotFoundError:
        return None


def room_of(name: str, names: list[str]) -> Room:
    module = module_of(name)
    here = [each for each in names if module is not None and hasattr(module, each)]
    instead = {each: table.lookup(name, each) for each in names if each not in here}
    refused = {each: text for each, text in instead.items() if text is not None}
    return Room(name, here, refused, [each for each in instead if each not in refused])


def page() -> str:
    recorded = json.loads(NAMES.read_text(encoding="utf-8"))
    rooms = [room_of(name, sorted(names, key=str.lower)) for name, names in recorded.items()]
    here, refused, missing = (
        sum(len(group) for group in groups)
        for groups in zip(*((room.here, room.refused, room.missing) for room in rooms), strict=True)
    )
    none = "none is missing" if not missing else f"{missing} are missing"
    head = INTRODUCTION.format(total=here + refused + missing, here=here, refused=refused, missing=none)
    rows = "".join(row(room) for room in rooms)
    return head + rows + "".join(section(room) for room in rooms)


def row(room: Room) -> str:
    counts = (len(room.here), len(room.refused), len(room.missing))
    cells = " | ".join(str(count or "") for count in counts)
    return f"| [{room.title}](#{room.anchor}) | {sum(counts)} | {cells} |\n"


def section(room: Room) -> str:
    parts = [f"\n## {room.title}\n"]
    if room.here:
        parts.append(f"\nHere: {listed(room.here)}.\n")
    if room.missing:
        parts.append(f"\nMissing: {listed(room.missing)}.\n")
    if room.refused:
        parts.append("\n| refused | what to use instead |\n| --- | --- |\n")
        parts += [f"| {listed(names)} | {cell(instead)} |\n" for instead, names in by_remedy(room.refused).items()]
    return "".join(parts)


def by_remedy(refused: dict[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, instead in refused.items():
        grouped.setdefault(instead, []).append(name)
    return grouped


def listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")


def record() -> None:
    python = os.environ.get("PARITY_PYTHON") or interpreter("keras-tf")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": "tensorflow"}
    for script in ("record.py", "record_attributes.py"):
        subprocess.run([python, str(NAMES.with_name(script))], env=environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="asks real Keras first")
    if parser.parse_args().record:
        record()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
