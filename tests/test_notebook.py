"""The tutorial as a notebook. `test_docs` runs the page that it is made of."""

import ast
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from make_notebook import NOTEBOOK, PAGE, cells, notebook  # noqa: E402


def test_the_notebook_is_the_page():
    assert NOTEBOOK.read_text(encoding="utf-8") == notebook(PAGE.read_text(encoding="utf-8")), (
        "run python tools/make_notebook.py"
    )


def test_it_has_the_text_the_examples_and_what_comes_out_of_them():
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    code = [cell for cell in found["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        ast.parse("".join(cell["source"]))
    assert any("Flatten(" in "".join(cell["source"]) for cell in code)
    assert any("reshape(" in "".join(cell["source"]) for cell in code)
    shown = [output["data"]["text/plain"] for cell in code for output in cell["outputs"] if "data" in output]
    assert ["(2, 3)"] in shown
    headings = [line for cell in found["cells"] for line in cell["source"] if line.startswith("## ")]
    for word in ("What", "When", "Why", "How", "Keras", "NumPy"):
        assert any(word in heading for heading in headings), word


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Words.\n", ["markdown"]),
        ("```python\nx = 1\n```\n", ["code"]),
        ("A\n\n```python\n>>> x = 1\n>>> x\n1\n>>> y = 2\n```\nB\n", ["markdown", "code", "code", "markdown"]),
    ],
)
def test_blocks_become_cells(text, kinds):
    assert [cell["cell_type"] for cell in cells(text)] == kinds
