"""docs/keras-names.md against Keras's recorded names and planish. `python tools/make_names.py` writes it anew."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_names  # noqa: E402


def test_the_page_is_what_the_script_makes():
    assert make_names.PAGE.read_text(encoding="utf-8") == make_names.page()


def test_a_name_of_each_kind(monkeypatch):
    room = make_names.room_of("layers", ["Conv2D", "LSTM", "Nothing"])
    assert (room.here, list(room.refused), room.missing) == (["Conv2D"], ["LSTM"], ["Nothing"])
    assert "Bidirectional" not in make_names.section(room)
    assert "\nMissing: `Nothing`.\n" in make_names.section(room)
    assert make_names.row(room) == "| [keras.layers](#keraslayers) | 3 | 1 | 1 | 1 |\n"


@pytest.mark.parametrize("room", ["quantizers", "utils.bounding_boxes"])
def test_a_module_that_only_keras_has(room):
    assert not make_names.room_of(room, ["anything"]).here
    assert make_names.room_of(room, ["anything"]).refused
