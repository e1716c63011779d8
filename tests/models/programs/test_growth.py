"""Work grows with the number of layers, not with its square; Python says how deep models can be inside each other.

What is counted are calls of functions: no time is taken.
"""

import sys

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential, load_model


def in_a_row(count):
    return Sequential([Input((1,)), *(Dense(1) for _ in range(count))])


def inside_each_other(count):
    model = Sequential([Input((1,)), Dense(1)])
    for _ in range(count):
        model = Sequential([Input((1,)), model, Dense(1)])
    return model


def inside_each_other_behind(count):
    """The inner model comes behind a layer of the outer one."""
    model = Sequential([Input((1,)), Dense(1)])
    for _ in range(count):
        model = Sequential([Input((1,)), Dense(1), model])
    return model


def round_trip(model, path):
    model.save(path)
    return load_model(path)


WORK = {
    "make": lambda make, count, path: make(count),
    "save and load": lambda make, count, path: round_trip(make(count), path),
    "trace": lambda make, count, path: make(count).graph(training=True),
    "summary": lambda make, count, path: make(count).summary(print_fn=len),
    "weights": lambda make, count, path: make(count).trainable_weights,
}


def calls_of(work):
    """How many calls of Python's and C's functions `work` takes."""
    count = 0

    def counting(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.parametrize("make", [in_a_row, inside_each_other, inside_each_other_behind])
def test_twice_as_many_layers_take_twice_as_many_calls(make, work, tmp_path):
    work(make, 4, tmp_path / "model.keras")  # what is done once
    few, more, most = (calls_of(lambda n=n: work(make, n, tmp_path / "model.keras")) for n in (4, 12, 20))
    assert most - more < 1.15 * (more - few) + 200


def test_prediction_does_not_walk_through_the_layers():
    counts = []
    for model in (in_a_row(2), in_a_row(20)):
        x = np.ones((1, 1), np.float32)
        model.predict(x, verbose=0)
        counts.append(calls_of(lambda model=model, x=x: model.predict(x, verbose=0)))
    assert counts[0] == counts[1]


def test_many_layers_have_weights_of_their_own():
    model = inside_each_other(30)
    paths = [variable.path for variable in model.weights]
    assert len(set(paths)) == len(paths) == 62
    outer = Sequential([Input((1,)), model, Dense(1, name=paths[-1].split("/")[0])])
    outer.graph()  # where names have to differ
    assert len({variable.path for variable in outer.weights}) == 64


@pytest.fixture(scope="module")
def too_deep():
    return inside_each_other(250)


@pytest.fixture
def short_of_calls(too_deep):
    """Python follows fewer calls than it does: the time to make models that are too deep grows with the square of their
    number."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    "work",
    [lambda model, path: model.graph(), lambda model, path: model.save(path), lambda model, path: model.get_config()],
)
def test_models_too_deep_for_python_are_told_with_a_way_out(work, too_deep, short_of_calls, tmp_path):
    model = too_deep
    with pytest.raises(ValueError, match="nested too deep for Python to follow\n  remedy: one model with all"):
        work(model, tmp_path / "model.keras")
    assert len(model.weights) == 2 * 251
