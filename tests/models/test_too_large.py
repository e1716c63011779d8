"""What is larger than the machine's memory is refused, with its sizes, before memory is asked for."""

import numpy as np
import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten
from planish_runtime import memory
from planish_runtime.buffers import aligned_buffer


@pytest.fixture(autouse=True)
def _small_machine(monkeypatch):
    monkeypatch.setattr(memory, "machine_nbytes", lambda: 10**9)


@pytest.fixture
def no_memory(monkeypatch):
    made = memory.aligned_zeros

    def refuse(shape, dtype):
        assert np.prod([float(extent) for extent in shape]) < 10**8, f"memory for {shape} was asked for"
        return made(shape, dtype)

    monkeypatch.setattr(memory, "aligned_zeros", refuse)


@pytest.mark.parametrize(
    ("units", "received"),
    [(100_000, "40.0 GB: 100,000 x 100,000"), (10**15, "400,000,000,000.0 GB: 100,000 x 1,000,000,000,000,000")],
)
def test_a_dense_layer_is_refused_by_name_and_size(units, received, no_memory):
    model = keras.Sequential([keras.Input((100_000,)), Dense(units, name="wide")])
    model.compile("adam", "mse")
    x = np.zeros((1, 100_000), np.float32)
    for use in (lambda: model.predict(x, verbose=0), lambda: model.predict_on_batch(x), model.get_weights):
        with pytest.raises(MemoryError, match=r"'wide/kernel' is larger than the memory") as caught:
            use()
        assert received in str(caught.value)
        assert "at most 1.0 GB" in str(caught.value)
        assert "batch_size" not in str(caught.value)  # would not help


def test_training_is_refused_likewise(no_memory):
    model = keras.Sequential([keras.Input((8, 8, 1)), Flatten(), Dense(10**8)])
    model.compile("adam", "mse")
    with pytest.raises(MemoryError, match=r"25\.6 GB: 64 x 100,000,000"):
        model.fit(np.zeros((2, 8, 8, 1), np.float32), np.zeros((2, 1), np.float32), verbose=0)


def test_a_map_is_refused_before_anything_is_compiled():
    model = keras.Sequential([keras.Input((64, 64, 1)), Conv2D(10**6, 1)])
    with pytest.raises(MemoryError, match=r"a value of one image[\s\S]*16.4 GB: 64 x 64 x 1,000,000"):
        model.predict(np.zeros((1, 64, 64, 1), np.float32), verbose=0)


def test_a_model_of_that_size_can_be_looked_at():
    model = keras.Sequential([keras.Input((100_000,)), Dense(100_000)])
    assert model.count_params() == 10_000_100_000


def test_working_memory_that_no_machine_has():
    with pytest.raises(MemoryError, match="not enough memory for this model"):
        aligned_buffer(2**70)
