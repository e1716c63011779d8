"""The tables of docs/architecture.md are those of the folders, files and functions that there are."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "planish"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS, FILES = PAGE.partition("\n## The rooms\n")[2].partition("### Single files beside the rooms")[::2]
ROWS = [line.split(" | ") for line in ROOMS.splitlines() if line.startswith("| `")]
ENTRIES = [name for row in ROWS for name in re.findall(r"`([\w.]+)`", row[1])]


def test_the_table_has_every_folder():
    named = {name.rstrip("/") for row in ROWS for name in re.findall(r"`([\w/]+/)`", row[0])}
    there = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("*/**/__init__.py")}
    assert named == there


@pytest.mark.parametrize("name", ENTRIES)
def test_rooms_are_entered_through_what_is_there(name):
    *parts, last = name.split(".")
    while parts:
        try:
            found = importlib.import_module(f"planish.{'.'.join(parts)}")
            break
        except ModuleNotFoundError:
            last = f"{parts.pop()}.{last}"
    for part in last.split("."):
        found = getattr(found, part)


def test_the_table_of_files_has_every_file_beside_the_rooms():
    table = FILES.partition("\nFour axes")[0]
    named = {name for line in table.splitlines() for name in re.findall(r"`(\w+\.py)`", line.partition(" | ")[0])}
    there = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert named == there
