"""`planish.distributed.predict` with Dask's scheduler in this process: the same bits as `predict`, whatever is read."""

import os
import pickle
import types

import dask
import dask.array as da
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

import planish
from planish.distributed import images as images_of
from planish.distributed import model_copy, predict, worker, writing
from planish.layers import Flatten, Input, Lambda
from planish.models import Sequential
from planish.utils import image_dataset_from_directory
from tests.distributed.stored import (
    as_folder_of_parquet,
    as_npy,
    as_npy_in_columns,
    as_parquet,
    as_parquet_of_small_groups,
    as_zarr,
    folder_of,
    png,
)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


SOURCES = (
    lambda images: da.from_array(images, chunks=(11, 5, 9)),
    lambda images: images,
    *(as_npy, as_npy_in_columns, as_zarr, as_parquet, as_parquet_of_small_groups, as_folder_of_parquet),
)


@pytest.mark.parametrize("batch_size", [7, None])
@pytest.mark.parametrize("source", SOURCES)
def test_outputs_are_those_of_predict_in_their_order(model, images, expected, source, batch_size):
    outputs = predict(model, source(images), batch_size=batch_size)
    assert (outputs.shape, outputs.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(outputs.compute(), expected)


def test_files_are_read_and_computed_in_one_task_for_each_part(model, images):
    outputs = predict(model, as_npy(images), batch_size=10)
    (optimized,) = dask.optimize(outputs)
    tasks = {key[0] for key in optimized.__dask_graph__() if isinstance(key, tuple)}
    assert tasks == {outputs.name}
    assert outputs.chunks == ((10,) * 5, (4,))


def test_nothing_is_read_before_it_is_asked_for(model, images, expected):
    path = as_npy(images)
    outputs = predict(model, path, batch_size=10)
    os.rename(path, "elsewhere.npy")
    with pytest.raises(FileNotFoundError, match=r"a worker cannot open '.*x.npy'\n  rule: .*the same path"):
        outputs.compute()
    os.rename("elsewhere.npy", path)
    np.testing.assert_array_equal(outputs[13:15].compute(), expected[13:15])


def test_a_file_that_has_changed_is_not_taken_for_the_one_before(model, images):
    outputs = predict(model, as_npy(images))
    as_npy(images[:9])
    with pytest.raises(
        ValueError, match=r"is not what it was when `predict` was called\n  expected: \(50, 8, 9\), uint8"
    ):
        outputs.compute()


def test_images_may_be_changed_first(model, images):
    outputs = predict(model, images_of(as_npy(images), 8) / np.float32(255))
    np.testing.assert_array_equal(outputs.compute(), model.predict(images / np.float32(255), verbose=0))


def test_outputs_are_those_of_the_weights_at_the_time_of_the_call(model, images, expected):
    copied = pickle.loads(pickle.dumps(model))
    outputs = predict(copied, images, batch_size=25)
    copied.set_weights([weight + 1 for weight in copied.get_weights()])
    np.testing.assert_array_equal(outputs.compute(), expected)


# ---------------------------------------------------------------------- pictures


def test_a_folder_of_pictures_is_read_as_keras_reads_it(model, images):
    folder = folder_of(images[:12])
    data = image_dataset_from_directory(
        folder, labels=None, shuffle=False, image_size=(8, 9), color_mode="grayscale", verbose=False
    )
    np.testing.assert_array_equal(predict(model, folder, batch_size=5).compute(), model.predict(data, verbose=0))
    some = [data.file_paths[7], data.file_paths[2]]
    expected = model.predict(data, verbose=0)[[7, 2]]
    np.testing.assert_array_equal(predict(model, some).compute(), expected)


def test_a_reader_of_ones_own(model, images):
    folder = folder_of(images[:4])
    outputs = predict(model, folder, reader=lambda path: np.full((8, 9), int(os.path.basename(path)[:2]), np.uint8))
    order = np.array([0, 2, 1, 3], np.uint8)  # folder by folder
    same = np.broadcast_to(order[:, None, None], (4, 8, 9))
    np.testing.assert_array_equal(outputs.compute(), model.predict(np.array(same), verbose=0))


def test_pictures_of_a_model_that_planish_trained_are_averaged_where_they_become_smaller():
    copied = Sequential([Input((8, 9, 1)), Flatten()])
    stripes = np.zeros((80, 90), np.uint8)
    stripes[:, 5::10] = stripes[:, 4::10] = 255
    folder = folder_of([stripes])
    picked = predict(copied, folder).compute()
    copied.notes["smoothed"] = True
    assert not np.array_equal(predict(copied, folder).compute(), picked)


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: {"bytes": data, "path": None}])
def test_encoded_pictures_in_a_table(model, images, wrap):
    pq.write_table(pa.table({"image": [wrap(png(image)) for image in images[:9]], "label": range(9)}), "x.parquet")
    expected = model.predict(images[:9].astype(np.float32), verbose=0)
    np.testing.assert_array_equal(predict(model, "x.parquet", batch_size=4).compute(), expected)


# ---------------------------------------------------------------------- several inputs and outputs


def test_several_inputs_and_outputs(two_ended, images):
    numbers = np.random.default_rng(1).random((50, 2), np.float32)
    expected = two_ended.predict([images, numbers], verbose=0)
    for data in ([as_npy(images), da.from_array(numbers, chunks=(9, 2))], {"numbers": numbers, "image": images}):
        outputs = predict(two_ended, data, batch_size=20)
        (computed,) = dask.compute(outputs)
        assert set(computed) == {"scores", "maps"}
        for name, array in computed.items():
            assert outputs[name].shape == array.shape
            np.testing.assert_array_equal(array, expected[name])


def test_inputs_of_different_lengths(two_ended, images):
    with pytest.raises(ValueError, match=r"`data\[0\]` and `data\[1\]` differ in length"):
        predict(two_ended, [images, da.zeros((49, 2))])


# ---------------------------------------------------------------------- written


def test_outputs_are_written_as_zarr(model, images, expected):
    assert predict(model, as_npy(images), to="y.zarr", batch_size=12, verbose=0) == os.path.abspath("y.zarr")
    np.testing.assert_array_equal(zarr.open("y.zarr")[:], expected)
    assert sorted(os.listdir()) == ["x.npy", "y.zarr"]


def test_outputs_of_blocks_of_any_sizes_are_written_as_zarr(model, images, expected):
    predict(model, da.from_array(images, chunks=((10, 4, 6, 30), 8, 9)), to="y.zarr", verbose=0)
    np.testing.assert_array_equal(zarr.open("y.zarr")[:], expected)
    assert zarr.open("y.zarr").chunks == (2, 4)


def test_outputs_are_written_as_parquet(model, images, expected):
    predict(model, as_npy(images), to="y.parquet", batch_size=12, verbose=0)
    table = pq.read_table("y.parquet")
    assert table.column_names == ["scores"]
    np.testing.assert_array_equal(np.stack(table["scores"].to_numpy()), expected)
    np.testing.assert_array_equal(
        predict(Sequential([Input((4,)), Flatten()]), "y.parquet", column="scores").compute(), expected
    )


@pytest.mark.parametrize("to", ["y.zarr", "y.parquet"])
def test_each_of_several_outputs_is_written_under_its_name(two_ended, images, to):
    numbers = np.zeros((50, 2), np.float32)
    expected = two_ended.predict([images, numbers], verbose=0)
    predict(two_ended, [images, numbers], to=to, batch_size=20, verbose=0)
    for name, array in expected.items():
        held = zarr.open(to)[name][:] if to == "y.zarr" else np.stack(pq.read_table(to)[name].to_numpy())
        np.testing.assert_array_equal(held.reshape(array.shape), array)


def test_the_bar_is_dasks_own(model, images, capsys):
    predict(model, images, to="y.zarr")
    assert "100% Completed" in capsys.readouterr().out


def test_what_failed_leaves_nothing_behind(model, images):
    folder = folder_of(images[:6])
    with open(f"{folder}/1/05.png", "wb") as file:
        file.write(png(images[0])[:-30])
    with pytest.raises(ValueError, match=r"05.png' is damaged or cut short"):
        predict(model, folder, to="y.zarr", batch_size=2, verbose=0)
    assert os.listdir() == ["pictures"]


def test_what_is_still_written_after_a_failure_is_removed_too(tmp_path, monkeypatch):
    left = iter(range(3))

    def sleep(seconds):
        if next(left, None) is not None:  # a task that had begun writes on
            os.makedirs(tmp_path / "y.zarr.unfinished" / "c")

    monkeypatch.setattr(writing.time, "sleep", sleep)
    writing._remove(str(tmp_path / "y.zarr.unfinished"))
    assert os.listdir(tmp_path) == []


# ---------------------------------------------------------------------- too little memory


def short_of_memory(monkeypatch, most):
    whole = worker._outputs

    def outputs(model, inputs):
        if len(inputs[0]) > most:
            raise MemoryError
        return whole(model, inputs)

    monkeypatch.setattr(worker, "_outputs", outputs)


def test_where_memory_does_not_suffice_fewer_images_are_computed_at_once(model, images, expected, monkeypatch):
    short_of_memory(monkeypatch, most=4)
    np.testing.assert_array_equal(predict(model, images, batch_size=25).compute(), expected)


def test_where_memory_does_not_suffice_for_an_image_the_error_says_so(model, images, monkeypatch):
    short_of_memory(monkeypatch, most=0)
    with pytest.raises(
        MemoryError, match=r"does not have the memory for a single image\n.*\n  remedy: .*--memory-limit"
    ):
        predict(model, images).compute()


@pytest.mark.parametrize("most", [8, 0])
def test_where_workers_die_parts_become_smaller(model, images, expected, monkeypatch, most):
    from distributed import KilledWorker

    computed, tried = writing._computed, []

    def dying(written, client, shown):
        tried.append(len(images) // written.numblocks[0])
        if tried[-1] > most:
            raise KilledWorker("part", types.SimpleNamespace(address="tcp://a:1"), allowed_failures=3)
        computed(written, client, shown)

    monkeypatch.setattr(writing, "_computed", dying)
    if most:
        predict(model, images, to="y.zarr", batch_size=25, verbose=0)
        np.testing.assert_array_equal(zarr.open("y.zarr")[:], expected)
    else:
        with pytest.raises(MemoryError, match=r"workers were killed while they computed"):
            predict(model, images, to="y.zarr", batch_size=25, verbose=0)
        assert os.listdir() == []
    assert tried == [25, 5, 1][: len(tried)]


def test_a_task_computes_on_the_threads_of_its_worker(model, images, monkeypatch):
    used, whole = [], worker._outputs

    def outputs(model, inputs):
        used.append(planish.get_num_threads())
        return whole(model, inputs)

    monkeypatch.setattr(worker, "_outputs", outputs)
    here = types.SimpleNamespace(state=types.SimpleNamespace(nthreads=3), memory_manager=None)
    monkeypatch.setattr(worker.room, "this_worker", lambda: here)
    before = planish.get_num_threads()
    predict(model, images).compute()
    monkeypatch.setenv("PLANISH_NUM_THREADS", "5")
    predict(model, images).compute()
    monkeypatch.delenv("PLANISH_NUM_THREADS")
    assert used == [3, 5]
    assert planish.get_num_threads() == before


# ---------------------------------------------------------------------- the model's way


def test_a_copy_is_unpacked_once_and_named_by_what_it_is(model):
    copy = model_copy.ModelCopy.of(model)
    assert model_copy.ModelCopy.of(model).digest == copy.digest
    assert copy.model() is pickle.loads(pickle.dumps(copy, protocol=5)).model()
    other = pickle.loads(pickle.dumps(model))
    other.layers[-1].bias.assign(np.ones(4))
    assert model_copy.ModelCopy.of(other).digest != copy.digest


def test_weights_travel_outside_of_pickles(model):
    buffers = []
    head = pickle.dumps(model_copy.ModelCopy.of(model), protocol=5, buffer_callback=buffers.append)
    assert sum(buffer.raw().nbytes for buffer in buffers) == 4 * model.count_params()
    assert pickle.loads(head, buffers=[bytes(buffer.raw()) for buffer in buffers]) == model_copy.ModelCopy.of(model)


def test_what_only_training_needs_stays_at_home(model, images):
    trained = pickle.loads(pickle.dumps(model))
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.fit(images, np.zeros(50), verbose=0)
    copy = model_copy.ModelCopy.of(trained)
    assert len(copy.buffers) == len(trained.weights)
    assert not copy.model().compiled
    assert trained.compiled


def test_models_with_functions_of_the_users_script(images):
    twice = Sequential([Input((8, 9)), Lambda(lambda x: 2 * x), Flatten()])
    np.testing.assert_array_equal(predict(twice, images).compute(), 2.0 * images.reshape(50, -1))


def test_a_copy_of_another_version_is_refused(model, monkeypatch):
    copy = model_copy.ModelCopy.of(model)
    monkeypatch.setattr(model_copy, "_kept", type(model_copy._kept)())
    monkeypatch.setattr(planish, "__version__", "99.0")
    with pytest.raises(
        RuntimeError, match=r"another version on this worker.*\n.*\n  expected: 0.1.0\n  received: 99.0"
    ):
        copy.model()
