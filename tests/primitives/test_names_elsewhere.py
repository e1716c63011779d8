"""What a primitive is, its own file says. Whoever else names primitives is listed here with the reason, and the tables
to which a new one may add a row are listed in docs/adding-a-layer.md.
"""

import ast
import functools
import re
from pathlib import Path

from tests.primitives.test_registry import ALL

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "planish"
LEAVES = {"input", "parameter", "scalar", "constant", "batch_size", "share_size", "table", "operand"}

TABLES = {
    "codegen/pieces/elementwise.py": "its instructions on a vector, if it is element-wise",
    "codegen/planning/candidates.py": "the ways to compute it, if there are several",
    "codegen/planning/choices.py": "what each of these ways costs, for the plan that is printed",
    "codegen/small_values.py": "its instructions on a value that stays in registers",
    "models/looking/feature_windows.py": "that it keeps rows rows and columns columns",
    "structure/arithmetic.py": "the sentence that explains its shape",
}
PATTERNS = {
    "passes/": "a pass rewrites some operations into others: these are what it is about",
    "codegen/pieces/reducing.py": "a mean is a sum that is divided at the end",
    "codegen/planning/": "lowering and memory: views, reads of the user's arrays, fused tails, sums of slices",
    "codegen/pieces/kernel.py": "a fused node is its base with a tail",
    "codegen/program.py": "reads of the user's arrays",
    "convert/onnx_writer/": "how each is written in ONNX's operators; a test walks the registry",
    "explain/": "words for a page about the user's own model",
    "losses/logits.py": "a cross-entropy looks for the softmax that ends a model",
    "models/looking/gradient_values.py": "a score is looked for in front of a softmax",
    "structure/": "flattening is a reshape; PyTorch's calls by planish's operations",
}


QUOTED = re.compile("""["'](\\w+)["']""")


def named_in(source):
    """Primitives that a file compares operations with, has a table of, or makes by name."""
    found = set()
    if not {*QUOTED.findall(source)} & {*ALL}:
        return found  # as in most files, which need not be parsed
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(getattr(side, "attr", getattr(side, "id", "")) in ("op", "base") for side in sides):
                found |= constants_in(node)
        elif isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            values = [type(value) for value in node.values]
            found |= keys if len(keys & set(ALL)) > 1 and ast.Constant not in values else set()
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("frozenset", "make"):
            found |= constants_in(node)
    return (found & set(ALL)) - LEAVES


def constants_in(node):
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


@functools.cache
def files_that_name_primitives():
    return list(_found())


def _found():
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        if not place.startswith("primitives/") and named_in(path.read_text()):
            yield place


def test_no_other_file_names_a_primitive_without_a_reason():
    assert [
        place for place in files_that_name_primitives() if place not in TABLES and not place.startswith(tuple(PATTERNS))
    ] == []


def test_every_reason_is_still_needed():
    places = set(files_that_name_primitives())
    assert set(TABLES) <= places
    assert [start for start in PATTERNS if not any(place.startswith(start) for place in places)] == []


def test_the_page_about_adding_a_primitive_names_every_table():
    page = (ROOT / "docs" / "adding-a-layer.md").read_text()
    assert [table for table in TABLES if f"`planish/{table}`" not in page] == []
