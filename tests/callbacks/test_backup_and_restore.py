"""A run that was killed goes on, and ends with the bits of one that was not."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest

from planish.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ReduceLROnPlateau,
    backup_file,
    plain_data,
)
from planish.layers import BatchNormalization, Dense, Dropout, Input
from planish.metrics import F1Score
from planish.models import Sequential
from planish.optimizers import SGD, Adam, Muon, Nadam, schedules
from planish.utils import PyDataset, set_random_seed

RANDOM = np.random.default_rng(9)
X = RANDOM.random((22, 5), dtype=np.float32)
Y = np.eye(3, dtype=np.float32)[RANDOM.integers(0, 3, 22)]


class Killed(BaseException):
    """As good as SIGKILL for what is in files."""


class Kill(Callback):
    """Ends the run at the end of an epoch, or after a batch of it; counts what it saw."""

    def __init__(self, epoch=None, batch=None):
        super().__init__()
        self.at, self.epoch, self.seen, self.losses = (epoch, batch), 0, 0, {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if (self.epoch, batch) == self.at:
            raise Killed

    def on_epoch_end(self, epoch, logs=None):
        self.losses[epoch] = logs["loss"]
        if (epoch, None) == self.at:
            raise Killed


class Items(PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, place):
        return X[place * 4 : place * 4 + 4], Y[place * 4 : place * 4 + 4]


def generator():
    while True:
        for place in range(6):
            yield X[place * 4 : place * 4 + 4], Y[place * 4 : place * 4 + 4]


ARRAYS = {"x": X, "y": Y, "batch_size": 4}


def run(data, optimizer, callbacks, seed=3, epochs=4, **options):
    """A fresh model that is trained, or trained on."""
    set_random_seed(seed)
    layers = [Input((5,)), Dense(7, "relu"), Dropout(0.3), BatchNormalization(), Dense(3, "softmax")]
    model = Sequential(layers)
    model.compile(optimizer(), "categorical_crossentropy", metrics=["accuracy", F1Score()])
    given = {"x": data()} if callable(data) else data
    history = model.fit(**given, epochs=epochs, validation_data=(X, Y), callbacks=callbacks, verbose=0, **options)
    return model, history


def outcome(model, history):
    kept = {name: np.array(values) for name, values in history.history.items()}
    return [*model.get_weights(), *(variable.value for variable in model.optimizer.variables), *kept.values()]


def assert_same_bits(one, other):
    for a, b in zip(outcome(*one), outcome(*other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[1].epoch == other[1].epoch


CASES = [
    (ARRAYS, Adam, {}, "epoch", (2, None)),
    (ARRAYS, Adam, {}, 4, (2, 1)),
    ({**ARRAYS, "steps_per_epoch": 4}, Nadam, {}, 3, (2, 2)),
    ({**ARRAYS, "shuffle": "batch"}, lambda: Adam(use_ema=True, gradient_accumulation_steps=2), {}, 1, (1, 2)),
    (Items, lambda: SGD(schedules.ExponentialDecay(0.5, 3, 0.7), momentum=0.9), {}, 5, (2, 3)),
    (Items, Muon, {"steps_per_epoch": 4}, 3, (2, 2)),
    (generator, Adam, {"steps_per_epoch": 4}, "epoch", (1, None)),
    (generator, Adam, {"steps_per_epoch": 5}, 2, (2, 4)),
]


@pytest.mark.parametrize(("data", "optimizer", "options", "frequency", "place"), CASES)
def test_a_run_that_was_killed_ends_with_the_same_bits(tmp_path, data, optimizer, options, frequency, place):
    def callbacks(folder, kill):
        own = [EarlyStopping("loss", patience=9, restore_best_weights=True), Kill(*kill)]
        if optimizer is Adam:
            own += [LearningRateScheduler(lambda epoch, rate: rate * 0.8)]
        return [BackupAndRestore(tmp_path / folder, save_freq=frequency), *own]

    whole = run(data, optimizer, callbacks("whole", (None, None)), **options)
    with pytest.raises(Killed):
        run(data, optimizer, callbacks("killed", place), **options)
    assert os.listdir(tmp_path / "killed") == ["latest.backup"]
    kill = Kill()
    going_on = [*callbacks("killed", (None, None))[:2], kill, *callbacks("killed", (None, None))[3:]]
    again = run(data, optimizer, going_on, seed=99, **options)
    assert_same_bits(whole, again)
    assert sorted(kill.losses) == [0, 1, 2, 3]  # it remembers what it saw before
    assert not (tmp_path / "killed").exists()


def test_callbacks_remember_what_they_knew(tmp_path):
    def callbacks(folder, kill):
        return [
            BackupAndRestore(tmp_path / folder),
            ReduceLROnPlateau("loss", patience=1, min_delta=10.0, cooldown=1),
            EarlyStopping("val_loss", patience=4, mode="max", restore_best_weights=True),
            CSVLogger(str(tmp_path / f"{folder}.csv")),
            kill,
        ]

    whole = run(ARRAYS, Adam, callbacks("whole", Kill()), epochs=9)
    with pytest.raises(Killed):
        run(ARRAYS, Adam, callbacks("killed", Kill(2)), epochs=9)
    assert len((tmp_path / "killed.csv").read_text().splitlines()) == 4  # the line of an epoch without a backup
    assert_same_bits(whole, run(ARRAYS, Adam, callbacks("killed", Kill()), seed=7, epochs=9))
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_run_that_had_stopped_early_does_not_go_on(tmp_path):
    class KillAtTheEnd(Callback):
        def on_train_end(self, logs=None):
            raise Killed

    def callbacks(*others):
        return [BackupAndRestore(tmp_path / "b"), EarlyStopping("loss", patience=0, min_delta=99.0), *others]

    with pytest.raises(Killed):
        run(ARRAYS, Adam, callbacks(KillAtTheEnd()))
    _, history = run(ARRAYS, Adam, callbacks())
    assert history.epoch == [0, 1]


def test_backups_are_kept_if_asked_for(tmp_path):
    keep = BackupAndRestore(tmp_path, delete_checkpoint=False, double_checkpoint=True)
    first = run(ARRAYS, Adam, [keep])
    assert sorted(os.listdir(tmp_path)) == ["latest.backup", "latest.backup.bkp"]
    again = run(ARRAYS, Adam, [BackupAndRestore(tmp_path, delete_checkpoint=False)], seed=8)
    assert_same_bits(first, again)  # nothing was left to do
    longer = run(ARRAYS, Adam, [BackupAndRestore(tmp_path)], seed=8, epochs=6)
    assert longer[1].epoch == [0, 1, 2, 3, 4, 5]


def test_a_backup_before_the_last_one_will_do(tmp_path):
    def keep():
        return BackupAndRestore(tmp_path / "b", double_checkpoint=True)

    whole = run(ARRAYS, Adam, [])
    with pytest.raises(Killed):
        run(ARRAYS, Adam, [keep(), Kill(3)])
    (tmp_path / "b" / "latest.backup").write_bytes(b"torn")
    assert_same_bits(whole, run(ARRAYS, Adam, [keep()], seed=7))


def damaged(path):
    """Files that are torn or were made to do harm, and what is said of them."""
    contents = path.read_bytes()
    yield contents[: len(contents) // 2], "is damaged, cut short, or holds something else"
    yield b"", "is damaged, cut short, or holds something else"
    place = contents.index(b"arrays.bin") + 200
    yield contents[:place] + bytes([contents[place] ^ 1]) + contents[place + 1 :], "Bad CRC-32"
    backup = backup_file.read(str(path))

    def changed(**facts):
        return backup_file.packed({**backup.facts, **facts}, backup.arrays)

    yield changed(epoch=-1), "is not a count"
    yield changed(epoch="2"), "is not a count"
    yield changed(variables=[10**9] * len(backup.facts["variables"])), "there is no array 1000000000"
    yield changed(variables=[]), "zip"
    yield changed(source={"pairs": [["random", 5], ["visits", [None, 0]]]}), "damaged"
    yield changed(source={"pairs": [["random", {"pairs": []}], ["visits", [None, 10**9]]]}), "damaged"
    yield changed(callbacks=[["EarlyStopping", {"wait": {"code": "exit()"}}]]), "is not a kind of value"
    yield changed(callbacks=7), "damaged"
    yield backup_file.packed({}, []), "damaged"
    yield changed(run={**backup.facts["run"], "optimizer": "SGD"}), "the optimizer differs"


def test_torn_and_hostile_files_are_refused(tmp_path):
    with pytest.raises(Killed):
        run(ARRAYS, Adam, [BackupAndRestore(tmp_path), EarlyStopping("loss", patience=9), Kill(1)])
    path = tmp_path / "latest.backup"
    for contents, message in list(damaged(path)):
        path.write_bytes(contents)
        with pytest.raises(ValueError, match=message) as caught:
            run(ARRAYS, Adam, [BackupAndRestore(tmp_path), EarlyStopping("loss", patience=9)], epochs=1)
        assert str(path) in str(caught.value)


def test_a_file_that_claims_to_be_enormous_is_refused(tmp_path):
    path = tmp_path / "latest.backup"
    header = {"format": backup_file.FORMAT, "facts": {}, "arrays": [["float64", [2**40, 2**40]]]}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("backup.json", json.dumps(header))
        file.writestr("arrays.bin", bytes(1 << 20))
    with pytest.raises(ValueError, match="is not stored as it is"):
        backup_file.read(str(path))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("backup.json", json.dumps(header))
        file.writestr("arrays.bin", bytes(1 << 10))
    with pytest.raises(ValueError, match="is cut short"):
        backup_file.read(str(path))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"batch_size": 5}, "the size of batches differs"),
        ({"x": X[:20], "y": Y[:20]}, "the number of images differs"),
    ],
)
def test_a_backup_of_another_run_is_told(tmp_path, changes, what):
    with pytest.raises(Killed):
        run(ARRAYS, Adam, [BackupAndRestore(tmp_path), Kill(1)])
    with pytest.raises(ValueError, match=rf"{what}\n  rule: .*\n  expected: .*\n  received: .*\n  remedy: .*os.remove"):
        run({**ARRAYS, **changes}, Adam, [BackupAndRestore(tmp_path)])
    with pytest.raises(ValueError, match="the number of variables differs"):
        run(ARRAYS, lambda: Adam(amsgrad=True), [BackupAndRestore(tmp_path)])


@pytest.mark.parametrize("frequency", [0, -1, 1.5, True, "batch", None])
def test_times_that_are_none(frequency):
    with pytest.raises(ValueError, match="`save_freq` is not a time for backups"):
        BackupAndRestore("b", save_freq=frequency)


def test_plain_data_come_back_as_they_were():
    value = {"a": [1, 2.5, None, True, "x"], 3: (np.float32(0.1), np.arange(4)), "nan": [float("inf")]}
    arrays = []
    again = plain_data.decode(json.loads(json.dumps(plain_data.encode(value, arrays))), arrays)
    assert again["a"] == value["a"]
    assert again[3][0].dtype == np.float32
    np.testing.assert_array_equal(again[3][1], np.arange(4))
    circle = []
    circle.append(circle)
    for wrong in (len, {1, 2}, object(), circle, np.array(["text"])):
        with pytest.raises(plain_data.NotPlainError):
            plain_data.encode(wrong, [])


SCRIPT = """
    import os, signal, sys
    import numpy as np
    import planish as keras

    folder, when = sys.argv[1], int(sys.argv[2])

    class Kill(keras.callbacks.Callback):
        seen = 0
        def on_train_batch_end(self, batch, logs=None):
            Kill.seen += 1
            if Kill.seen == when:
                os.kill(os.getpid(), signal.SIGKILL)

    keras.utils.set_random_seed(4)
    random = np.random.default_rng(1)
    x, y = random.random((30, 4)), random.integers(0, 2, 30)
    layers = [keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(2)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=3)
    history = model.fit(x, y, batch_size=7, epochs=4, callbacks=[backup, Kill()], verbose=0)
    print([weight.tobytes().hex() for weight in model.get_weights()], history.history)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL on this system")
def test_a_process_that_was_killed_goes_on(tmp_path):
    def finished(folder, when):
        command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path / folder), str(when)]
        root = Path(__file__).parent.parent.parent
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    whole = finished("whole", -1)
    assert whole.returncode == 0, whole.stderr
    for when in (8, 2, 5):
        assert finished("killed", when).returncode == -signal.SIGKILL
    again = finished("killed", -1)
    assert (again.stdout, again.returncode) == (whole.stdout, 0), again.stderr
