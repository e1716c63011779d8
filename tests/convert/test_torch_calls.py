"""Calls of PyTorch that are several operators, or other ones: the same numbers as NumPy's."""

import numpy as np
import pytest

from planish.convert import building
from planish.convert.graphs.foreign_graph import Port
from planish.convert.torch_reading.calls import handled
from planish.convert.torch_reading.outlining import Calls
from planish.convert.torch_reading.reading import graph_of
from planish.convert.torch_reading.values import Extent, Value
from planish.convert.torch_reading.writing import Writer
from planish.convert.verifying import apart
from tests.structure.stand_ins import module

X = np.random.default_rng(0).normal(size=(3, 4, 6, 5)).astype(np.float32)
PLACE = Value("x", (Extent.BATCH, *X.shape[1:]))


def numbers_of(write):
    """What the calls give for X; `write` takes a Writer and gives the value."""
    writer = Writer()
    writer.begin("call", "call", "y")
    value = write(writer)
    ports = (Port("x", (None, *X.shape[1:]), np.dtype(np.float32)),)
    built = building.built(graph_of("net", ports, (value.name,), writer))
    return built, value.name, np.asarray(built.model.predict(built.arranged("x", X), verbose=0))


def powers(x, axis, size, power):
    parts = np.stack([x[..., place::size] if axis == 3 else x[..., place::size, :] for place in range(size)])
    return (parts**power).sum(0)


CALLS = {
    "flip": (("flip", [2, 3]), {}, lambda x: x[:, :, ::-1, ::-1]),
    "roll": (("roll", 2, 3), {}, lambda x: np.roll(x, 2, 3)),
    "roll back along two axes": (("roll", (-1, 1), (1, 2)), {}, lambda x: np.roll(x, (-1, 1), (1, 2))),
    "circular borders": (
        ("pad", (2, 1, 0, 3), "circular"),
        {},
        lambda x: np.pad(x, ((0, 0), (0, 0), (0, 3), (2, 1)), "wrap"),
    ),
    "pools of powers": (
        ("lp_pool2d", 2, (2, 1)),
        {},
        lambda x: np.sqrt(powers(x, 2, 2, 2)),
    ),
    "expm1": (("expm1",), {}, np.expm1),
    "normalize": (("normalize",), {"dim": 1, "out": None}, lambda x: x / np.sqrt((x**2).sum(1, keepdims=True))),
    "lerp": (("lerp", PLACE, 0.3), {}, lambda x: x),
    "addcmul": (("addcmul", PLACE, PLACE), {"value": 0.5}, lambda x: x + 0.5 * x * x),
    "addcdiv": (("addcdiv", PLACE, PLACE), {"value": 0.5}, lambda x: x + 0.5),
}


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS)
def test_a_call_gives_what_it_gives_in_pytorch(case):
    (name, *arguments), options, expected = case
    built, result, ours = numbers_of(lambda writer: handled(writer, name, (PLACE, *arguments), options))
    assert apart(ours, built.output(result, expected(X))) < 1e-5


def test_a_module_whose_name_ends_in_its_axes():
    pool = module("LPPool2d", norm_type=2, kernel_size=(2, 1), stride=None, ceil_mode=False)
    built, result, ours = numbers_of(lambda writer: Calls(writer).module(pool, "pool", "pool", PLACE, "y"))
    assert apart(ours, built.output(result, np.sqrt(powers(X, 2, 2, 2)))) < 1e-5


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("flip", [0]), "images are put into another order"),
        (("roll", 1), "all images of a batch are rolled together"),
        (("roll", 1, 0), "images are put into another order"),
        (("pad", (9, 0), "circular"), "the border is wider than the map"),
    ],
)
def test_what_mixes_images_or_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        numbers_of(lambda writer: handled(writer, call[0], (PLACE, *call[1:]), {}))
