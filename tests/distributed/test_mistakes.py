"""What cannot be predicted over workers is told by name, before anything is computed where that is possible."""

import os
import sys
import types

import dask.array as da
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

import planish
from planish.distributed import clients, predict
from planish.layers import BatchNormalization, Dense, Flatten, Input
from tests.distributed.stored import as_npy, as_zarr, fixed_lists


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def unknown_length():
    x = da.zeros((6, 8, 9), chunks=3)
    return x[x[:, 0, 0] == 0]


@pytest.mark.parametrize(
    ("data", "options", "error", "text"),
    [
        (lambda: da.zeros((5, 32, 32)), {}, ValueError, "`data` holds images of 32x32x1, but the model takes 8x9x1"),
        (lambda: da.zeros((5, 8, 9), dtype=complex), {}, TypeError, "`data` does not hold plain numbers"),
        (unknown_length, {}, ValueError, "shape of `data` is not known\n.*\n.*\n  remedy: .*compute_chunk_sizes"),
        (lambda: 5, {}, TypeError, "`data` is not data that workers can read\n  expected: a Dask array, or the path"),
        (lambda: "absent.npy", {}, FileNotFoundError, "there is no file '.*absent.npy'"),
        (lambda: "s3://bucket/x.npy", {}, ValueError, "is an address, not a path"),
        (lambda: np.zeros((5, 8, 9)), {"client": "tcp://a:1"}, TypeError, r"remedy:   client=Client\('tcp://a:1'\)"),
        (
            lambda: np.zeros((5, 8, 9)),
            {"to": "y.csv"},
            ValueError,
            "expected: a path that ends in '.zarr' or '.parquet'",
        ),
        (
            lambda: np.zeros((5, 8, 9)),
            {"to": "a/y.zarr"},
            FileNotFoundError,
            r"there is no folder '.*a' to write into\n.*\n  remedy: .*os.makedirs\('.*a'\)",
        ),
        (lambda: np.zeros((5, 8, 9)), {"batch_size": 0}, ValueError, "`batch_size`"),
        (lambda: np.zeros((0, 8, 9)), {}, ValueError, "`data` holds no images"),
    ],
)
def test_mistakes_are_told_before_anything_is_computed(model, data, options, error, text):
    with pytest.raises(error, match=text):
        predict(model, data(), **options)


def test_files_that_are_not_images(model, images):
    np.savez("x.npz", x=images)
    np.save("objects.npy", np.array([{}, {}]), allow_pickle=True)
    with open("cut.npy", "wb") as file, open(as_npy(images), "rb") as whole:
        file.write(whole.read(400))
    with open("no.parquet", "wb") as file:
        file.write(b"PAR1 and so on")
    zarr.open_group("group.zarr", mode="w").create_array("inner", shape=(3, 8, 9), dtype="u1")
    os.mkdir("empty")
    pq.write_table(pa.table({"image": [[1, 2], [3]], "other": ["a", "b"]}), "short.parquet")
    pq.write_table(pa.table({"image": [[1] * 72, None]}), "null.parquet")
    for name, text in (
        ("x.npz", r"remedy:   np.save\('x.npy', np.load\('x.npz'\)\['x'\]\)"),
        ("objects.npy", "is damaged, or holds something that is not an array of numbers"),
        ("cut.npy", "is damaged"),
        ("no.parquet", "is not a Parquet file, or is damaged"),
        ("group.zarr", "is a group of Zarr arrays\n.*\n  received: 'inner'\n  remedy:   '.*group.zarr/inner'"),
        ("empty", "there are no pictures in '.*empty'\n.*\n  received: an empty folder"),
        ("short.parquet", "row 0 of column 'image' of '.*' does not hold an image.*\n  expected: 72 numbers: 8 x 9"),
        ("null.parquet", "row 1 of column 'image' of '.*' is empty"),
    ):
        with pytest.raises(ValueError, match=text):
            predict(model, name).compute()


def test_rows_of_nested_lists_that_are_not_images(model, images):
    nested = [image.tolist() for image in images[:5]]
    rows = nested[3]
    for place, (wrong, text) in enumerate(
        (
            ([None, *rows[1:]], "some that are missing"),
            ([[None] * 9, *rows[1:]], "some that are missing"),
            ([[*rows[0][:8]], [*rows[1], 1], *rows[2:]], "has lists of different lengths in it"),
            (rows[:7], "63 numbers"),
            ([], "0 numbers"),
        )
    ):
        path = f"{place}.parquet"
        pq.write_table(pa.table({"image": pa.array([*nested[:3], wrong, nested[4]])}), path)
        with pytest.raises(ValueError, match=rf"row 3 of column 'image' of '.*'(.|\n)*{text}"):
            predict(model, path).compute()
    pq.write_table(pa.table({"image": pa.array(nested)}), "right.parquet")
    np.testing.assert_array_equal(predict(model, "right.parquet").compute(), model.predict(images[:5], verbose=0))


@pytest.mark.parametrize("name", ["..", "a/b", "__c"])
def test_outputs_whose_arrays_would_be_somewhere_else(images, name, tmp_path):
    image = Input((8, 9, 1))
    model = planish.Model(image, {name: Dense(2)(Flatten()(image)), "b": Dense(3)(Flatten()(image))})
    with pytest.raises(ValueError, match="cannot be the name of an array in a Zarr store"):
        predict(model, images, to="y.zarr", verbose=0)
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("model.keras",), {}, r"`model` is not a model of planish's\n(.*\n)*  remedy: .*load_model\('model.keras'\)"),
        ((None,), {}, r"`model` is not a model of planish's\n  received: a NoneType"),
        ((), {"reader": 3}, "`reader` is not a function"),
        ((), {"to": 3}, "`to` is not a path\n  received: 3"),
    ],
)
def test_arguments_of_other_kinds(model, images, arguments, options, text):
    with pytest.raises(TypeError, match=text):
        predict(*(arguments or (model,)), images, **options)


def test_columns_that_may_be_meant(model, images):
    pq.write_table(pa.table({"a": fixed_lists(images), "b": fixed_lists(images), "c": range(50)}), "x.parquet")
    with pytest.raises(ValueError, match=r"which column of '.*' holds the images\?\n(.*\n)*  remedy:   column='a'"):
        predict(model, "x.parquet")
    with pytest.raises(ValueError, match=r"unknown column of '.*' 'd'"):
        predict(model, "x.parquet", column="d")
    with pytest.raises(ValueError, match=r"column 'c' of '.*' does not hold images"):
        predict(model, "x.parquet", column="c")
    assert predict(model, "x.parquet", column="b").shape == (50, 4)


def test_a_worker_that_has_just_died_is_not_a_mistake():
    def client(answer):
        return types.SimpleNamespace(
            run=lambda *given, **options: {"tcp://a:1": planish.__version__, "tcp://b:1": answer}
        )

    clients._check_workers(client(OSError("Stream is closed")))
    with pytest.raises(RuntimeError, match="the worker tcp://b:1 does not answer\n  received: ValueError"):
        clients._check_workers(client(ValueError()))


def test_nothing_is_overwritten(model, images):
    os.mkdir("y.zarr")
    with pytest.raises(FileExistsError, match=r"there is something at 'y.zarr' already"):
        predict(model, images, to="y.zarr")


def test_models_whose_images_matter_to_each_other(images):
    image = Input((8, 9, 1))
    model = planish.Model(image, Dense(2)(Flatten()(BatchNormalization()(image, training=True))))
    with pytest.raises(ValueError, match=r"what the model gives for an image depends on the others"):
        predict(model, images)


def test_a_library_that_is_missing(model, images, monkeypatch):
    path = as_zarr(images)
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match=r"need the zarr package.*\n.*\n  remedy:   pip install 'planish\[zarr\]'"):
        predict(model, path)
