"""What the linter cannot see."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 400


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", files("planish", "tests", "benchmarks"), ids=name_of)
def test_files_are_short_enough_to_read_in_one_go(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", files("planish"), ids=name_of)
def test_the_environment_is_read_through_the_table_only(path):
    if path.name == "settings.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    assert not {"os.environ", "os.getenv"} & set(used), "add the variable to planish/settings.py"


def docstrings(path: Path) -> list[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]
    return [found for node in nodes if (found := ast.get_docstring(node))]


@pytest.mark.parametrize("path", files("planish"), ids=name_of)
def test_no_docstring_says_a_paragraph_twice(path):
    for docstring in docstrings(path):
        said = [" ".join(each.split()) for each in re.split(r"\n\s*\n", docstring)]
        assert len(said) == len(set(said)), docstring


@pytest.mark.parametrize("path", files("planish"), ids=name_of)
def test_counted_nouns_come_from_one_function(path):
    """`errors.number_of(2, "row")`: "2 rows"."""
    by_hand = re.compile(r"""['"]e?s['"] (\*|if )|['"]{2} if .* else ['"]e?s['"]""")
    assert not by_hand.search(path.read_text(encoding="utf-8"))
