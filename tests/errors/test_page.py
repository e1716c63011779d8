"""docs/errors.md against what planish says now. `python tools/make_errors.py` writes it anew."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_errors  # noqa: E402
import mistakes  # noqa: E402
import provoke  # noqa: E402

PAGE = make_errors.PAGE.read_text(encoding="utf-8")
ALL = [mistake for stage in mistakes.STAGES for mistake in stage.mistakes]

KINDS = {"ValueError", "TypeError", "AttributeError", "RuntimeError", "NotImplementedError", "IsADirectoryError"} | {
    "FileNotFoundError"
}
"""RuntimeError and NotImplementedError are what Keras raises for a class that is not complete."""

ACCEPTED = {
    "A number where a shape belongs",
    "A number of units that was divided",
    "Weights of a DataParallel module",
    "Weights in half precision",
}
"""What Keras or PyTorch refuses and planish takes, because it can mean one thing only."""


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.title)
def test_the_page_holds_what_is_said(mistake, tmp_path):
    if mistake.needs_torch and not provoke.has_torch():
        check_written(mistake)
        return
    answer = provoke.answer("planish", mistake, tmp_path)
    text = [answer.kind, answer.text]
    assert f"({make_errors.anchor(mistake.title)}) | {make_errors.cell(text)} | " in PAGE
    assert f"\n### {mistake.title}\n\n```py\n{mistake.keras}```\n{make_errors.told('planish', text)}" in PAGE
    assert len(answer.text.splitlines()) <= make_errors.MOST_LINES
    if mistake.title in ACCEPTED:
        assert not answer.kind
    else:
        assert answer.kind in KINDS
        assert "\n  remedy:" in answer.text


def check_written(mistake):
    """What the page says of a mistake that cannot be made without PyTorch: an error with a remedy."""
    _, found, rest = PAGE.partition(f"\n### {mistake.title}\n\n```py\n{mistake.keras}```\n")
    section = rest.partition("\n### ")[0]
    assert found
    assert section.startswith(("\nplanish, `ValueError`", "\nplanish, `TypeError`"))
    assert "\n  remedy:" in section


def test_titles_differ():
    assert len({mistake.title for mistake in ALL}) == len(ALL)


def test_everything_accepted_is_on_the_page():
    assert {mistake.title for mistake in ALL} >= ACCEPTED
