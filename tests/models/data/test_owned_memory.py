"""What compiled training writes to is the model's own memory, wherever the values came from."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import planish
from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from planish.models import Sequential

ROOT = Path(__file__).parents[3]


def trained(**options):
    planish.utils.set_random_seed(1)
    layers = [Conv2D(3, 3), BatchNormalization(), Flatten(), Dense(5, activation="softmax")]
    model = Sequential([Input((6, 6, 1)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", **options)
    train(model)
    return model


def images():
    return np.random.default_rng(0).random((40, 6, 6, 1), np.float32), np.arange(40) % 5


def train(model):
    return model.fit(*images(), batch_size=16, shuffle=False, verbose=0).history["loss"]


def variables(model):
    slots = [slot for weight in model.trainable_weights for slot in model.optimizer.slots(weight).values()]
    return [*model.weights, *slots]


def is_own(array):
    flags = array.flags
    return flags.writeable and flags.c_contiguous and array.dtype == np.float32 and array.ctypes.data % 64 == 0


def with_outside_buffers(model, writable=False):
    """The model as it comes out of a pickle whose arrays lie in memory that is somebody else's."""
    buffers = []
    head = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
    contents = [bytes(buffer.raw()) for buffer in buffers]
    outside = [bytearray(content) for content in contents] if writable else contents
    return pickle.loads(head, buffers=outside), outside


def saved(model, tmp_path):
    model.save(tmp_path / "model.keras")
    return planish.models.load_model(tmp_path / "model.keras")


def with_loaded_weights(model, tmp_path):
    model.save_weights(tmp_path / "m.weights.h5")
    model.load_weights(tmp_path / "m.weights.h5")
    return model


def with_read_only_weights(model, tmp_path):
    weights = model.get_weights()
    for array in weights:
        array.flags.writeable = False
    model.set_weights(weights)
    return model


def with_arrays_put_in(model, tmp_path):
    for variable in variables(model):
        variable._array = np.frombuffer(variable.value.tobytes(), np.float32).reshape(variable.shape)
    return model


WAYS = {
    "trained": lambda model, tmp_path: model,
    "pickle": lambda model, tmp_path: pickle.loads(pickle.dumps(model)),
    "outside buffers": lambda model, tmp_path: with_outside_buffers(model)[0],
    "deepcopy": lambda model, tmp_path: copy.deepcopy(model),
    "saved": saved,
    "load_weights": with_loaded_weights,
    "set_weights": with_read_only_weights,
    "put in": with_arrays_put_in,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_array_that_native_code_writes_is_the_variables_own(way, tmp_path):
    expected = train(trained())
    model = WAYS[way](trained(), tmp_path)
    arrays = [variable.value for variable in variables(model)]
    assert all(map(is_own, arrays))
    assert not any(np.shares_memory(one, other) for one in arrays for other in arrays if one is not other)
    assert train(model) == expected


def test_memory_of_others_is_left_as_it_is():
    model, outside = with_outside_buffers(trained(), writable=True)
    before = [bytes(buffer) for buffer in outside]
    train(model)
    assert [bytes(buffer) for buffer in outside] == before


def test_a_shallow_copy_of_a_variable_has_memory_of_its_own():
    variable = trained().weights[0]
    other = copy.copy(variable)
    other.assign(np.zeros(other.shape))
    assert variable.numpy().any()
    assert not other.numpy().any()


MAPPED = """
import mmap, pickle, tempfile
import numpy as np
from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from planish.models import Sequential
model = Sequential([Input((6, 6, 1)), Conv2D(3, 3), BatchNormalization(), Flatten(), Dense(5, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x, y = np.random.default_rng(0).random((40, 6, 6, 1), np.float32), np.arange(40) % 5
def train(model):
    return model.fit(x, y, batch_size=16, shuffle=False, verbose=0).history["loss"]
train(model)
buffers = []
head = pickle.dumps(model, protocol=5, buffer_callback=buffers.append)
with tempfile.TemporaryFile() as file:
    places = []
    for buffer in buffers:
        file.write(bytes(-file.tell() % 64 + 1))  # not even aligned to its elements
        places.append((file.tell(), file.tell() + buffer.raw().nbytes))
        file.write(buffer.raw())
    file.flush()
    pages = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    mapped = pickle.loads(head, buffers=[pages[start:stop] for start, stop in places])
    assert train(mapped) == train(model), "another result"
    mapped.set_weights(model.get_weights())
    assert mapped.train_on_batch(x, y) == model.train_on_batch(x, y)
"""


def test_a_model_from_a_file_that_is_mapped_read_only_trains():
    finished = subprocess.run([sys.executable, "-c", MAPPED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr  # -11: killed, as native code wrote to the mapped pages


def test_a_pickle_whose_array_has_another_shape_is_refused():
    variable = trained().weights[0]
    state = {**variable.__getstate__(), "_array": np.zeros((1, 1, 1, 1), np.float32)}
    with pytest.raises(ValueError, match=r"weight '.*/kernel': the copy or pickle holds an array of another shape"):
        copy.copy(variable).__setstate__(state)


@pytest.mark.parametrize("values", [["a", "b", "c"], [1j, 2, 3], np.array([object()] * 3)])
def test_what_is_not_numbers_is_refused_and_nothing_is_assigned(values):
    model = trained()
    before = model.get_weights()
    with pytest.raises(TypeError, match="does not hold plain numbers\n  expected: floats, integers or booleans\n"):
        model.set_weights([np.zeros_like(before[0]), values, *before[2:]])
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def test_sample_weights_in_memory_that_is_not_aligned():
    weights = np.linspace(1, 2, 40, dtype=np.float32)
    unaligned = np.frombuffer(b"x" + weights.tobytes(), np.uint8)[1:].view(np.float32)
    assert not unaligned.flags.aligned
    x, y = images()
    losses = [trained().fit(x, y, sample_weight=each, verbose=0).history["loss"] for each in (weights, unaligned)]
    assert losses[0] == losses[1]
