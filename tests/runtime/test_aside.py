"""Compiling happens on a thread of its own: nobody's stack overflows, nobody's Ctrl-C is lost, nobody waits twice."""

import _thread
import io
import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.runtime import aside, compile, programs
from planish.runtime.inference_executable import InferenceExecutable

WAIT_SECONDS = 20


def graph_of(number):
    return Graph.build({"y": primitives.add(primitives.input_("x", (3,)), float(number))})


class Making:
    """Stands in for the compiler: says when it was asked, and ends when it is told to."""

    def __init__(self, monkeypatch, error=None):
        self.asked, self.go_on = threading.Event(), threading.Event()
        self.stacks, self.count, self._made, self.error = [], 0, programs._made, error
        monkeypatch.setattr(programs, "_made", self)
        monkeypatch.setattr(programs, "_COMPILED", {})
        monkeypatch.setenv("PLANISH_CACHE_DIR", "off")

    def __call__(self, *arguments):
        self.count += 1
        self.stacks.append(threading.current_thread())
        self.asked.set()
        assert self.go_on.wait(WAIT_SECONDS)
        if self.error:
            raise self.error
        return self._made(*arguments)


def compiled(number):
    return programs.compile(graph_of(number), {"x": "float32"})


def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def join(threads):
    for thread in threads:
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


def test_threads_that_want_one_program_wait_for_one_compilation(monkeypatch):
    making, found = Making(monkeypatch), []
    threads = in_threads(4, lambda: found.append(compiled(1)))
    assert making.asked.wait(WAIT_SECONDS)
    making.go_on.set()
    join(threads)
    assert making.count == 1
    assert len({id(each.code) for each in found}) == 1
    assert threading.main_thread() not in making.stacks
    assert not set(threads) & set(making.stacks)


def test_another_program_does_not_wait_for_one_that_is_being_made(monkeypatch):
    making = Making(monkeypatch)
    threads = in_threads(1, lambda: compiled(2))
    assert making.asked.wait(WAIT_SECONDS)
    making.asked.clear()
    threads += in_threads(1, lambda: compiled(3))
    assert making.asked.wait(WAIT_SECONDS)
    making.go_on.set()
    join(threads)
    assert making.count == 2


def test_ctrl_c_ends_the_waiting_at_once_and_the_work_is_there_for_the_next_call(monkeypatch):
    making = Making(monkeypatch)

    def interrupt():
        making.asked.wait(WAIT_SECONDS)
        _thread.interrupt_main()

    threads = in_threads(1, interrupt)
    with pytest.raises(KeyboardInterrupt):
        compiled(4)
    assert not making.go_on.is_set()
    making.go_on.set()
    assert compiled(4).block
    assert making.count == 1
    assert not programs._UNDER_WAY.programs
    join(threads)


def test_what_fails_fails_for_all_who_wait_and_is_tried_anew(monkeypatch):
    making, errors = Making(monkeypatch, ValueError("the compiler's own words")), []

    def ask():
        try:
            compiled(5)
        except ValueError as error:
            errors.append(error)

    threads = in_threads(3, ask)
    assert making.asked.wait(WAIT_SECONDS)
    making.go_on.set()
    join(threads)
    assert len(errors) == 3
    making.error = None
    assert compiled(5).block


@pytest.mark.parametrize(("watched", "lines"), [(True, 1), (False, 0)])
def test_a_line_is_shown_once_if_it_takes_long_and_somebody_watches(monkeypatch, watched, lines):
    making, shown = Making(monkeypatch), io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: watched, raising=False)
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(aside, "SECONDS_UNTIL_LATE", 0.01)
    threads = in_threads(3, lambda: compiled(6))
    assert making.asked.wait(WAIT_SECONDS)
    told = threading.Event()
    told.wait(0.2)
    making.go_on.set()
    join(threads)
    assert shown.getvalue().count("planish is compiling") == shown.getvalue().count(" (3 operations)") == lines
    assert shown.getvalue().count("\n") == lines


def beside(works, threads):
    with aside.Beside(threads) as pieces:
        for work in works:
            pieces.add(work)
        return pieces.results()


@pytest.mark.parametrize("threads", [1, 3, 20])
def test_pieces_of_work_are_shared_out_and_come_back_in_order(threads):
    begun, most, lock = [], [], threading.Lock()

    def work(number):
        with lock:
            begun.append(number)
            most.append(len(begun))
        time.sleep(0.002)
        with lock:
            begun.remove(number)
        return number

    assert beside([lambda number=number: work(number) for number in range(8)], threads) == list(range(8))
    assert max(most) <= threads


def test_pieces_of_work_are_done_at_the_same_time():
    meeting = threading.Barrier(3)
    assert beside([lambda: meeting.wait(WAIT_SECONDS) < 3] * 3, 3) == [True] * 3


def test_work_begins_before_all_of_it_is_there_and_once_more_after_a_rest():
    with aside.Beside(2) as pieces:
        for _ in range(3):
            done = threading.Event()
            pieces.add(done.set)
            assert done.wait(WAIT_SECONDS)
        assert pieces.results() == [None] * 3


def test_alone_everything_is_done_when_the_results_are_asked_for():
    with aside.Beside(1) as pieces:
        pieces.add(threading.get_ident)
        assert pieces.results() == [threading.get_ident()]


def test_work_that_nobody_has_begun_is_left_if_there_will_be_no_more():
    done = []

    def interrupted(pieces):
        with pieces:
            pieces.add(lambda: done.append(1))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted(pieces := aside.Beside(1))
    pieces._work(leaving=0)
    assert not done


@pytest.mark.parametrize("broken", [0, 3])
def test_what_a_piece_of_work_raises_is_raised(broken):
    def work(number):
        if number == broken:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match=str(broken)):
        beside([lambda number=number: work(number) for number in range(4)], 2)


def test_a_broken_stream_ends_nothing(monkeypatch):
    class Broken(io.StringIO):
        def isatty(self):
            return True

        def write(self, text):
            making.go_on.set()
            raise OSError("no space left on device")

    making = Making(monkeypatch)
    monkeypatch.setattr(sys, "stderr", Broken())
    monkeypatch.setattr(aside, "SECONDS_UNTIL_LATE", 0.01)
    assert compiled(7).block


def test_without_a_thread_to_be_had_it_is_done_here(monkeypatch):
    making = Making(monkeypatch)
    making.go_on.set()

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert compiled(8).block
    assert making.stacks == [threading.main_thread()]


def test_other_threads_keep_their_size_of_stack():
    before = threading.stack_size()
    assert aside.aside(lambda: "done") == "done"
    assert threading.stack_size() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_makes_what_its_parent_was_about_to_make(monkeypatch):
    making = Making(monkeypatch)
    threads = in_threads(1, lambda: compiled(9))
    assert making.asked.wait(WAIT_SECONDS)
    child = os.fork()
    if not child:
        code = 1
        try:
            monkeypatch.undo()
            code = 0 if not programs._UNDER_WAY.programs and compiled(9).block else 2
        finally:
            os._exit(code)
    making.go_on.set()
    join(threads)
    assert os.waitpid(child, 0)[1] == 0


def test_a_wide_layer_that_reads_images_compiles_on_a_small_stack():
    code = """
        import threading
        import numpy as np
        import planish as keras
        from planish.layers import Dense

        def work():
            model = keras.Sequential([keras.Input((40,)), Dense(2000), Dense(1)])
            model.compile("sgd", "mse")
            model.fit(np.ones((8, 40), np.float32), np.ones((8, 1), np.float32), verbose=0)
            print("trained")

        threading.stack_size(2**18)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """
    environment = {**os.environ, "PLANISH_CACHE_DIR": "off"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr


def test_a_program_made_aside_computes():
    x, y = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    InferenceExecutable(compile(graph_of(10), {"x": x.dtype})).run({}, {"x": x}, {"y": y}, 2, version=1)
    assert (y == 11).all()
