"""Calls that take some microseconds: few steps of Python, and the interpreter lock is kept."""

import sys
import threading

import numpy as np
import pytest

from planish.layers import Activation, Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish_runtime import inference

X = np.random.default_rng(3).standard_normal((6, 4, 4, 1), np.float32)
CALLS = {
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "predict with a batch size": lambda model, x: model.predict(x, batch_size=4, verbose=0),
    "call": lambda model, x: model(x, training=False).numpy(),
}


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", np.inf)
    made = Sequential([Input((4, 4, 1)), Flatten(), Dense(5, activation="tanh"), Dense(3)])
    for _ in range(inference._FEWEST_TRIALS + 1):
        made.predict_on_batch(X[:1])
    return made


def program_of(model):
    return next(iter(model._programs.predictors.values()))._executable


@pytest.fixture
def program(model):
    return program_of(model)


def ways_by(program, native):
    """Those of the program, with another function for what is brief."""
    return {
        count: way._replace(function=native) if way.function is program._infer_briefly else way
        for count, way in program._ways.items()
    }


def brief_counts(program):
    return {count for count, way in program._ways.items() if way.function is program._infer_briefly}


class Counted:
    """Native code that keeps the lock, and the number of its calls."""

    def __init__(self, program, monkeypatch):
        self.count, self._native = 0, program._infer_briefly
        monkeypatch.setattr(program, "_ways", ways_by(program, self))
        monkeypatch.setattr(program, "_infer_briefly", self)

    def __call__(self, *arguments):
        self.count += 1
        self._native(*arguments)


@pytest.fixture
def brief(program, monkeypatch):
    return Counted(program, monkeypatch)


def entered(work):
    """The functions of Python and C that are called, in order."""
    names = []

    def note(frame, event, argument):
        if event == "call":
            names.append(frame.f_code.co_name)
        elif event == "c_call":
            names.append(argument.__name__)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return names[:-1]  # without setprofile


def test_a_warm_call_of_one_image_takes_these_steps(model, program, monkeypatch):
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", 0.0)
    for _ in range(inference._TRIALS + 1):
        model.predict_on_batch(X[:2])
    assert brief_counts(program) == {1}
    steps = ["__call__", "len", "empty", "run_prepared", "get", "get_ident", "add", "pop", "_read", "id", "_read", "id"]
    for x, crowded in ((X[:1], []), (X[:2], ["len"])):  # the second call lets others have the interpreter lock
        found = entered(lambda x=x: model.predict_on_batch(x))
        assert found == ["<lambda>", "predict_on_batch", "get", *steps, *crowded, "append", "discard"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_way_to_predict_is_brief(model, brief, call):
    expected = model.predict_on_batch(X)[2:3]
    assert np.array_equal(call(model, X[2:3]), expected)
    assert brief.count == 1


def test_new_weights_are_seen(model, brief):
    before = model.predict_on_batch(X[:1])
    model.set_weights([2 * weight for weight in model.get_weights()])
    after = model.predict_on_batch(X[:1])
    assert brief.count == 1  # new weights are packed by a call that is not
    assert not np.array_equal(before, after)
    assert np.array_equal(model.predict_on_batch(X[:1]), after)
    assert brief.count == 2


def test_other_layers_are_seen(model, brief):
    before = model.predict_on_batch(X[:1])
    model.add(Activation("relu"))
    assert np.array_equal(model.predict_on_batch(X[:1]), np.maximum(before, 0))
    assert brief.count == 1


@pytest.mark.parametrize(
    "x", [X[::2][:1], X[:0:-1][:1], np.asfortranarray(X[:3]), X[:1].astype(np.float64)], ids=lambda x: str(x.strides)
)
def test_any_layout_gives_the_same(model, x):
    assert np.array_equal(model.predict_on_batch(x), model.predict_on_batch(np.ascontiguousarray(x, np.float32)))


def test_a_number_of_images_is_tried_before_it_is_brief(model, program, brief, monkeypatch):
    for calls in range(inference._FEWEST_TRIALS):
        assert 2 not in program._ways, calls
        model.predict_on_batch(X[:2])
    assert 2 in brief_counts(program)
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", 0.0)
    for _ in range(inference._TRIALS + 1):
        model.predict_on_batch(X[:3])
    assert 3 in program._ways
    assert 3 not in brief_counts(program)
    assert program._trials[3][0] == inference._TRIALS
    assert brief.count == 0


def test_many_images_are_never_brief(model, program):
    many = np.repeat(X, 5, axis=0)
    for _ in range(inference._TRIALS):
        model.predict_on_batch(many)
    assert brief_counts(program) == {1}


def test_what_is_shared_is_never_brief(monkeypatch):
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", np.inf)
    model = Sequential([Input((24, 24, 8)), Conv2D(24, 3), Flatten()])
    x = np.zeros((1, 24, 24, 8), np.float32)
    for _ in range(inference._TRIALS):
        model.predict_on_batch(x)
    assert not brief_counts(program_of(model))


def test_threads_that_are_brief_at_once_get_their_own_answers(model):
    expected = model.predict_on_batch(X)
    wrong = []

    def work(image):
        for _ in range(300):
            if not np.array_equal(model.predict_on_batch(X[image : image + 1])[0], expected[image]):
                wrong.append(image)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(image,)) for image in range(len(X))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_a_call_inside_of_a_brief_one_is_refused(model, program, monkeypatch):
    native, refused = program._infer_briefly, []

    def nested(*arguments):
        with pytest.raises(RuntimeError, match="while it computes, in the same thread") as caught:
            model.predict_on_batch(X[:1])
        refused.append(caught)
        native(*arguments)

    expected = model.predict_on_batch(X[:1])
    monkeypatch.setattr(program, "_ways", ways_by(program, nested))
    assert np.array_equal(model.predict_on_batch(X[:1]), expected)
    assert len(refused) == 1
    assert not program._inside


def test_a_comparison_with_the_interpreter_leaves_nothing_out(model, monkeypatch):
    monkeypatch.setenv("PLANISH_COMPARE", "1")
    compared = Sequential([Input((4, 4, 1)), Flatten(), Dense(3)])
    for _ in range(inference._FEWEST_TRIALS + 1):
        compared.predict_on_batch(X[:1])
    program = program_of(compared)
    monkeypatch.setattr(program, "_infer", lambda *arguments: None)
    monkeypatch.setattr(program, "_ways", ways_by(program, lambda *arguments: None))
    with pytest.raises(AssertionError, match="differs from the interpreter"):
        compared.predict_on_batch(X[1:2])
