"""Word-for-word Germanisms that have crept in before, kept out of what planish says and of its pages."""

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

GERMANISMS = {
    r"(?<![Tt]here )\b(is|are|was|were) no (?!longer\b)[a-z]+": "is not a ...",
    r"\b(has|have) not the\b": "does not have the ...",
    r"\b(which|that) (is|are) none\b": "that is not a ...",
    r"\bhas but\b": "has only ...",
    r"\bfor (its|their) part\b": "leave it out",
    r"\btakes, of (its|their) time\b": "as a share of its time",
}


@functools.cache
def texts() -> dict[str, str]:
    """The pages and the code, by path."""
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for folder in ("planish", "tools", "benchmarks", "parity"):
        paths += (ROOT / folder).rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("pattern", GERMANISMS)
def test_texts_are_english(pattern):
    found = [f"{name}: {match[0]}" for name, text in texts().items() for match in re.finditer(pattern, text)]
    assert not found, f"write {GERMANISMS[pattern]!r}:\n" + "\n".join(found)
