"""The columns of CSVLogger's files: those of Keras, none lost, none shifted."""

import csv

import numpy as np
import pytest

from planish.callbacks import Callback, CSVLogger, ReduceLROnPlateau


def header(path):
    return path.read_text(encoding="utf-8").splitlines()[0]


def widths(path):
    return {line.count(",") for line in path.read_text(encoding="utf-8").splitlines()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


def test_the_first_epoch_may_have_no_validation(small_fit, path):
    history = small_fit([CSVLogger(path)], ["mae"], epochs=4, validation_split=0.5, validation_freq=2)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [row["val_mae"] for row in rows] == ["NA", str(history["val_mae"][0]), "NA", str(history["val_mae"][1])]


def test_a_run_without_a_validation_has_the_columns_that_it_has_in_keras(small_fit, path):
    small_fit([CSVLogger(path)])
    assert header(path) == "epoch,loss,val_loss"
    assert all(line.endswith(",NA") for line in path.read_text().splitlines()[1:])


def test_what_other_callbacks_add_is_not_validated(small_fit, path):
    small_fit([ReduceLROnPlateau("loss"), CSVLogger(path)], validation_split=0.5, validation_freq=2)
    assert header(path) == "epoch,learning_rate,loss,val_loss"


def test_a_file_is_continued_under_its_columns(small_fit, path):
    small_fit([CSVLogger(path)], ["mae"], validation_split=0.5)
    small_fit([CSVLogger(path, append=True)], validation_split=0.5)
    assert header(path) == "epoch,loss,mae,val_loss,val_mae"
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "0", "1"]
    assert [row["mae"] == "NA" for row in rows] == [False, False, True, True]
    assert all(float(row["val_loss"]) < 1 for row in rows)


def test_a_file_that_is_continued_gets_the_columns_that_it_lacks(small_fit, path):
    small_fit([CSVLogger(path)])
    before = path.read_text().splitlines()
    small_fit([CSVLogger(path, append=True)], ["mae"], validation_split=0.5, initial_epoch=1)
    after = path.read_text().splitlines()
    assert after[0] == "epoch,loss,val_loss,mae,val_mae"
    assert after[1:3] == [f"{line},NA,NA" for line in before[1:]]
    assert "NA" not in after[3]
    assert widths(path) == {4}


class Late(Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch:
            logs["a,b"] = epoch


def test_a_metric_that_comes_late_gets_a_column(small_fit, path):
    small_fit([Late(), CSVLogger(path, separator=";")], epochs=3)
    rows = path.read_text().splitlines()
    assert [row.split(";")[-1] for row in rows] == ["a,b", "NA", "1", "2"]
    assert {row.count(";") for row in rows} == {3}


def test_several_values_are_written_as_keras_writes_them(path):
    logger = CSVLogger(path)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"f": np.array([0.5, 0.25]), "loss": np.float64(1.0), "word": "a", "zero": np.array(2.0)})
    logger.on_train_end()
    with open(path, newline="") as file:
        assert next(csv.DictReader(file)) == {
            "epoch": "0",
            "f": '"[0.5, 0.25]"',
            "loss": "1.0",
            "word": "a",
            "zero": "2.0",
            **dict.fromkeys(("val_f", "val_loss", "val_word", "val_zero"), "NA"),
        }


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"epoch;loss\n0;0.5\n", "a file that begins with 'epoch;loss'"),
        (b"notes\nof mine\n", "a file that begins with 'notes'"),
        (b"epoch,loss\n0,0.5,0.25\n", "lines with more values than the header has columns"),
        (b"\xff\xfe", "codec can't decode"),
    ],
)
def test_a_file_that_cannot_be_continued_is_left_as_it_is(small_fit, path, contents, said):
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=r"CSVLogger: .* cannot be continued") as caught:
        small_fit([CSVLogger(path, append=True)])
    assert said in str(caught.value)
    assert path.read_bytes() == contents
    assert small_fit.model.optimizer.iterations == 0


def test_an_empty_file_is_begun(small_fit, path):
    path.touch()
    small_fit([CSVLogger(path, append=True)])
    assert header(path) == "epoch,loss,val_loss"


def test_the_home_folder_is_meant_by_a_tilde(small_fit, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    small_fit([CSVLogger("~/log.csv")])
    assert (tmp_path / "log.csv").exists()


def test_a_folder_that_is_not_there_is_said_before_training_with_what_makes_it(small_fit, tmp_path):
    import os  # the remedy is code that uses it

    path = tmp_path / "runs" / "log.csv"
    with pytest.raises(FileNotFoundError, match="CSVLogger: there is no folder") as caught:
        small_fit([CSVLogger(path)])
    exec(str(caught.value).rpartition("remedy:")[2].strip(), {"os": os})
    small_fit([CSVLogger(path)])
    assert path.exists()


@pytest.mark.parametrize("separator", ["", "::", None])
def test_a_separator_is_one_character(separator):
    with pytest.raises(TypeError, match="CSVLogger: `separator` is wrong"):
        CSVLogger("log.csv", separator=separator)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_file_whose_last_line_is_not_ended_is_continued_on_a_new_one(small_fit, path, separator):
    path.write_bytes(separator.join(["epoch", "loss"]).encode() + b"\n" + separator.join(["0", "1.5"]).encode())
    small_fit([CSVLogger(path, separator, append=True)], epochs=1)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=separator))
    assert [row["epoch"] for row in rows] == ["0", "0"]
    assert rows[0]["loss"] == "1.5"
