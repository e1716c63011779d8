"""What the linter cannot see."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_LINES = 400


def files(*folders: str) -> dict[str, str]:
    """The text of every file, by its name. One test reads them all, since a test for each would take longer."""
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in found}


def trees(having: Callable[[str], object]) -> Iterator[tuple[str, ast.Module]]:
    """The files of planish whose text has what is looked for, parsed: that takes long, and most have not. None is
    kept: the collector would walk through it."""
    return ((name, ast.parse(text)) for name, text in files("planish", "planish_runtime").items() if having(text))


def test_files_are_short_enough_to_read_in_one_go():
    lines = {
        name: len(text.splitlines())
        for name, text in files("planish", "planish_runtime", "tests", "benchmarks").items()
    }
    assert len(lines) > 1000
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def attributes(tree: ast.AST) -> set[str]:
    """Those of names: "os.environ", but not "self.x.y"."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {f"{node.value.id}.{node.attr}" for node in found if isinstance(node.value, ast.Name)}


def test_the_environment_is_read_through_the_table_only():
    speaking_of = re.compile("environ|getenv").search
    reading = {name for name, tree in trees(speaking_of) if {"os.environ", "os.getenv"} & attributes(tree)}
    assert reading == {"planish_runtime/settings.py"}, "add the variable to planish/settings.py"


def docstrings(tree: ast.AST) -> list[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [found for node in ast.walk(tree) if isinstance(node, kinds) and (found := ast.get_docstring(node))]


def says_something_twice(text: str) -> bool:
    said = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text)]
    return len(said) != len(set(said))


def may_say_something_twice(source: str) -> bool:
    """Whether a file has a paragraph twice that may be one of a docstring."""
    return says_something_twice(re.sub("\"\"\"|'''", "\n\n", source))


def test_no_docstring_says_a_paragraph_twice():
    assert says_something_twice("One.\n\nTwo.\n\nOne.")
    assert may_say_something_twice('"""One.\n\n    Two.\n\n    One."""')
    may = trees(may_say_something_twice)
    assert [(name, text) for name, tree in may for text in docstrings(tree) if says_something_twice(text)] == []


def test_counted_nouns_come_from_one_function():
    """`errors.number_of(2, "row")`: "2 rows"."""
    by_hand = re.compile(r"""['"]e?s['"] (\*|if )|['"]{2} if .* else ['"]e?s['"]""")
    assert [name for name, text in files("planish", "planish_runtime").items() if by_hand.search(text)] == []


SCRIPTS = ("benchmarks", "benchmarks/workers", "parity", "tools", "tools/fuzz", "tools/mistakes")


def test_modules_of_scripts_have_names_of_their_own():
    """Scripts import each other by bare names, and tests import scripts of several folders into one process."""
    rooms = [path.name for path in (ROOT / "tests").iterdir() if path.is_dir()]
    stems = [path.stem for folder in SCRIPTS for path in (ROOT / folder).glob("*.py") if path.stem != "run"]
    assert {name for name in stems if [*stems, *rooms].count(name) > 1} == set()
