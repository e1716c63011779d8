"""The nets of `planish.applications` are Keras's, layer by layer, so that Keras's files of weights fit them."""

import json
from pathlib import Path

import pytest

import planish
from tests.applications.describe import digest
from tests.applications.nets import NETS, built

RECORDED = json.loads((Path(__file__).parent / "structures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("spec", NETS)
def test_a_net_has_the_layers_of_keras(spec, zeros_at_first):
    planish.utils.clear_session()
    assert digest(built(planish, spec)) == RECORDED[spec]
