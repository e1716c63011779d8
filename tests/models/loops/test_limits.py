"""Memory that does not grow, copies that stay small, Ctrl-C, and what is said when memory is not enough."""

import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import planish
from planish.callbacks import LambdaCallback
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential

ROOT = Path(__file__).parents[3]

MODEL = """
import numpy as np
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
model = Sequential([Input((28, 28, 1)), Conv2D(4, 3), MaxPooling2D(), Flatten(), Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
"""


def in_a_fresh_process(code):
    """What the program prints, as a number."""
    run = subprocess.run([sys.executable, "-c", MODEL + code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(run.stdout)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measures what Linux tells about the process")
def test_memory_stays_flat_over_many_calls():
    grown = in_a_fresh_process("""
from pathlib import Path
def resident():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])
x, y = np.zeros((64, 28, 28, 1)), np.zeros(64)
def use(count):
    for _ in range(count):
        model.predict(x[:1], verbose=0)
    for _ in range(count // 500):
        model.fit(x, y, verbose=0, validation_split=0.25)
        model.predict(x, verbose=0, batch_size=8, callbacks=[])
use(2000)
before = resident()
use(5000)
print(resident() - before)
""")
    assert grown < 5e6


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read from getrusage")
def test_predicting_does_not_copy_the_data():
    peak = in_a_fresh_process("""
import resource
import sys
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
x = np.ones((20000, 28, 28, 1))
layouts = [x, np.asfortranarray(x), x[:, ::-1], x.astype(">f8")]
for images in layouts:
    model.predict(images[:1], verbose=0)
before = peak()
for images in layouts:
    model.predict(images, verbose=0)
print(peak() - before)
""")
    assert peak < 40e6


def peak_of_fit(x):
    """Bytes that NumPy and Python hold at the most during an epoch, beside the data."""
    model = Sequential([Input((64, 64, 1)), MaxPooling2D(8), Flatten(), Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    y = np.zeros(len(x), int)
    model.fit(x[:64], y[:64], verbose=0)
    tracemalloc.start()
    try:
        model.fit(x, y, verbose=0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["u1", "f2", "f4", "f8", "i8"])
@pytest.mark.parametrize("mapped", [False, True])
def test_fitting_does_not_copy_the_data(dtype, mapped, tmp_path):
    x = np.zeros((40_000_000 // (4096 * np.dtype(dtype).itemsize), 64, 64, 1), dtype)
    if mapped:
        np.save(tmp_path / "x.npy", x)
        x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert peak_of_fit(x) < 5e6


@pytest.mark.parametrize("layout", [lambda x: x[:, ::-1], lambda x: x.view(">f4")])
def test_fitting_converts_piece_by_piece(layout):
    x = np.zeros((12_000, 64, 64, 1), np.float32)
    assert peak_of_fit(layout(x)) < 0.4 * x.nbytes


@pytest.mark.parametrize("layout", [lambda x: x[:, ::-1], np.asfortranarray, lambda x: x.astype(">f4")])
def test_converted_pieces_train_to_the_same_bits(layout):
    weights = []
    x = np.random.default_rng(0).random((3000, 28, 28, 1), np.float32)
    for images in (layout(x), np.ascontiguousarray(layout(x), np.float32)):
        planish.utils.set_random_seed(1)
        model = Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(images, np.arange(3000) % 10, epochs=2, verbose=0)
        weights.append(model.get_weights()[0])
    assert (weights[0] == weights[1]).all()


LONG_EPOCH = """
import time
import numpy as np
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
model = Sequential([Input((28, 28, 1)), Conv2D(16, 3), MaxPooling2D(), Flatten(), Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x, y = np.zeros((1_000_000, 28, 28, 1), np.uint8), np.zeros(1_000_000, np.uint8)
model.fit(x[:64], y[:64], verbose=0)
print("ready", flush=True)
try:
    model.fit(x, y, verbose=0)
except KeyboardInterrupt:
    print("returned", flush=True)
steps = int(model.optimizer.iterations)
before = time.process_time()
time.sleep(0.2)
busy = time.process_time() - before > 0.1
model.fit(x[:64], y[:64], verbose=0)
print(steps, int(model.optimizer.iterations) - steps, busy, np.isfinite(model.predict(x[:1], verbose=0)).all())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to another process")
def test_ctrl_c_in_a_long_epoch_without_callbacks():
    process = subprocess.Popen([sys.executable, "-c", LONG_EPOCH], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    sent = time.perf_counter()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "returned\n"
    seconds = time.perf_counter() - sent
    rest, _ = process.communicate(timeout=60)
    steps, after, busy, usable = rest.split()
    assert 2 < int(steps) < 31_250
    assert (after, busy, usable) == ("2", "False", "True")
    assert seconds < 0.5


def test_out_of_memory_says_how_much_was_asked_for():
    model = Sequential([Input((2,)), Dense(3)])
    x = np.broadcast_to(np.zeros((1, 2), np.float32), (1 << 42, 2))
    message = (
        "out of memory\n"
        "  received: 4,398,046,511,104 images of float32, 33,554,432 MiB, outputs 50,331,648 MiB\n"
        "            Unable to allocate 48.0 TiB for an array with shape (4398046511104, 3) and data type float32\n"
        "  remedy:   pass the data in parts or as a generator, as float32 or uint8 in C order, or lower batch_size"
    )
    with pytest.raises(MemoryError, match=re.escape(message)):
        model.predict(x, verbose=0)
    model.predict(x[:1], verbose=0)
    with pytest.raises(MemoryError, match=re.escape(message)):
        model.predict(x, verbose=0)


@pytest.mark.parametrize("callbacks", [[], [LambdaCallback(on_batch_end=lambda batch, logs: None)]])
def test_ctrl_c_stops_at_once_and_leaves_a_usable_model(callbacks):
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3), MaxPooling2D(), Flatten(), Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    x, y = random.random((4000, 12, 12, 1)), random.integers(0, 10, 4000)
    model.fit(x, y, verbose=0)
    interrupted_at = []

    def interrupt():
        interrupted_at.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=10_000, verbose=0, callbacks=callbacks)
    assert time.perf_counter() - interrupted_at[0] < 1
    assert len(model.history.history["loss"]) == len(model.history.epoch)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    before = int(model.optimizer.iterations)
    model.fit(x, y, verbose=0)
    assert model.optimizer.iterations == before + 125
