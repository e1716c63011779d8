"""Helpers that wait in native code: they do their share or it is withdrawn, they sleep, and they are woken."""

import ctypes
import os
import threading
import time

import numpy as np
import pytest

import planish
from planish.layers import Conv2D, Flatten, Input
from planish.models import Sequential
from planish.runtime import handoff
from planish_runtime import context_layout as layout
from planish_runtime import inference
from tests.runtime.test_forking import ends_well, leave

PATIENT_SECONDS = 20


@pytest.fixture
def crew(monkeypatch):
    monkeypatch.setenv("PLANISH_SPIN", "20000")
    return handoff.Crew(handoff._code)


class Work:
    """A function that notes which threads called it, with what; the first waits for the others if `patient`."""

    def __init__(self, threads, *, patient=False):
        self.calls, self.patient, self.threads = [], patient, threads
        self.context = np.zeros(layout.HEADER_SLOTS, np.uintp)
        self.context[layout.YIELD_SLOT] = handoff._code().yield_address()
        self.scratches = np.arange(100, 100 + threads, dtype=np.uintp)
        self.function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(self._call)

    def _call(self, context, scratch, number):
        assert context == self.context.ctypes.data
        self.calls.append((number, scratch, threading.get_ident()))
        deadline = time.monotonic() + PATIENT_SECONDS
        while self.patient and len(self.calls) < self.threads and time.monotonic() < deadline:
            time.sleep(0.001)

    def shared_by(self, crew):
        address = ctypes.cast(self.function, ctypes.c_void_p).value
        return crew.share(address, self.context.ctypes.data, self.scratches.ctypes.data, self.threads)


def test_all_threads_do_their_share(crew):
    work = Work(3, patient=True)
    assert work.shared_by(crew)
    assert sorted(call[:2] for call in work.calls) == [(0, 100), (1, 101), (2, 102)]
    assert len({call[2] for call in work.calls}) == 3


def test_nobody_comes_after_the_work_is_done(crew):
    for _ in range(200):
        work = Work(3)
        assert work.shared_by(crew)
        numbers = sorted(call[0] for call in work.calls)
        assert numbers[0] == 0
        assert len(numbers) == len({*numbers})
        assert len(work.calls) == len(numbers)


def asleep(crew, number=0):
    deadline = time.monotonic() + PATIENT_SECONDS
    while not crew._asleep[number] and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(crew._asleep[number])


def test_who_has_nothing_to_do_sleeps_and_is_woken(crew):
    assert Work(2, patient=True).shared_by(crew)
    for _ in range(3):
        assert asleep(crew)
        assert Work(2, patient=True).shared_by(crew)
        woken = Work(2, patient=True)
        woken.shared_by(crew)
        assert len(woken.calls) == 2


def test_without_spinning(monkeypatch):
    monkeypatch.setenv("PLANISH_SPIN", "0")
    crew = handoff.Crew(handoff._code)
    Work(2).shared_by(crew)
    helped = 0
    for _ in range(3):
        assert asleep(crew)
        work = Work(2)
        assert work.shared_by(crew)
        helped += len(work.calls) - 1
    assert helped <= 3
    assert asleep(crew)


def test_a_time_that_makes_no_sense_is_refused_until_it_does(monkeypatch):
    crew = handoff.Crew(handoff._code)
    monkeypatch.setenv("PLANISH_SPIN", "soon")
    for _ in range(2):
        with pytest.raises(ValueError, match="PLANISH_SPIN is a time in microseconds"):
            Work(2).shared_by(crew)
    monkeypatch.setenv("PLANISH_SPIN", "20000")
    assert Work(2).shared_by(crew)


def test_helpers_help_one_thread_at_a_time(crew):
    outer, refused = Work(2), []
    inner = Work(2)
    outer.function = type(outer.function)(lambda *arguments: refused.append(inner.shared_by(crew)))
    outer.shared_by(crew)
    assert refused
    assert not any(refused)
    assert inner.calls == []


def test_a_system_that_gives_no_thread(crew, monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    work = Work(3)
    assert work.shared_by(crew)
    assert [call[0] for call in work.calls] == [0]


@pytest.fixture
def model(monkeypatch):
    monkeypatch.setattr(inference, "recent_num_threads", lambda now: 3)
    return Sequential([Input((32, 32, 8)), Conv2D(32, 3, activation="relu"), Conv2D(32, 3), Flatten()])


def test_threads_that_predict_at_once_all_get_their_own_answers(model):
    x = np.random.default_rng(0).random((16, 32, 32, 8), np.float32)
    expected = model.predict_on_batch(x)
    wrong = []

    def predict(number):
        for _ in range(20):
            if not np.array_equal(model.predict_on_batch(x[number : number + 1])[0], expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=predict, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_helpers_of_its_own(model):
    x = np.random.default_rng(1).random((1, 32, 32, 8), np.float32)
    expected = model.predict_on_batch(x)

    def check():
        for _ in range(5):
            assert np.array_equal(model.predict_on_batch(x), expected)

    child = os.fork()
    if not child:
        leave(check)
    check()
    assert ends_well(child)


def test_the_default_is_the_one_in_the_table():
    assert planish.settings.value("PLANISH_SPIN") == 200


class Guest:
    """Images that are computed beside many others, by a function of Python's that notes what it is given."""

    def __init__(self, crew, inside=lambda: None):
        self.calls, self._inside = [], inside
        self.words = crew._crowd.view(np.int64)
        integer = ctypes.c_int64
        self._function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, integer, integer)(self._infer)
        self.beside, self._kept = crew.beside(ctypes.cast(self._function, ctypes.c_void_p).value)

    def _infer(self, *arguments):
        self.calls.append((*arguments, self.is_returning()))
        self._inside()

    def is_returning(self):
        return bool(self.words[layout.CROWD_RETURNING // 8])

    def compute(self, *, patience):
        self.words[layout.CROWD_PATIENCE // 8] = patience
        self.beside(ctypes.c_void_p(11), ctypes.c_void_p(22), ctypes.c_int64(3), ctypes.c_int64(44))


def test_a_guest_says_that_it_returns_and_takes_it_back_when_it_comes_again(crew):
    guest = Guest(crew)
    for times in (1, 2):
        guest.compute(patience=10**12)  # there is nobody else
        assert guest.is_returning()
        assert guest.calls == [(11, 22, 3, 44, False)] * times


def another_returns(guest):
    guest.words[layout.CROWD_RETURNING // 8] = 1


def test_a_guest_does_not_wait_long_for_another_one_to_come_again(crew):
    guest = Guest(crew, lambda: another_returns(guest))
    guest.compute(patience=1000)
    assert guest.is_returning()


def test_a_guest_waits_until_another_one_comes_again(crew):
    reached = threading.Event()

    def inside():
        another_returns(guest)
        reached.set()

    guest = Guest(crew, inside)
    waiting = threading.Thread(target=lambda: guest.compute(patience=10**12), daemon=True)
    waiting.start()
    assert reached.wait(PATIENT_SECONDS)
    waiting.join(0.02)
    assert waiting.is_alive()
    guest.words[layout.CROWD_RETURNING // 8] = 0
    waiting.join(PATIENT_SECONDS)
    assert not waiting.is_alive()


def test_a_crew_that_is_busy_makes_nothing_for_guests(crew):
    with crew._busy:
        assert crew.beside(0) is None


def test_what_a_guest_computes_by_outlives_the_crew(crew):
    guest = Guest(crew)
    crew.after_fork()
    guest.compute(patience=10)
    assert len(guest.calls) == 1
