"""ModelCheckpoint: what can go wrong is said before training, and the best file stays the best."""

import os
from pathlib import Path

import numpy as np
import pytest

from planish.callbacks import Callback, ModelCheckpoint, ReduceLROnPlateau
from planish.metrics import F1Score
from planish.models import load_model


def untrained(small_fit):
    return small_fit.model.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("name", "weights_only", "remedies"),
    [
        ("m.weights.h5", False, ["'m.keras'", "save_weights_only=True"]),
        ("best", False, ["'best.keras'"]),
        ("best.tf", False, ["'best.keras'"]),
        ("best.keras", True, ["'best.weights.h5'", "save_weights_only=False"]),
    ],
)
def test_an_ending_that_cannot_be_written_is_refused_when_the_callback_is_made(name, weights_only, remedies):
    with pytest.raises(ValueError, match="does not say how to save") as caught:
        ModelCheckpoint(name, save_weights_only=weights_only)
    line = str(caught.value).rpartition("remedy:")[2].strip()
    assert line.split(", or ") == remedies
    ModelCheckpoint(eval(remedies[0]), save_weights_only=weights_only)


def test_the_home_folder_is_meant_by_a_tilde(small_fit, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    small_fit([ModelCheckpoint("~/runs/{epoch}.keras")], epochs=1)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [
        "runs",
        os.path.join("runs", "1.keras"),
    ]


def test_the_best_file_is_kept_in_epochs_without_a_validation(small_fit, tmp_path):
    path, kept = tmp_path / "best.keras", []

    class Keep(Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append((logs.get("val_loss"), path.exists() and path.stat().st_mtime_ns))

    options = {"validation_data": small_fit.data, "validation_freq": 2, "epochs": 5}
    history = small_fit([ModelCheckpoint(path, save_best_only=True), Keep()], **options)
    assert [value is None for value, _ in kept] == [True, False, True, False, True]
    times = [time for _, time in kept]
    assert times[0] is False
    assert times[1] == times[2]
    assert times[3] == times[4]
    assert history["val_loss"][1] < history["val_loss"][0]
    assert times[3] > times[1]


def test_without_any_validation_the_best_cannot_be_known_and_every_epoch_is_saved_as_in_keras(small_fit, tmp_path):
    with pytest.warns(UserWarning, match="metric 'val_loss' is not available"):
        small_fit([ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.keras", "2.keras"]


def test_the_best_by_batches_is_that_of_training(small_fit, tmp_path):
    path = tmp_path / "{epoch}-{batch}-{loss:.3f}.weights.h5"
    options = {"save_best_only": True, "save_weights_only": True, "save_freq": 2}
    small_fit([ModelCheckpoint(path, monitor="loss", **options)], epochs=1, batch_size=2)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names[0].startswith("1-2-0.")


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("{val_loss}.keras", "{val_loss}, which the logs of some epochs do not have", "save_best_only=True"),
        ("{acc:.2f}.keras", "{acc}, which the logs do not have", "{accuracy}"),
        ("{val_acc}.keras", "{val_acc}, which the logs do not have", "{val_accuracy}"),
        ("{batch}.keras", "{batch}, which the logs do not have", "compile(metrics=[...])"),
        ("{epoch:02d}-{.keras", "cannot be filled in", None),
        ("{}.keras", "the field {}, which has no name", None),
        ("{0}.keras", "the field {0}, which has no name", None),
        ("{epoch:02q}.keras", "cannot be filled in", None),
        ("{accuracy:d}.keras", "cannot be filled in", None),
    ],
)
def test_a_name_that_cannot_be_filled_in_is_refused_before_training(small_fit, tmp_path, name, said, remedy):
    frequency = {"validation_split": 0.5, "validation_freq": 1 if "acc}" in name else 2}
    with pytest.raises(ValueError, match="ModelCheckpoint: the file's name") as caught:
        small_fit([ModelCheckpoint(tmp_path / name)], ["accuracy"], **frequency)
    assert said in str(caught.value)
    assert remedy is None or remedy in str(caught.value).rpartition("remedy:")[2]
    assert not list(tmp_path.iterdir())


def test_a_name_with_the_validation_s_metric_is_fine_where_the_best_are_saved(small_fit, tmp_path):
    options = {"validation_data": small_fit.data, "validation_freq": 2, "epochs": 4}
    small_fit([ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.1f}.keras", save_best_only=True)], **options)
    assert [path.name[:2] for path in sorted(tmp_path.iterdir())] == ["2-", "4-"]


def test_a_name_may_have_what_other_callbacks_add(small_fit, tmp_path):
    class Add(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = 7

    path = tmp_path / "{mine:03d}-{learning_rate:.2f}.keras"
    small_fit([Add(), ReduceLROnPlateau("loss"), ModelCheckpoint(path)], epochs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["007-0.01.keras"]


def test_what_a_callback_of_the_users_own_did_not_add_is_said_in_the_house_form(small_fit, tmp_path):
    class AddNothing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            pass

    with pytest.raises(ValueError, match=r"asks for \{mine\}, which the logs do not have\n  expected: fields of"):
        small_fit([AddNothing(), ModelCheckpoint(tmp_path / "{mine}.keras")])


def test_values_of_several_classes_do_not_fit_into_a_name(small_fit, tmp_path):
    with pytest.raises(ValueError, match="cannot be filled in"):
        small_fit([ModelCheckpoint(tmp_path / "{f:.2f}.keras")], [F1Score(name="f")])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("file/best.keras", NotADirectoryError),
        ("file/deeper/best.keras", NotADirectoryError),
        ("folder.keras", IsADirectoryError),
        (f"{'x' * 300}.keras", OSError),
        ("a\0b.keras", ValueError),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_training(small_fit, tmp_path, path, kind):
    (tmp_path / "file").touch()
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(kind, match="ModelCheckpoint: "):
        small_fit([ModelCheckpoint(os.path.join(tmp_path, path))])
    assert untrained(small_fit)


def test_a_folder_without_permission_is_refused_before_training(small_fit, tmp_path, monkeypatch):
    """Said by the system, which lets an administrator write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(PermissionError, match="permission to write"):
        small_fit([ModelCheckpoint(tmp_path / "new" / "best.keras")])
    assert untrained(small_fit)


def test_the_first_model_is_the_best_so_far_even_if_its_loss_is_not_finite(small_fit, tmp_path, capsys):
    path = tmp_path / "best.keras"
    checkpoint = ModelCheckpoint(path, monitor="loss", mode="min", save_best_only=True, verbose=1)
    small_fit([checkpoint], epochs=1)
    out = capsys.readouterr().out
    assert "\nEpoch 1: loss improved from None to 0." in out
    assert checkpoint.best == pytest.approx(float(out.split(" to ")[1].split(",")[0]), abs=1e-4)
    assert not checkpoint.improves(np.inf, checkpoint.best)
    assert load_model(path).predict(np.zeros((1, 3)), verbose=0).shape == (1, 1)


@pytest.mark.parametrize(
    ("frequency", "first", "epochs", "names"),
    [(1, 0, 3, {True}), (2, 0, 3, {True, False}), (4, 0, 3, {False}), (2, 1, 2, {True}), (3, 3, 10**12, {True, False})],
)
def test_which_epochs_are_validated_is_counted_not_tried(frequency, first, epochs, names):
    from planish.models.loops.fit import Validation, _validated

    validation = Validation(None, 32, None, frequency)
    assert _validated(validation, range(first, epochs)) == names
    listed = Validation(None, 32, None, [1, 2, 3])
    assert _validated(listed, range(1, 3)) == {True}
    assert _validated(listed, range(2, 4)) == {True, False}
    assert _validated(listed, range(3, 4)) == _validated(None, range(3)) == {False}
