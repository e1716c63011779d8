"""What may be passed as data, and how it reaches the loops."""

import ctypes

import numpy as np
import pytest

from planish.models.data.arrays import CHUNK_NBYTES, READABLE, as_array, contiguous_chunks, memory_dtype, readable
from planish.models.data.expected import UNKNOWN, End, Expected
from planish.models.data.held_out import split_off
from planish.models.data.in_memory import as_arrays, as_images
from planish.models.data.streams import Stream, is_stream
from planish.models.data.visits import Visits


class WithArray:
    """What pandas, JAX and PyTorch objects look like to NumPy."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)


class WithDLPack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Batches:
    """Keras's PyDataset, as far as its protocol goes."""

    def __init__(self, count=3):
        self.count = count
        self.ended = 0

    def __len__(self):
        return self.count

    def __getitem__(self, place):
        return np.full((2, 4), place), np.array([place, place])

    def on_epoch_end(self):
        self.ended += 1


@pytest.mark.parametrize("wrap", [WithArray, WithDLPack, np.asarray])
def test_arrays_are_not_copied(wrap):
    array = np.arange(6.0).reshape(2, 3)
    assert np.shares_memory(as_array(wrap(array), "x"), array)


def test_lists_of_lists_and_of_arrays():
    assert as_array([[1, 2], [3, 4]], "x").shape == (2, 2)
    assert as_array([np.zeros((4, 3)), np.ones((4, 3))], "x").shape == (2, 4, 3)


def test_a_memory_mapped_file_is_not_read(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(12.0).reshape(3, 4))
    mapped = np.load(path, mmap_mode="r")
    assert np.shares_memory(as_array(mapped, "x"), mapped)
    assert readable(as_array(mapped, "x")) is not None


@pytest.mark.parametrize("dtype", sorted(READABLE, key=str))
def test_a_program_reads_these_as_they_are(dtype):
    array = np.zeros((2, 3), dtype)
    assert readable(array) is array
    assert memory_dtype(dtype) == dtype


@pytest.mark.parametrize(
    ("dtype", "expected"), [(">f4", "f4"), (">f8", "f8"), (">i2", "i2"), (np.longdouble, "f8"), (">f2", "f2")]
)
def test_other_number_types_are_converted(dtype, expected):
    if np.dtype(dtype).itemsize == 8 and dtype is np.longdouble:
        expected = "f8"
    array = np.arange(6).reshape(2, 3).astype(dtype)
    assert readable(array).dtype == np.dtype(expected)
    np.testing.assert_array_equal(readable(array), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
        np.arange(48.0).reshape(2, 3, 8)[..., ::2],
        np.arange(24.0).reshape(2, 3, 4)[::-1],
        np.arange(24.0).reshape(4, 3, 2).T,
        np.broadcast_to(np.arange(4.0), (2, 3, 4)),
    ],
)
def test_chunks_of_any_layout_are_contiguous_and_complete(array):
    pieces = [(start, piece) for start, (piece,) in contiguous_chunks([array], nbytes=1)]
    assert [start for start, _ in pieces] == list(range(len(array)))
    assert all(piece.flags.c_contiguous for _, piece in pieces)
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in pieces]), array)


def test_chunks_are_small():
    array = np.zeros((40_000, 784), np.uint8)[:, ::-1]
    sizes = [piece.nbytes for _, (piece,) in contiguous_chunks([array])]
    assert max(sizes) <= CHUNK_NBYTES
    assert sum(sizes) == array.nbytes


def test_keras_lists_of_one_input_and_one_output():
    x, y = np.zeros((5, 8, 8, 1)), np.zeros(5)
    data = as_arrays([x], [y], expected=Expected((End(x.shape[1:]),)))
    assert data.inputs[0] is x
    assert data.targets[0] is y
    assert as_images([np.zeros((8, 8, 1))], End((8, 8, 1))).shape == (1, 8, 8, 1)


def test_sample_weights_keep_their_digits_for_models_of_any_precision():
    data = as_arrays(np.zeros((3, 2)), np.zeros(3), [[1], [2], [3]])
    (weight,) = data.weights
    assert weight.dtype == np.float64
    assert weight.tolist() == [1, 2, 3]


def test_splitting_gives_views_of_the_first_and_last_rows():
    x, y = np.arange(10.0).reshape(10, 1), np.arange(10)
    train, validation = split_off(as_arrays(x, y), 0.3)
    assert (train.targets[0].tolist(), validation.targets[0].tolist()) == (list(range(7)), [7, 8, 9])
    assert np.shares_memory(train.inputs[0], x)
    assert np.shares_memory(validation.inputs[0], x)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.zeros(3), False),
        ([1, 2], False),
        (WithArray(np.zeros(3)), False),
        (WithDLPack(np.zeros(3)), False),
        ("text", False),
        ({"a": 1}, False),
        ((i for i in range(3)), True),
        (Batches(), True),
        (range(3), True),
    ],
)
def test_what_supplies_batches(value, expected):
    assert is_stream(value) == expected


def epochs_of(stream, count, random=None):
    return [[int(batch.targets[0][0]) for batch in stream.epoch(random)] for _ in range(count)]


def pairs(numbers):
    return ((np.full((2, 4), number), np.array([number, number])) for number in numbers)


def test_an_object_with_items_starts_again_every_epoch():
    source = Batches()
    stream = Stream(source, UNKNOWN)
    assert stream.steps == 3
    assert epochs_of(stream, 2) == [[0, 1, 2], [0, 1, 2]]
    assert source.ended == 2


def test_an_object_with_items_is_shuffled():
    seen = epochs_of(Stream(Batches(20), UNKNOWN), 2, np.random.default_rng(0))
    assert sorted(seen[0]) == list(range(20))
    assert seen[0] != seen[1] != list(range(20))


def test_an_object_with_items_and_fewer_steps_goes_on_to_the_end_of_the_pass():
    assert epochs_of(Stream(Batches(), UNKNOWN, steps=2), 3) == [[0, 1], [2], [0, 1]]


def test_a_generator_goes_on():
    assert epochs_of(Stream(pairs(range(6)), UNKNOWN, steps=2), 4) == [[0, 1], [2, 3], [4, 5], []]


def test_a_generator_without_steps_is_one_epoch():
    assert epochs_of(Stream(pairs(range(3)), UNKNOWN), 2) == [[0, 1, 2], []]


def test_an_iterable_starts_again():
    class Loader:
        def __iter__(self):
            return pairs(range(2))

    assert epochs_of(Stream(Loader(), UNKNOWN), 2) == [[0, 1], [0, 1]]


def test_a_peek_takes_nothing_away():
    stream = Stream(pairs(range(3)), UNKNOWN)
    assert stream.peek()[0, 0] == 0
    assert epochs_of(stream, 1) == [[0, 1, 2]]


def test_batches_may_be_images_alone_or_have_weights():
    (alone,) = Stream(iter([np.zeros((2, 4))]), UNKNOWN).epoch()
    assert (alone.targets, alone.weights) == ((None,), (None,))
    (weighted,) = Stream(iter([[np.zeros((2, 4)), [0, 1], [0.5, 2]]]), UNKNOWN).epoch()
    assert weighted.weights[0].tolist() == [0.5, 2]


def test_num_batches_is_believed():
    class WithNumber(Batches):
        num_batches = 2

    assert epochs_of(Stream(WithNumber(), UNKNOWN), 1) == [[0, 1]]


def test_every_row_is_visited_once_an_epoch():
    visits = Visits(10, 4, np.random.default_rng(0), None)
    first, second = (visits.epoch().tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_rows_are_visited_in_order_without_shuffling():
    assert Visits(5, 2, None, None).epoch().tolist() == [0, 1, 2, 3, 4]


def test_epochs_with_given_steps_go_on_where_the_last_one_stopped():
    visits = Visits(5, 2, None, 2)
    assert [visits.epoch().tolist() for _ in range(3)] == [[0, 1, 2, 3], [4], [0, 1, 2, 3]]
    longer = Visits(5, 2, None, 4)
    assert [longer.epoch().tolist() for _ in range(2)] == [[0, 1, 2, 3, 4]] * 2


def test_unaligned_memory():
    buffer = (ctypes.c_char * 33)()
    array = np.frombuffer(buffer, np.float32, count=8, offset=1)
    assert readable(array).flags.aligned
