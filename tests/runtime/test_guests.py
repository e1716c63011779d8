"""Many threads that predict with one model at once: each by itself, beside the one that has the program."""

import os
import signal
import sys
import threading

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from planish_runtime import inference
from tests.runtime.test_forking import ends_well

SECONDS = 30
X = np.random.default_rng(5).standard_normal((24, 12, 12, 3), np.float32)


@pytest.fixture(params=[False, True], ids=["first calls", "later calls"])
def model(request, monkeypatch):
    """Few images are computed in the way of the first calls, or of later ones."""
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", 0.0)
    monkeypatch.setattr(inference, "_TRIALS", 1 if request.param else np.inf)
    made = Sequential([Input((12, 12, 3)), Conv2D(9, 3), MaxPooling2D(), Flatten(), Dense(5)])
    for images in (X, X[:1], X[:2], X[:3]):
        made.predict_on_batch(images)
    assert {*program_of(made)._ways} == ({1, 2, 3} if request.param else set())
    return made


def program_of(model):
    return next(iter(model._programs.predictors.values()))._executable


@pytest.fixture
def program(model):
    return program_of(model)


def have_call(program, monkeypatch, native):
    """Has the program call a function of Python's instead of its native code."""
    monkeypatch.setattr(program, "_infer", native)
    monkeypatch.setattr(
        program, "_ways", {count: way._replace(function=native) for count, way in program._ways.items()}
    )


class Slow:
    """Native code that stops at its beginning, in all threads but the first, until it may go on."""

    def __init__(self, program, monkeypatch):
        self.go_on, self.inside = threading.Event(), threading.Semaphore(0)
        self._first = threading.get_ident()
        self._native = program._infer
        have_call(program, monkeypatch, self._infer)

    def _infer(self, *arguments):
        if threading.get_ident() != self._first:
            self.inside.release()
            assert self.go_on.wait(SECONDS)
        self._native(*arguments)


def in_thread(work):
    """The thread, and where its result will be."""
    result = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    return thread, result


@pytest.fixture
def slow(program, monkeypatch):
    return Slow(program, monkeypatch)


@pytest.fixture
def host(model, slow):
    """A thread that has the program, for as long as the test takes."""
    thread, result = in_thread(lambda: model.predict_on_batch(X[:1]))
    assert slow.inside.acquire(timeout=SECONDS)
    yield thread, result
    slow.go_on.set()
    thread.join(SECONDS)


def test_a_guest_computes_while_another_thread_has_the_program(model, program, host):
    expected = program._version, model.predict_on_batch(X[3:5]).tobytes()
    assert program._inside == {host[0].ident}
    free = len(program._seats)
    assert free
    assert (program._version, model.predict_on_batch(X[3:5]).tobytes()) == expected
    assert len(program._seats) == free
    assert not host[1]  # it still has the program


@pytest.fixture
def hurried():
    """Threads take the interpreter lock from each other as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def all_done(threads):
    """Their results, in order."""
    for thread, _ in threads:
        thread.join(SECONDS)
    return [result for _, (result,) in threads]


@pytest.mark.parametrize("cpus", [0, 2, 1000])
def test_many_threads_get_what_they_get_alone(model, program, hurried, cpus):
    """Whether or not they are more than the processors."""
    other = Sequential([Input((12, 12, 3)), Conv2D(200, 5), Flatten(), Dense(3)])  # enough work to be shared
    other.predict_on_batch(X[:1])
    program._cpus = program_of(other)._cpus = cpus
    parts = [X[first : first + 1 + first % 4] for first in range(16)]
    alone = [[each.predict_on_batch(part).tobytes() for each in (model, other)] for part in parts]

    def work(part):
        return [[each.predict_on_batch(part).tobytes() for each in (model, other)] for _ in range(20)]

    results = all_done([in_thread(lambda part=part: work(part)) for part in parts])
    assert results == [[expected] * 20 for expected in alone]
    assert not program._inside
    assert not program_of(other)._inside


def test_more_guests_than_processors_compute_by_what_the_crew_has_for_them(model, program, host, monkeypatch):
    class Crew:
        calls, made = [], False

        def beside(self, infer):
            assert infer == program._program.code.address("infer")
            return (lambda *arguments: self.calls.append(arguments), self) if self.made else None

    way = inference._Way(program._infer_alone, inference.SIZE(1), False)
    monkeypatch.setattr(program, "_crew", Crew())
    monkeypatch.setattr(program, "_infer_in_crowd", None)
    monkeypatch.setattr(program, "_ways", {1: way})
    for cpus, made, calls in ((2, True, 0), (1, False, 0), (1, True, 1), (1, False, 2), (2, True, 2)):
        program._cpus, Crew.made = cpus, made
        model.predict_on_batch(X[:1])
        assert len(Crew.calls) == calls, (cpus, made)


def test_every_caller_sees_the_weights_of_its_time(hurried):
    model = Sequential([Input((4,)), Dense(3, use_bias=False)])
    given = done = 0
    x, seen, wrong = np.float32([[0, 1, 0, 0]]), threading.Semaphore(0), []

    def work():
        last = 0
        while last < 12:
            least = done
            (answer,) = set(model.predict_on_batch(x).ravel().tolist())
            if not least <= answer <= given:
                wrong.append((least, answer, given))
            if answer > last:
                seen.release()
            last = max(last, answer)

    model.set_weights([np.zeros((4, 3))])
    threads = [in_thread(work) for _ in range(8)]
    for number in range(1, 13):
        given = number
        model.set_weights([np.full((4, 3), number)])
        done = number
        for _ in threads:  # nobody packs weights while they are written
            assert seen.acquire(timeout=SECONDS)
    all_done(threads)
    assert wrong == []


def test_new_weights_are_packed_when_the_guests_have_left(model, program, slow, host):
    before = host[1]
    expected = model.predict_on_batch(X[:2])  # by a guest, this thread
    guest, of_guest = in_thread(lambda: model.predict_on_batch(X[:2]))
    assert slow.inside.acquire(timeout=SECONDS)
    assert program._inside == {host[0].ident, guest.ident}
    model.set_weights([2 * weight for weight in model.get_weights()])
    changed, of_changed = in_thread(lambda: model.predict_on_batch(X[:2]))
    changed.join(0.05)
    assert not before
    assert not of_changed  # it waits: weights are packed where the other two read them
    slow.go_on.set()
    for thread in (guest, changed):
        thread.join(SECONDS)
    assert np.array_equal(of_guest[0], expected)
    assert np.array_equal(of_changed[0], model.predict_on_batch(X[:2]))
    assert not np.array_equal(of_changed[0], expected)
    assert not program._inside


def test_there_are_no_more_guests_than_there_is_memory_for(model, program, slow, host):
    program._most_guests = 3
    program._seats.clear()
    guests = [in_thread(lambda: model.predict_on_batch(X[:1])) for _ in range(5)]
    for _ in range(3):
        assert slow.inside.acquire(timeout=SECONDS)
    assert not slow.inside.acquire(timeout=0.05)
    slow.go_on.set()
    for thread, result in guests:
        thread.join(SECONDS)
        assert np.array_equal(result[0], model.predict_on_batch(X[:1]))


def test_the_last_seat_may_be_taken_by_another_guest(model, program, host):
    class Taken(list):
        """Looks as if somebody had a seat, until it is taken."""

        def __bool__(self):
            return True

    program._seats = Taken()
    assert len(model.predict_on_batch(X)) == len(X)
    assert len(program._seats) == 1


def test_a_guest_that_fails_is_one_no_longer(model, program, host, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    for images in (X, X[:1]):
        with monkeypatch.context() as patch:
            have_call(program, patch, interrupted)
            with pytest.raises(KeyboardInterrupt):
                model.predict_on_batch(images)
        assert program._inside == {host[0].ident}
        assert len(model.predict_on_batch(images)) == len(images)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the system has no such signal")
def test_a_call_inside_of_a_guest_is_refused(model, program, host, monkeypatch):
    refused = []
    native = program._infer

    def handler(*arguments):
        try:
            model.predict_on_batch(X)
        except RuntimeError as error:
            refused.append(str(error))

    def with_signal(*arguments):
        signal.raise_signal(signal.SIGUSR1)
        native(*arguments)

    have_call(program, monkeypatch, with_signal)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        for images in (X, X[:1]):
            assert len(model.predict_on_batch(images)) == len(images)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(refused) == 2
    assert all(message.startswith("a model was called while it computes, in the same thread") for message in refused)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_has_no_guests(model, program, slow, host):
    expected = model.predict_on_batch(X)
    guest, _ = in_thread(lambda: model.predict_on_batch(X[:1]))
    assert slow.inside.acquire(timeout=SECONDS)
    child = os.fork()
    if not child:
        slow.go_on.set()
        model.set_weights(model.get_weights())  # packed anew: nobody is waited for
        first = model.predict_on_batch(X[:1])
        os._exit(not np.array_equal(np.concatenate([first, model.predict_on_batch(X[1:])]), expected))
    assert ends_well(child)
    slow.go_on.set()
    guest.join(SECONDS)
