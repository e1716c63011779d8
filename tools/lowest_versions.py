"""The lowest versions of planish's dependencies that pyproject.toml allows, as constraints for pip.

python tools/lowest_versions.py > constraints.txt
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def constraints() -> Iterator[str]:
    """`name==version` for what planish itself needs, extras included; development tools are left as they are."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    for requirement in [*project["dependencies"], *(item for extra in extras.values() for item in extra)]:
        if requirement.startswith(f"{project['name']}["):
            continue
        found = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?>=([\w.]+)(?:; .*)?", requirement)
        if found is None:
            raise SystemExit(f"{PROJECT.name}: {requirement!r} has no lowest version")
        yield f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    print(*constraints(), sep="\n")
