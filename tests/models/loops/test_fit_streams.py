"""`fit` over generators and objects with items: order, bits, what is taken, how it ends."""

import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import numpy as np
import pytest

from planish.callbacks import Callback, LambdaCallback
from planish.layers import Dropout
from planish.models.data.read_ahead import MOST_AHEAD

ROOT = Path(__file__).parents[3]


class Endless:
    """Batches of 10 rows, again and again, that knows how many were taken."""

    def __init__(self, data):
        self.x, self.y = data
        self.taken = 0

    def __iter__(self):
        return self

    def __next__(self):
        start = self.taken * 10 % 50
        self.taken += 1
        return self.x[start : start + 10], self.y[start : start + 10]


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name == "planish-data"]


def test_epochs_take_exactly_their_steps(train, classifier, data):
    source, at_ends = Endless(data), []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: at_ends.append(source.taken))
    train(classifier(), source, steps_per_epoch=7, epochs=3, callbacks=[watch])
    assert at_ends == [7, 14, 21]


def test_a_run_that_stops_early_has_taken_little_more(train, classifier, data):
    source, model = Endless(data), classifier()

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 3

    train(model, source, steps_per_epoch=10_000, callbacks=[Stop()])
    assert model.optimizer.iterations == 4
    assert 4 <= source.taken <= 4 + MOST_AHEAD + 1


@pytest.mark.parametrize("run_eagerly", [True, False])
@pytest.mark.parametrize("steps_per_execution", [1, 3])
@pytest.mark.parametrize("callbacks", [[], [LambdaCallback(on_train_batch_end=lambda batch, logs: None)]])
def test_the_bits_are_those_of_arrays(
    train, classifier, data, same_weights, run_eagerly, steps_per_execution, callbacks
):
    options = {"run_eagerly": run_eagerly, "steps_per_execution": steps_per_execution}
    by_batches, by_arrays = classifier(Dropout(0.5), **options), classifier(Dropout(0.5), **options)
    train(by_batches, Endless(data), steps_per_epoch=5, epochs=3, callbacks=callbacks)
    train(by_arrays, *data, batch_size=10, epochs=3, shuffle=False)
    assert same_weights(by_batches, by_arrays)


def test_history_does_not_depend_on_how_fast_batches_come(train, classifier, data):
    def histories():
        for pause in (0, 0.002):
            source = Endless(data)
            waiting = threading.Event()
            slowly = ((waiting.wait(pause), batch)[1] for batch in source)
            yield train(classifier(), slowly, steps_per_epoch=20, epochs=2).history

    fast, slow = histories()
    assert fast == slow


def test_steps_per_execution_of_batches(train, classifier, data):
    seen = []
    hooks = LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_train_batch_end=lambda batch, logs: seen.append(batch),
    )
    train(classifier(steps_per_execution=3), Endless(data), steps_per_epoch=5, callbacks=[hooks])
    assert seen == [0, 2, 3, 4]


def test_batches_of_several_sizes_types_and_weights(train, classifier, data, same_weights):
    x, y = data
    batches = [
        (x[:10], y[:10]),
        (x[10:20], y[10:20]),
        (x[20:25], y[20:25]),
        (x[25:40], y[25:40]),
        (x[40:45].astype(np.float64), y[40:45]),
        (x[45:], y[45:], np.ones(5)),
    ]
    together, one_by_one = classifier(), classifier()
    train(together, iter(batches), steps_per_epoch=6)
    for batch in batches:
        one_by_one.train_on_batch(*batch)
    assert same_weights(together, one_by_one)


def test_a_generator_may_fill_the_same_arrays_again(train, classifier, data, same_weights):
    x, y = np.empty((10, 4), np.float32), np.empty(10, int)

    def refilled():
        for one, other in Endless(data):
            x[:], y[:] = one, other
            yield x, y

    by_refilling, by_arrays = classifier(), classifier()
    train(by_refilling, refilled(), steps_per_epoch=5, epochs=2)
    train(by_arrays, *data, batch_size=10, epochs=2, shuffle=False)
    assert same_weights(by_refilling, by_arrays)


def test_a_generator_that_predicts_sees_the_weights_of_its_step(train, classifier, data):
    def seen_with(callbacks):
        model, seen = classifier(), []

        def source():
            for number, batch in enumerate(Endless(data)):
                if number > 3:
                    seen.append(model.predict(data[0][:1], verbose=0).tolist())
                yield batch

        train(model, source(), steps_per_epoch=12, callbacks=callbacks)
        return seen

    ahead = seen_with([])
    assert len(ahead) == 8
    assert ahead == seen_with([LambdaCallback(on_train_batch_end=lambda batch, logs: None)])
    assert ahead[0] != ahead[1]


def test_an_error_in_a_generator_is_that_of_fit(train, classifier, data):
    model = classifier()

    def source():
        for number, batch in enumerate(Endless(data)):
            if number == 4:
                raise LookupError("no such file")
            yield batch

    with pytest.raises(LookupError, match="no such file") as raised:
        train(model, source(), steps_per_epoch=10)
    assert traceback.extract_tb(raised.value.__traceback__)[-1].line == 'raise LookupError("no such file")'
    assert model.optimizer.iterations == 4


def test_a_bad_batch_is_refused_after_the_good_ones(train, classifier, data):
    model, x = classifier(), data[0].copy()
    x[33, 2] = np.nan
    with pytest.raises(ValueError, match="`x` holds values that are not finite"):
        train(model, Endless((x, data[1])), steps_per_epoch=10)
    assert model.optimizer.iterations == 3


def test_an_interrupt_while_a_generator_is_waited_for(train, classifier, data):
    model, never = classifier(), threading.Event()

    def source():
        for number, batch in enumerate(Endless(data)):
            if number == 3:
                interrupt.start()
                never.wait(20)
            yield batch

    interrupt = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(model, source(), steps_per_epoch=10)
    assert model.optimizer.iterations == 3
    never.set()
    for thread in threading.enumerate():
        if thread.name == "planish-data":
            thread.join(10)


def test_passes_of_an_object_with_items_begin_and_end(train, classifier, data):
    calls = []

    class Batches:
        def __len__(self):
            return 3

        def __getitem__(self, place):
            return data[0][:10], data[1][:10]

        def on_epoch_begin(self):
            note("begin")

        def on_epoch_end(self):
            note("end")

    def note(hook):
        in_main_thread = threading.current_thread() is threading.main_thread()
        calls.append((in_main_thread, hook, int(model.optimizer.iterations)))

    model = classifier()
    train(model, Batches(), epochs=2)
    assert calls == [(True, "begin", 0), (True, "end", 3), (True, "begin", 3), (True, "end", 6)]


def test_an_object_with_items_lasts_for_as_many_epochs_as_are_asked_for(train, classifier, data):
    class Batches:
        def __len__(self):
            return 3

        def __getitem__(self, place):
            return data[0][:10], data[1][:10]

    model = classifier()
    history = train(model, Batches(), steps_per_epoch=3, epochs=4)
    assert (len(history.epoch), model.optimizer.iterations) == (4, 12)


@pytest.mark.parametrize("what", ["evaluate", "predict"])
def test_other_runs_take_no_more_than_their_steps(classifier, data, what):
    source = Endless(data)
    getattr(classifier(), what)(source, steps=4, verbose=0)
    assert source.taken == 4


FROM_A_GENERATOR = """
import sys, threading, time
import numpy as np
from planish.layers import Dense, Input
from planish.models import Sequential
model = Sequential([Input((4,)), Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x, y = np.zeros((32, 4)), np.zeros(32)
model.fit(x, y, verbose=0)

def batches(blocks_at):
    for number in range(10**9):
        if number == 50:
            print("ready", flush=True)
        if number == blocks_at:
            threading.Event().wait()
        yield x, y

try:
    model.fit(batches(int(sys.argv[1])), steps_per_epoch=10**9, verbose=0)
finally:
    def left():  # but for the threads that are kept for the next work
        names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        return [name for name in names if not name.startswith("planish_")]
    until = time.perf_counter() + 2  # a thread that was about to begin needs a moment to see that it is too late
    while left() and time.perf_counter() < until:
        time.sleep(0.01)
    print(int(model.optimizer.iterations) >= 20, *left(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to another process")
@pytest.mark.parametrize(("blocks_at", "left"), [(10**9, ["True"]), (60, ["True", "planish-data"])])
def test_ctrl_c_ends_the_process(blocks_at, left):
    """The thread is gone, or, if the generator blocks for ever, does not keep the process alive."""
    command = [sys.executable, "-c", FROM_A_GENERATOR, str(blocks_at)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    sent = time.perf_counter()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.perf_counter() - sent < 5
    assert out.split() == left
    assert err.endswith("KeyboardInterrupt\n")
