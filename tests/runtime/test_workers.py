"""Threads that run native code: all have left before their caller goes on, whatever is raised, wherever."""

import dis
import functools
import itertools
import sys
import threading
import time
import weakref
from collections import deque

import pytest

from planish_runtime import workers
from planish_runtime.workers import run_together, run_watched


class Work:
    """Units that threads draw until nothing is left; knows who is busy with one."""

    def __init__(self, units=4):
        self.units = iter(range(units))
        self.inside = 0
        self.done = 0
        self.stopped = False
        self.lock = threading.Lock()

    def draw(self, number):
        """As chunks of images are drawn."""
        for _ in self.units:
            self._unit(0.001 if number == 0 else 0.004)

    def step(self, number):
        """As steps of training are taken, all threads together."""
        while not self.stopped and self.done < 8:
            self._unit(0.001)

    def stop(self):
        self.stopped = True
        deque(self.units, maxlen=0)

    def _unit(self, seconds):
        with self.lock:
            self.inside += 1
        time.sleep(seconds)
        with self.lock:
            self.inside -= 1
            self.done += 1


def together(work):
    run_together(work.draw, 3, work.stop)


def watched(work):
    run_watched(work.step, 3, lambda: None, work.stop, 0.0005)


@functools.cache
def openings(code):
    """Where the interpreter looks for signals: on entering a function, after a call, on jumping back."""
    instructions = list(dis.get_instructions(code))
    looks = {"RESUME", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD"}
    after = {one.offset for before, one in itertools.pairwise(instructions) if before.opname in looks}
    return after | {one.argval for one in instructions if one.opname == "JUMP_BACKWARD"}


def interrupted_at(place, call, work):
    """Whether KeyboardInterrupt, raised at the n-th of the places where a signal could be, came through."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_code.co_filename != workers.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in openings(frame.f_code):
            count += 1
            if count == place:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call(work)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("call", [together, watched])
def test_an_interrupt_anywhere_leaves_nobody_inside(call):
    workers._HELPERS.keep(2)  # made at the first call; not what is interrupted here
    place = 0
    while True:
        place += 1
        work = Work()
        came = interrupted_at(place, call, work)
        assert work.inside == 0, place
        done = work.done
        time.sleep(0.006)
        assert work.done == done, place
        if not came:
            break
    assert place > 20


@pytest.mark.parametrize("call", [run_together, run_watched])
def test_what_another_thread_raises_is_raised_here(call):
    work = Work(units=10**6)

    def fail(number):
        if number == 2:
            raise ZeroDivisionError
        if call is run_watched:
            work.step(number)
        else:
            time.sleep(0.05)

    extra = (lambda: None, work.stop, 0.01) if call is run_watched else (work.stop,)
    with pytest.raises(ZeroDivisionError):
        call(fail, 3, *extra)


@pytest.mark.parametrize("call", [run_together, run_watched])
def test_every_number_once(call):
    numbers, all_there = [], threading.Barrier(5)

    def come(number):
        numbers.append(number)
        all_there.wait(30)

    extra = (lambda: None, lambda: None, 0.01) if call is run_watched else (lambda: None,)
    call(come, 5, *extra)
    assert sorted(numbers) == [0, 1, 2, 3, 4]


def test_what_watches_may_end_the_run():
    work = Work()

    def watch():
        raise ZeroDivisionError

    def step(number):
        while not work.stopped:
            time.sleep(0.001)

    with pytest.raises(ZeroDivisionError):
        run_watched(step, 2, watch, work.stop, 0.005)


def starting_at_most(count, monkeypatch):
    """As a system does that gives a process so many threads and no more."""
    original, started = threading.Thread.start, []

    def start(self):
        if len(started) == count:
            raise RuntimeError("can't start new thread")
        started.append(self)
        original(self)

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.parametrize("given", [1, 2, 3])
def test_too_few_threads_for_training_do_all_the_work(given, monkeypatch):
    monkeypatch.setattr(workers, "_HELPERS", workers._Helpers())
    starting_at_most(given, monkeypatch)
    work = Work(units=20)
    run_watched(work.draw, 4, lambda: None, work.stop, 0.01)
    assert work.done == 20


def test_no_thread_at_all_is_told_before_anything_is_done(monkeypatch):
    starting_at_most(0, monkeypatch)
    work = Work(units=20)
    with pytest.raises(workers.NoThreadError, match="start new thread"):
        run_watched(work.draw, 4, lambda: None, work.stop, 0.01)
    assert work.done == 0


def test_too_few_threads_for_predicting_do_all_the_work(monkeypatch):
    monkeypatch.setattr(workers, "_HELPERS", workers._Helpers())
    starting_at_most(1, monkeypatch)
    work = Work(units=20)
    run_together(work.draw, 4, work.stop)
    assert work.done == 20


def test_invitations_to_threads_that_are_busy_do_not_pile_up(monkeypatch):
    helpers = workers._Helpers()
    monkeypatch.setattr(workers, "_HELPERS", helpers)
    over, inside = threading.Event(), threading.Barrier(3)

    def stay(number):
        if number:
            inside.wait(30)
            over.wait(30)

    busy = workers._Crew()
    workers._invite(busy, stay, 3)
    inside.wait(30)
    for _ in range(100):
        run_together(lambda number: None, 3, lambda: None)
    assert (len(helpers._invitations), helpers._calls.qsize()) == (0, 0)
    over.set()
    busy.close()
    come = Work(units=40)
    together(come)
    assert come.done == 40


def test_who_waits_for_work_keeps_nothing_of_the_last(monkeypatch):
    monkeypatch.setattr(workers, "_HELPERS", workers._Helpers())

    class Array:
        """Stands for one, and can be referred to weakly."""

    array, both = Array(), threading.Barrier(2)

    def work(number, array=array):
        both.wait(30)

    run_together(work, 2, lambda: None)
    gone = weakref.ref(array)
    del array, work
    until = time.perf_counter() + 30
    while gone() is not None and time.perf_counter() < until:  # the other thread is on its way to wait
        time.sleep(0.001)
    assert gone() is None
