"""Calls that would wait for themselves are an error, calls that need not wait work, and a hang is a failure."""

import copy
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from planish.callbacks import LambdaCallback
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from planish.models import Sequential
from planish.utils import set_random_seed
from planish_runtime import workers

ROOT = Path(__file__).parent.parent.parent

PROGRAM = """
import copy, signal, threading
import numpy as np
import planish
from planish.callbacks import LambdaCallback
from planish.layers import Dense, Input
from planish.models import Sequential
planish.set_num_threads(2)
def classifier():
    model = Sequential([Input((8,)), Dense(16, activation="relu"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
model, other = classifier(), classifier()
x, y = np.random.default_rng(0).random((2000, 8), np.float32), np.arange(2000) % 3
expected = model.predict(x, verbose=0)
def told(call):
    try:
        call()
    except RuntimeError as error:
        return str(error)
    return "nothing"
def middle(do):
    'Trains, and does it once between two steps, while native code runs.'
    said = []
    def look(step, images, logs):
        if 0 < step < 150_000 and not said:
            said.append(do())
    callback = LambdaCallback()
    callback.on_train_progress = look
    model.fit(np.resize(x, (150_000, 8)), np.resize(y, 150_000), batch_size=1, verbose=0, callbacks=[callback])
    return said[0]
"""

TRAINED_INSIDE = "a model was trained in the middle of its own training steps: "
CALLED_INSIDE = "a model was called while it computes, in the same thread: "


def ended(code):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM + code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_training_in_the_middle_of_training_is_an_error():
    code = """
calls = [lambda: model.fit(x, y, batch_size=1, verbose=0), lambda: model.train_on_batch(x, y * 0.5)]
print(*middle(lambda: [told(call) for call in calls]), sep="\\n")
model.fit(x, y, verbose=0)
"""
    assert ended(code).count(TRAINED_INSIDE) == 2


def test_in_the_middle_of_training_other_calls_work():
    code = """
def calls():
    assert model.predict(x, verbose=0).shape == (2000, 3)
    assert model.evaluate(x, y, verbose=0) > 0
    other.fit(x, y, verbose=0)
    copy.deepcopy(model).fit(x, y, verbose=0)
    return "all"
print(middle(calls))
"""
    assert ended(code) == "all\n"


def test_another_thread_waits_for_its_turn():
    code = """
threads = []
def start():
    threads.append(threading.Thread(target=lambda: model.fit(x, y, batch_size=7, verbose=0)))
    threads[0].start()
    return "started"
print(middle(start))
threads[0].join()
assert model.optimizer.iterations == 150_000 + 286, model.optimizer.iterations
"""
    assert ended(code) == "started\n"


def test_a_signals_handler_that_trains_while_the_model_is_trained():
    code = """
def handler(*arguments):
    model.fit(x, y, verbose=0)
signal.signal(signal.SIGTERM, handler)
print(told(lambda: middle(lambda: signal.raise_signal(signal.SIGTERM))))
model.fit(x, y, verbose=0)
"""
    assert ended(code).startswith(TRAINED_INSIDE)


def test_a_signals_handler_that_predicts_while_the_model_predicts():
    code = """
said = []
def handler(*arguments):
    said.append(told(lambda: model.predict(x, verbose=0)))
    assert other.predict(x, verbose=0).shape == (2000, 3)
signal.signal(signal.SIGTERM, handler)
program = next(iter(model._programs.predictors.values()))._executable
infer = program._infer
def interrupted(*arguments):
    if len(said) < count and threading.current_thread() is threading.main_thread():
        signal.raise_signal(signal.SIGTERM)
    infer(*arguments)
program._infer = interrupted
for count, images in enumerate((1, 2000), 1):
    assert np.allclose(model.predict(x[:images], verbose=0), expected[:images], atol=1e-6)
print(*said, sep="\\n")
assert np.allclose(model.predict(x, verbose=0), expected, atol=1e-6)
"""
    assert ended(code).count(CALLED_INSIDE) == 2


@pytest.fixture(scope="module")
def impatient():
    """Threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_several_threads_may_be_the_first_to_use_a_model(impatient):
    x = np.random.default_rng(0).random((4, 12, 12, 1), np.float32)
    layers = [Conv2D(2, 3), BatchNormalization(), MaxPooling2D(), Flatten(), Dense(8), Dropout(0.5), Dense(3)]
    for _ in range(12):
        model = Sequential(copy.deepcopy(layers))
        outcomes, together = [], threading.Barrier(6)

        def use(model=model, outcomes=outcomes, together=together):
            together.wait()
            try:
                outcomes.append(model.predict(x, verbose=0))
            except Exception as error:  # shown below
                outcomes.append(error)

        threads = [threading.Thread(target=use) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = model.predict(x, verbose=0)
        assert [type(outcome) for outcome in outcomes] == [np.ndarray] * 6, outcomes
        assert all(np.array_equal(outcome, expected) for outcome in outcomes)


def test_several_threads_that_train_first_share_the_optimizers_values(impatient):
    x, y = np.random.default_rng(0).random((40, 6)), np.arange(40) % 3
    for _ in range(5):
        model = Sequential([Dense(4), Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        threads = [threading.Thread(target=lambda model=model: model.train_on_batch(x, y)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert int(model.optimizer.iterations) == 4
        assert len(model._programs._trainers) == 1


def test_a_system_without_another_thread_trains_to_the_same_bits(monkeypatch):
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    def batches():
        while True:
            yield x[:64], y[:64]

    x, y = np.random.default_rng(0).random((700, 6), np.float32), np.arange(700) % 3
    start = Sequential([Dense(4), Dropout(0.3), Dense(3, activation="softmax")])
    start.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    start.train_on_batch(x[:8], y[:8])
    results = []
    for patch in (False, True):
        model = copy.deepcopy(start)
        if patch:
            monkeypatch.setattr(threading.Thread, "start", no_thread)
            monkeypatch.setattr(workers, "_HELPERS", workers._Helpers())
        set_random_seed(1)
        history = model.fit(x, y, batch_size=32, epochs=2, verbose=0, callbacks=[LambdaCallback()]).history
        streamed = model.fit(batches(), steps_per_epoch=5, verbose=0).history
        results.append((history, streamed, model.predict(x, verbose=0).tobytes(), int(model.optimizer.iterations)))
    assert results[0] == results[1]
