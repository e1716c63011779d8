"""docs/files.md against the formats that there are. `python tools/make_files.py` writes it anew."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import make_files


def test_the_page_is_what_the_script_makes():
    assert make_files.PAGE.read_text(encoding="utf-8") == make_files.page()


def test_every_format_that_is_read_has_a_row():
    assert {kind for row in make_files.rows() for kind in row.kinds} >= make_files.readable()


def test_every_row_says_what_it_was_tried_with():
    assert [row.name for row in make_files.rows() if not any(character.isdigit() for character in row.tried)] == []
