"""The code of Keras's guides with the import changed: what they do works, or is refused by name."""

import importlib.util
from pathlib import Path

import pytest

import planish

FOLDER = Path(__file__).parent


def _sections(name):
    spec = importlib.util.spec_from_file_location(f"guide_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SECTIONS


GUIDES = {name: _sections(name) for name in ("functional", "subclassing", "training")}
SECTIONS = [(guide, section) for guide, sections in GUIDES.items() for section in sections]
REFUSED = {
    "several inputs and outputs with text": "Keras has keras.layers.(Embedding|LSTM); planish does not",
    "shared layers": "Keras has keras.layers.Embedding; planish does not",
    "control flow that depends on data": "neither true nor false",
}


@pytest.mark.parametrize(("guide", "section"), SECTIONS)
def test_a_section_of_a_guide(guide, section):
    planish.utils.clear_session(free_memory=False)
    run = GUIDES[guide][section]
    if section not in REFUSED:
        run(planish)
        return
    with pytest.raises((AttributeError, TypeError, ValueError, ImportError), match=REFUSED[section]):
        run(planish)


def test_what_is_refused_is_in_the_guides():
    assert set(REFUSED) <= {section for _, section in SECTIONS}
