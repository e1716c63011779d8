"""Many threads that predict with one model at once: each by itself, beside the one that has the program."""

import os
import signal
import threading

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from tests.runtime.test_forking import ends_well

SECONDS = 30
X = np.random.default_rng(5).standard_normal((24, 12, 12, 3), np.float32)


@pytest.fixture
def model():
    made = Sequential([Input((12, 12, 3)), Conv2D(9, 3), MaxPooling2D(), Flatten(), Dense(5)])
    made.predict_on_batch(X)
    return made


@pytest.fixture
def program(model):
    return next(iter(model._programs.predictors.values()))._executable


class Slow:
    """Native code that stops at its beginning, in all threads but the first, until it may go on."""

    def __init__(self, program, monkeypatch):
        self.go_on, self.inside = threading.Event(), threading.Semaphore(0)
        self._first = threading.get_ident()
        self._native = program._infer
        monkeypatch.setattr(program, "_infer", self._infer)

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
    assert program._places.inside == {host[0].ident}
    assert len(program._seats) == 1
    assert (program._version, model.predict_on_batch(X[3:5]).tobytes()) == expected
    assert len(program._seats) == 1
    assert not host[1]  # it still has the program


def test_many_threads_get_what_they_get_alone(model, program):
    alone = [model.predict_on_batch(X[image : image + 1]).tobytes() for image in range(len(X))]

    def work(image):
        return [model.predict_on_batch(X[image : image + 1]).tobytes() for _ in range(50)]

    threads = [in_thread(lambda image=image: work(image)) for image in range(len(X))]
    for (thread, result), expected in zip(threads, alone, strict=True):
        thread.join(SECONDS)
        assert result == [[expected] * 50]
    assert not program._places.inside


def test_new_weights_are_packed_when_the_guests_have_left(model, program, slow, host):
    before = host[1]
    expected = model.predict_on_batch(X[:2])  # by a guest, this thread
    guest, of_guest = in_thread(lambda: model.predict_on_batch(X[:2]))
    assert slow.inside.acquire(timeout=SECONDS)
    assert program._places.inside == {host[0].ident, guest.ident}
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
    assert not program._places.inside


def test_there_are_no_more_guests_than_there_is_memory_for(model, program, slow, host):
    program._most_guests = 3
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

    with monkeypatch.context() as patch:
        patch.setattr(program, "_infer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.predict_on_batch(X)
    assert program._places.inside == {host[0].ident}
    assert len(model.predict_on_batch(X)) == len(X)


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

    monkeypatch.setattr(program, "_infer", with_signal)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        assert len(model.predict_on_batch(X)) == len(X)
    finally:
        signal.signal(signal.SIGUSR1, before)
    (message,) = refused
    assert message.startswith("a model was called while it computes, in the same thread")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_has_no_guests(model, program, slow, host):
    expected = model.predict_on_batch(X)
    guest, _ = in_thread(lambda: model.predict_on_batch(X))
    assert slow.inside.acquire(timeout=SECONDS)
    child = os.fork()
    if not child:
        slow.go_on.set()
        model.set_weights(model.get_weights())  # packed anew: nobody is waited for
        os._exit(not np.array_equal(model.predict_on_batch(X), expected))
    assert ends_well(child)
    slow.go_on.set()
    guest.join(SECONDS)
