"""Weights that are packed by several threads, whenever they have changed."""

import os

import numpy as np
import pytest

import planish
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.runtime import handoff, inference_executable
from planish_runtime import inference
from tests.runtime.test_forking import ends_well, leave

X = np.random.default_rng(7).standard_normal((3, 600), np.float32)
SETS = [
    [np.random.default_rng(seed).standard_normal(shape, np.float32) for shape in ((600, 1000), (1000,))]
    for seed in range(3)
]


@pytest.fixture
def model(monkeypatch):
    """Its packed weights are larger than what one thread packs."""
    for caller in (inference, inference_executable):
        monkeypatch.setattr(caller, "recent_num_threads", lambda now: planish.get_num_threads())
    planish.set_num_threads(3)
    yield Sequential([Input((600,)), Dense(1000)])
    planish.set_num_threads(None)


@pytest.fixture(scope="module")
def expected():
    """By one thread."""
    alone = Sequential([Input((600,)), Dense(1000)])
    planish.set_num_threads(1)
    try:
        return [predicted(alone, weights) for weights in SETS]
    finally:
        planish.set_num_threads(None)


def predicted(model, weights):
    model.set_weights(weights)
    return model.predict_on_batch(X)


@pytest.fixture
def packing(model, monkeypatch):
    """How often threads have packed together. What is put into `happens` is called when they have."""
    share = handoff.CREW.share

    class Packing:
        times = 0
        happens = staticmethod(lambda: None)

    def shared(work, *others):
        (predictor,) = model._programs.predictors.values()
        done = share(work, *others)
        if work == predictor._executable._prepare_address:
            Packing.times += 1
            Packing.happens()
        return done

    monkeypatch.setattr(handoff.CREW, "share", shared)
    return Packing


def test_new_weights_are_packed_by_all_threads_with_the_bits_of_one(model, packing, expected):
    for _ in range(3):
        for weights, result in zip(SETS, expected, strict=True):
            assert np.array_equal(predicted(model, weights), result)
            assert np.array_equal(model.predict_on_batch(X), result)
    assert packing.times == 9


def test_weights_are_packed_by_one_thread_if_the_others_are_busy(model, expected, monkeypatch):
    monkeypatch.setattr(handoff.CREW, "share", lambda *arguments: False)
    assert np.array_equal(predicted(model, SETS[1]), expected[1])


def test_what_ctrl_c_has_interrupted_is_packed_again(model, packing, expected):
    def interrupted():
        packing.happens = lambda: None
        raise KeyboardInterrupt

    predicted(model, SETS[0])
    packing.happens = interrupted
    with pytest.raises(KeyboardInterrupt):
        predicted(model, SETS[2])
    assert np.array_equal(model.predict_on_batch(X), expected[2])
    assert packing.times == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_was_forked_packs_with_helpers_of_its_own(model, expected):
    predicted(model, SETS[0])

    def check():
        for weights, result in zip(SETS, expected, strict=True):
            assert np.array_equal(predicted(model, weights), result)

    child = os.fork()
    if not child:
        leave(check)
    check()
    assert ends_well(child)
