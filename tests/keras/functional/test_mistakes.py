"""Wrong uses of functional models are told in the house's form (Keras's own words are in mistakes.json)."""

import importlib.util
import json
from pathlib import Path

import pytest

import planish

FOLDER = Path(__file__).parent


def _module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MISTAKES = _module("mistakes").MISTAKES
RECORDED = json.loads((FOLDER / "mistakes.json").read_text(encoding="utf-8"))
REFUSED = [name for name, found in RECORDED.items() if found is not None]
ONLY_HERE = [  # Keras goes on, with another result than was meant
    "one loss too few",
]


def test_every_mistake_is_recorded():
    assert list(MISTAKES) == list(RECORDED)


@pytest.mark.parametrize("name", [*REFUSED, *ONLY_HERE])
def test_a_mistake_is_explained(name):
    planish.utils.clear_session(free_memory=False)
    with pytest.raises((ValueError, TypeError, AttributeError, IndexError, NotImplementedError)) as caught:
        MISTAKES[name](planish)
    text = str(caught.value)
    assert "\n  " in text, text
    assert any(f"\n  {word}:" in text for word in ("remedy", "rule", "expected", "received")), text
