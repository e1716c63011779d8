"""Runs the examples of the README and of the manual: each page in a fresh process and an empty folder.

Blocks marked `python` run in order and see each other's names. Those that begin with `>>>` also show what comes out;
`...` in the output stands for anything.
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def has_examples(page: Path) -> bool:
    return BLOCK.search(page.read_text(encoding="utf-8")) is not None


def run_page(page: Path) -> None:
    names: dict[str, object] = {"__name__": page.stem}
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        block, line = found[1], text.count("\n", 0, found.start()) + 1
        if block.startswith(">>>"):
            example = doctest.DocTestParser().get_doctest(block, names, page.name, str(page), line)
            result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, clear_globs=False)
            assert not result.failed, f"{page.name}, line {line}"
            names = example.globs
        else:
            exec(compile("\n" * line + block, str(page), "exec"), names)


@pytest.mark.parametrize("page", filter(has_examples, PAGES), ids=lambda page: page.name)
def test_examples_of(page, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [sys.executable, __file__, str(page)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_pages_speak_of_exist(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:planish/|tests/)?(?:\w+/)+\w+\.(?:py|md)|(?:planish/|tests/)?(?:\w+/)+)`", text):
        assert (ROOT / name).exists() or (ROOT / "planish" / name).exists(), name


if __name__ == "__main__":
    run_page(Path(sys.argv[1]))
