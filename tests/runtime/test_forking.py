"""A forked child has one thread, and everything in it is usable; `make soak` tries that many times more."""

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import numpy as np
import pytest

import planish
from planish.callbacks import LambdaCallback
from planish.codegen.llvm import library
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.models.data.read_ahead import ReadAhead
from planish.runtime.aside import Aside
from planish_runtime import forking, inference

ROOT = Path(__file__).parent.parent.parent

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

X, Y = np.random.default_rng(0).random((2000, 8), np.float32), np.arange(2000) % 3


def classifier():
    model = Sequential([Input((8,)), Dense(16, activation="relu"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def ends_well(child, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def leave(check):
    """The end of a child."""
    try:
        check()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def a_child_can(check):
    child = os.fork()
    if not child:
        leave(check)
    return ends_well(child)


def while_another_thread_is_in(lock, do):
    taken, over = threading.Event(), threading.Event()

    def hold():
        with lock:
            taken.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(60)
    try:
        return do()
    finally:
        over.set()
        thread.join()


def test_forks_in_the_middle_of_everything():
    command = [sys.executable, str(ROOT / "tools" / "soak_forks.py"), "--times", "2"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, finished.stderr


def test_a_lock_of_a_thread_that_is_not_there_is_free():
    held = forking.Lock()

    def take():
        assert held.lock.acquire(timeout=5)

    assert while_another_thread_is_in(held.lock, lambda: a_child_can(take))


def test_a_lock_of_the_thread_that_forks_stays_its_own():
    held = forking.Lock()
    with held.lock:
        lock = held.lock
        child = os.fork()
        if not child:
            os._exit(held.lock is not lock)
    assert ends_well(child)


def test_a_run_that_was_left_behind_is_forgotten_with_its_memory():
    model = classifier()
    expected = model.predict(X, verbose=0)
    (predictor,) = model._programs.predictors.values()
    program = predictor._executable
    arena = program._arena

    def check():
        assert program._left_behind
        assert np.array_equal(model.predict(X, verbose=0), expected)
        assert program._arena is not arena
        assert not program._running

    def fork():
        program._running = True  # as it is while that thread has the lock
        try:
            return a_child_can(check)
        finally:
            program._running = False

    assert while_another_thread_is_in(program._lock, fork)
    assert program._arena is arena


def test_a_fit_that_forks_and_goes_on_in_the_child_ends_with_an_error():
    """The parent trains on; the child has none of the threads that compute."""
    model, parent, children = classifier(), os.getpid(), []

    def fork(step, images, logs):
        if 0 < step < count and not children:
            children.append(os.fork())

    callback, count = LambdaCallback(), 150_000
    callback.on_train_progress = fork
    try:
        model.fit(np.resize(X, (count, 8)), np.resize(Y, count), batch_size=1, verbose=0, callbacks=[callback])
    except BaseException as error:
        if os.getpid() == parent:
            raise
        os._exit(0 if str(error).startswith("the process was forked while other threads computed") else 2)
    if os.getpid() != parent:
        os._exit(3)
    assert ends_well(*children)


def test_batches_that_were_to_be_read_ahead_are_an_error_in_the_child():
    class Item:
        nbytes = 8

    with ReadAhead(iter(Item, None)) as reader:
        next(reader)

        def check():
            with pytest.raises(RuntimeError, match="forked while another thread read batches ahead"):
                list(reader)

        assert a_child_can(check)
        assert len([next(reader) for _ in range(100)]) == 100


def test_who_waited_for_another_threads_compilation_is_told_in_the_child():
    over = threading.Event()
    compilation = Aside(lambda: over.wait(60))
    waiting = threading.Thread(target=compilation.result)
    waiting.start()
    while not compilation._claim.locked():
        time.sleep(0.001)

    def check():
        with pytest.raises(RuntimeError, match="forked while another thread compiled"):
            compilation.result()

    assert a_child_can(check)
    over.set()
    waiting.join()
    assert compilation.result()


def test_a_fork_waits_until_no_thread_is_inside_llvm():
    entered, left = threading.Event(), []

    def work():
        with library.inside():
            entered.set()
            time.sleep(0.3)
            left.append(True)

    library.binding()
    thread = threading.Thread(target=work)
    thread.start()
    entered.wait(60)
    child = os.fork()
    if not child:
        os._exit(0 if left and not library._INSIDE else 1)
    assert ends_well(child)
    thread.join()


def test_a_fork_waits_for_an_import_of_another_thread(monkeypatch):
    """Which nobody could complete in the child."""
    module = type(sys)("planish.being_imported")
    module.__spec__ = type("Spec", (), {"_initializing": True})
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def complete():
        time.sleep(0.2)
        module.__spec__._initializing = False

    thread = threading.Thread(target=complete)
    thread.start()

    def check():
        assert not module.__spec__._initializing

    assert a_child_can(check)
    thread.join()


def test_a_module_that_another_thread_was_about_to_look_for():
    lock = importlib._bootstrap._get_module_lock("planish.nowhere")

    class Held:
        """The lock as a context."""

        def __enter__(self):
            lock.acquire()

        def __exit__(self, *ended_by):
            lock.release()

    def check():
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("planish.nowhere")

    assert while_another_thread_is_in(Held(), lambda: a_child_can(check))


def test_threads_of_the_parent_are_not_counted_on():
    planish.set_num_threads(3)
    try:
        model = classifier()
        expected = model.predict(X, verbose=0)
        assert len(X) > max(inference.FEWEST_IMAGES_FOR_THREADS)

        def check():
            assert np.array_equal(model.predict(X, verbose=0), expected)
            model.fit(X, Y, verbose=0)

        assert a_child_can(check)
    finally:
        planish.set_num_threads(None)
