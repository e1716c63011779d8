"""Traces that PyTorch gave of real modules, read here: the same numbers as PyTorch's."""

import numpy as np
import pytest

from planish.convert import building
from planish.convert.torch_reading.reading import Reader
from planish.convert.verifying import apart

from . import torch_stand_ins


@pytest.fixture(scope="module")
def held():
    return torch_stand_ins.arrays()


@pytest.mark.parametrize("case", torch_stand_ins.CASES, ids=lambda case: f"seed {case['seed']}")
def test_the_model_gives_what_the_module_gave(case, held):
    read = Reader(torch_stand_ins.trace(case, held), torch_stand_ins.root(case, held)).read()
    built = building.built(read.graph)
    x, y = held[f"{case['seed']}:x"], held[f"{case['seed']}:y"]
    ours = built.model.predict(built.arranged(read.graph.inputs[0].name, x), verbose=0)
    assert apart(ours, built.output(read.graph.outputs[0], y)) < 1e-5
    turned = (*case["shape"][1:], case["shape"][0])
    assert built.model.input_shape[1:] in ((turned,) if len(turned) > 2 else (turned, tuple(case["shape"])))
    assert np.ptp(y, axis=0).max() > 1e-2 * np.abs(y).max()  # the images reach the scores
