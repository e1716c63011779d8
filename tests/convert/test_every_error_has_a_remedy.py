"""Every error about a file or another library's network says what to do: the calls that make them are all looked at."""

import ast
from pathlib import Path

import pytest

import planish

ROOT = Path(planish.__file__).parent
FILES = sorted([*ROOT.glob("convert/**/*.py"), *ROOT.glob("saving/**/*.py"), ROOT / "regular_file.py"])


def without_remedy(source):
    """The lines of calls of `explain` that do not name a remedy."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    explained = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "explain"]
    given = [(call, {keyword.arg for keyword in call.keywords}) for call in explained]
    return [call.lineno for call, names in given if not names & {"remedy", None}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_errors_name_a_remedy(path):
    assert without_remedy(path.read_text(encoding="utf-8")) == []


def test_calls_without_a_remedy_are_found():
    assert without_remedy("raise ValueError(\n    explain(what='x', rule='y')\n)") == [2]
    assert without_remedy("explain(what='x', remedy='y'); explain(**parts)") == []
