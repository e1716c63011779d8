"""Ranks that read files: each those of its own images, with the bits of one process that reads all."""

import os
import shutil

import numpy as np
import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, Input, Rescaling
from planish.preprocessing import file_iterators
from planish.preprocessing.image import ImageDataGenerator
from planish.utils import image_dataset_from_directory
from planish.utils.image_reader import ImageReader
from tests.distribution.simulated import on_ranks, same_bits

COUNT = 22


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number in range(COUNT):
        (folder / f"class{number % 2}").mkdir(exist_ok=True)
        image = random.integers(0, 256, (9, 7, 1))
        keras.utils.save_img(str(folder / f"class{number % 2}" / f"{number:02}.png"), image, scale=False)
    return str(folder)


def model_of(*first):
    keras.utils.set_random_seed(1)
    layers = [Rescaling(1 / 255), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")]
    model = keras.Sequential([*first, *layers])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def counted(monkeypatch):
    """The names of the files that this process opens from here on."""
    opened = []

    def read(self, path, original=ImageReader.__call__):
        opened.append(os.path.basename(path))
        return original(self, path)

    def load(path, *arguments, original=file_iterators.load_img):
        opened.append(os.path.basename(path))
        return original(path, *arguments)

    monkeypatch.setattr(ImageReader, "__call__", read)
    monkeypatch.setattr(file_iterators, "load_img", load)
    return opened


def folder_of(pictures, **given):
    arguments = {"image_size": (8, 8), "color_mode": "grayscale", "batch_size": 6, "seed": 3, "verbose": False}
    return image_dataset_from_directory(pictures, **{**arguments, **given})


def generator_of(pictures, **given):
    made = ImageDataGenerator(horizontal_flip=True, channel_shift_range=9.0)
    arguments = {"target_size": (8, 8), "color_mode": "grayscale", "class_mode": "sparse", "batch_size": 6, "seed": 3}
    return made.flow_from_directory(pictures, **{**arguments, **given})


def prefetched(pictures):
    return folder_of(pictures).prefetch(2)


def table_of(pictures):
    names = sorted(
        os.path.join(kind, name) for kind in os.listdir(pictures) for name in os.listdir(f"{pictures}/{kind}")
    )
    table = {"filename": names, "class": [os.path.dirname(name) for name in names]}
    made = ImageDataGenerator(width_shift_range=[1.0])
    return made.flow_from_dataframe(
        table, pictures, target_size=(8, 8), color_mode="grayscale", class_mode="sparse", batch_size=6, seed=3
    )


def trained(data, *, epochs=2, known=True, **given):
    model = model_of(*[Input((8, 8, 1))] * known)
    history = model.fit(data, epochs=epochs, verbose=0, **given)
    return [*model.get_weights()], history.history


def results_on(size, work):
    results = on_ranks(size, lambda _: work())
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def all_alike(results):
    return all(same_bits(weights, results[0][0]) and log == results[0][1] for weights, log, *_ in results)


@pytest.mark.parametrize("source", [folder_of, prefetched, generator_of, table_of])
def test_each_rank_opens_the_files_of_its_own_images(pictures, monkeypatch, source):
    """Batches of 6, 6, 6 and 4 images."""

    def work():
        data = source(pictures)
        opened = counted(monkeypatch)
        return *trained(data), opened

    alone, *shared = results_on(1, work) + results_on(2, work)
    assert all_alike([alone, *shared])
    assert len(alone[2]) == 2 * COUNT
    assert [len(opened) for *_, opened in shared] == [COUNT, COUNT]
    assert sorted(shared[0][2] + shared[1][2]) == sorted(alone[2])


def test_a_model_that_learns_its_shape_from_the_first_batch_shares_it_too(pictures, monkeypatch):
    def work():
        data = folder_of(pictures)
        opened = counted(monkeypatch)
        return *trained(data, known=False, epochs=1), opened

    alone, *shared = results_on(1, work) + results_on(2, work)
    assert all_alike([alone, *shared])
    assert [len(opened) for *_, opened in shared] == [COUNT // 2] * 2


def test_evaluation_reads_the_rows_of_the_rank(pictures, monkeypatch):
    def work():
        data = folder_of(pictures, shuffle=False)
        opened = counted(monkeypatch)
        model = model_of(Input((8, 8, 1)))
        return [np.array(model.evaluate(data, verbose=0))], {}, opened

    alone, *shared = results_on(1, work) + results_on(3, work)
    assert all_alike([alone, *shared])
    assert sum(len(opened) for *_, opened in shared) == COUNT
    assert max(len(opened) for *_, opened in shared) <= 8


def test_what_evaluates_a_batch_as_a_whole_reads_all_of_it(pictures, monkeypatch):
    def work():
        data = folder_of(pictures, shuffle=False)
        opened = counted(monkeypatch)
        model = keras.Sequential([Input((8, 8, 1)), Flatten(), Dense(3)])
        model.compile("sgd", keras.losses.Circle())
        return [np.array(model.evaluate(data, verbose=0))], {}, opened

    alone, *shared = results_on(1, work) + results_on(2, work)
    assert all_alike([alone, *shared])
    assert {COUNT} <= {len(set(opened)) for *_, opened in shared}


def test_what_trains_on_a_batch_as_a_whole_reads_all_of_it(pictures, monkeypatch):
    def work():
        data = folder_of(pictures)
        opened = counted(monkeypatch)
        keras.utils.set_random_seed(1)
        model = keras.Sequential([Input((8, 8, 1)), Flatten(), Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        history = model.fit(data, epochs=1, verbose=0)
        return [*model.get_weights()], history.history, set(opened)

    alone, *shared = results_on(1, work) + results_on(2, work)
    assert all_alike([alone, *shared])
    assert [len(opened) for *_, opened in shared] == [COUNT, COUNT]


def test_files_that_one_rank_cannot_read_are_left_out_by_all(tmp_path, pictures, monkeypatch):
    def made(name):
        copy = shutil.copytree(pictures, tmp_path / name)
        for number in (3, 8, 17):
            (copy / f"class{number % 2}" / f"{number:02}.png").write_bytes(b"no picture")
        return str(copy)

    folder = made("broken")

    def work():
        data = folder_of(folder)
        with pytest.warns(UserWarning, match="3 of 22 images cannot be read"):
            found = trained(data)
        return *found, len(data.broken)

    alone, *shared = results_on(1, work) + results_on(2, work) + results_on(4, work)
    assert all_alike([alone, *shared])
    assert {broken for *_, broken in [alone, *shared]} == {3}


def test_a_kept_trunk_reads_each_image_once_on_one_rank(pictures, monkeypatch):
    def work():
        data = folder_of(pictures, shuffle=False, seed=None)
        opened = counted(monkeypatch)
        keras.utils.set_random_seed(1)
        base = keras.Sequential([Input((8, 8, 1)), Conv2D(2, 3), Flatten()])
        base.trainable = False
        model = keras.Sequential([Input((8, 8, 1)), Rescaling(1 / 255), base, Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(data, validation_data=data, epochs=3, verbose=0)
        return [*model.get_weights()], history.history, opened

    alone, *shared = results_on(1, work) + results_on(2, work)
    assert all_alike([alone, *shared])
    assert len(alone[2]) == 2 * COUNT
    assert [len(opened) for *_, opened in shared] == [COUNT, COUNT]


@pytest.mark.parametrize("source", [folder_of, generator_of])
def test_a_run_that_was_killed_in_an_epoch_goes_on_with_another_number_of_ranks(tmp_path, pictures, source):
    class Kill(keras.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            self.seen += 1
            if self.seen == 6:  # of 4 in an epoch
                raise RuntimeError

    def work(*more):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), save_freq=1)
        return trained(source(pictures), callbacks=[backup, *more])

    whole = results_on(1, lambda: trained(source(pictures)))
    assert all(isinstance(result, RuntimeError) for result in on_ranks(2, lambda _: work(Kill())))
    assert (tmp_path / "backup").exists()
    assert all_alike(whole + results_on(2, work))


def test_rows_that_have_to_be_converted_are_copied_by_their_own_rank(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(0).random((COUNT, 8, 8, 1)).astype(">f8"))

    def work():
        x = np.load(path, mmap_mode="r")
        return trained(x, y=np.arange(COUNT) % 2, batch_size=6)

    assert all_alike(results_on(1, work) + results_on(2, work))


def test_ranks_with_other_files_are_told(tmp_path, pictures):
    def work(communicator):
        copy = shutil.copytree(pictures, tmp_path / str(communicator.rank))
        if communicator.rank:
            os.remove(copy / "class1" / "01.png")
            (copy / "class0" / "01.png").write_bytes((copy / "class0" / "00.png").read_bytes())
        trained(folder_of(str(copy)))

    results = on_ranks(2, work)
    assert all(isinstance(result, ValueError) for result in results)
    assert "on rank 1: " in str(results[0])
    assert "22 in the order" in str(results[0])


def test_ranks_that_were_not_seeded_shuffle_alike(pictures):
    def work():
        data = folder_of(pictures, seed=None)
        return [labels.tolist() for _, labels in data]

    first, second = results_on(2, work)
    assert first == second
