"""Each callback by itself, driven as `fit` drives it: on a stand-in for the model and given logs."""

import json
import math
import os
from types import SimpleNamespace

import numpy as np
import pytest

from planish import callbacks
from planish.callbacks import Callback, CallbackList


class StandIn:
    """What callbacks use of a model."""

    def __init__(self):
        self.stop_training = False
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.metrics = [SimpleNamespace(name="accuracy", _direction="up"), SimpleNamespace(name="odd")]
        self.weights = 0
        self.saved = []

    def get_weights(self):
        return [self.weights]

    def set_weights(self, weights):
        (self.weights,) = weights

    def save(self, path, overwrite):
        self.saved.append(str(path))

    def save_weights(self, path, overwrite):
        self.saved.append(f"weights {path}")


def train(callback, history, name="val_loss", model=None):
    """Runs epochs whose metric `name` takes the values of `history`; the number of epochs run, and the model."""
    model = model or StandIn()
    run = CallbackList([callback], model=model, epochs=len(history), steps=1, verbose=0)
    run.on_begin("train")
    epochs, logs = 0, {}
    for epoch, value in enumerate(history):
        run.on_epoch_begin(epoch)
        model.weights = epoch
        logs = {name: value}
        run.on_epoch_end(epoch, logs)
        epochs += 1
        if model.stop_training:
            break
    run.on_end("train", logs)
    return epochs, model


@pytest.mark.parametrize(
    ("options", "history", "expected"),
    [
        ({}, [3, 2, 1, 1, 0], 4),
        ({"patience": 2}, [3, 2, 2, 2, 0], 4),
        ({"patience": 2}, [3, 2, 2, 1, 1, 1, 0], 6),
        ({"min_delta": 0.5}, [3, 2.6, 2.4], 2),
        ({"min_delta": -0.5}, [3, 2.4, 2.0], 3),
        ({"patience": 2, "baseline": 1}, [3, 2, 2, 0.5], 3),
        ({"patience": 2, "baseline": 1}, [3, 2, 0.5, 0.4], 4),
        ({"patience": 3, "baseline": 1}, [3, 2, 0.5, 0.4, 0.3, 0.2], 6),
        ({"start_from_epoch": 3}, [1, 2, 3, 4, 5], 5),
        ({"start_from_epoch": 2}, [1, 2, 3, 4, 5], 4),
        ({"mode": "max"}, [1, 2, 3, 2, 5], 4),
    ],
)
def test_early_stopping_stops_after(options, history, expected):
    assert train(callbacks.EarlyStopping(**options), history)[0] == expected


def test_early_stopping_restores_the_best_weights():
    callback = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    epochs, model = train(callback, [3, 1, 2, 2, 0])
    assert (epochs, model.weights, callback.best_epoch, callback.stopped_epoch) == (4, 1, 1, 3)


def test_early_stopping_restores_the_best_weights_when_it_never_stopped():
    assert train(callbacks.EarlyStopping(patience=5, restore_best_weights=True), [3, 1, 2])[1].weights == 1


def test_early_stopping_knows_the_direction_of_a_metric():
    assert train(callbacks.EarlyStopping("val_accuracy"), [1, 2, 3, 2], "val_accuracy")[0] == 4


def test_early_stopping_can_be_used_twice():
    callback = callbacks.EarlyStopping()
    assert [train(callback, [3, 2, 3, 4])[0] for _ in range(2)] == [3, 3]


def test_a_metric_of_unknown_direction_needs_a_mode():
    with pytest.raises(ValueError, match="cannot tell whether 'val_odd' should become smaller or larger"):
        train(callbacks.EarlyStopping("val_odd"), [1, 2], "val_odd")


def test_a_metric_that_is_not_there_is_said():
    with pytest.warns(UserWarning, match=r"metric 'val_loss' is not available\n  expected: one of loss"):
        assert train(callbacks.EarlyStopping(), [1], "loss")[0] == 1


def test_reduce_lr_on_plateau():
    callback = callbacks.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.2)
    rates = []

    class Watch(Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append((self.model.optimizer.learning_rate, logs["learning_rate"]))

    model = StandIn()
    run = CallbackList([callback, Watch()], model=model)
    run.on_begin("train")
    for epoch in range(9):
        run.on_epoch_end(epoch, {"val_loss": 1.0})
    after = [rate for rate, _ in rates]
    assert after == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]
    assert [logged for _, logged in rates] == [1.0, *after[:-1]], "the rate that the epoch was trained with is logged"


def test_learning_rate_scheduler_with_one_argument_or_two():
    for schedule in (lambda epoch: 0.5 - 0.1 * epoch, lambda epoch, rate: 0.5 - 0.1 * epoch):
        _, model = train(callbacks.LearningRateScheduler(schedule), [0, 0, 0])
        assert model.optimizer.learning_rate == pytest.approx(0.3)


def test_an_error_inside_a_schedule_reaches_the_user():
    def schedule(epoch, rate):
        return rate + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        train(callbacks.LearningRateScheduler(schedule), [0])


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    for append in (False, True):
        callback = callbacks.CSVLogger(path, append=append)
        train(callback, [0.5, 0.25], "loss")
    assert path.read_text() == "epoch,loss,val_loss\n0,0.5,NA\n1,0.25,NA\n0,0.5,NA\n1,0.25,NA\n"


def test_lambda_callback_takes_every_hook():
    seen = []
    hooks = {
        name: (lambda *arguments, name=name: seen.append(name)) for name in dir(Callback) if name.startswith("on_")
    }
    run = CallbackList([callbacks.LambdaCallback(**hooks)], model=StandIn())
    for mode in ("train", "test", "predict"):
        assert run.wants_batches(mode)
        assert run.wants_progress(mode)
        run.on_begin(mode)
        run.on_batch_begin(mode, 0)
        run.on_batch_end(mode, 0, {})
        run.on_progress(mode, 1, 1, {})
        run.on_end(mode)
    run.on_epoch_begin(0)
    run.on_epoch_end(0, {})
    assert set(seen) | {"on_batch_begin", "on_batch_end"} == set(hooks)


def test_batch_hooks_of_keras_2_are_called_for_training():
    seen = []
    run = CallbackList([callbacks.LambdaCallback(on_batch_end=lambda batch, logs: seen.append((batch, logs)))])
    assert run.wants_batches("train")
    assert not run.wants_batches("test")
    run.on_batch_end("train", 3, {"loss": 1.0})
    assert seen == [(3, {"loss": 1.0})]


def test_hooks_for_batches_are_wanted_only_by_those_that_define_them(tmp_path):
    plain = [callbacks.History(), callbacks.EarlyStopping(), callbacks.ProgbarLogger(), callbacks.CSVLogger("x")]
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "a.keras")
    assert not CallbackList([*plain, checkpoint]).wants_batches("train")
    assert CallbackList([callbacks.TerminateOnNaN()]).wants_batches("train")
    assert CallbackList([callbacks.ModelCheckpoint(tmp_path / "a.keras", save_freq=3)]).wants_batches("train")


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_terminate_on_nan(loss, capsys):
    model = StandIn()
    run = CallbackList([callbacks.TerminateOnNaN()], model=model)
    run.on_batch_end("train", 0, {"loss": 1.0})
    assert not model.stop_training
    run.on_batch_end("train", 1, {"loss": loss})
    assert model.stop_training
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"


def test_model_checkpoint_names_files_from_the_logs(tmp_path):
    _, model = train(callbacks.ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.1f}.keras"), [1, 2])
    assert model.saved == [str(tmp_path / "new" / name) for name in ("01-1.0.keras", "02-2.0.keras")]
    assert (tmp_path / "new").is_dir()


def test_model_checkpoint_keeps_the_best_only(tmp_path, capsys):
    path = tmp_path / "{epoch}.weights.h5"
    callback = callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True, verbose=1)
    _, model = train(callback, [3, 4, 2])
    assert model.saved == [f"weights {tmp_path / name}" for name in ("1.weights.h5", "3.weights.h5")]
    assert "Epoch 2: val_loss did not improve from 3.00000\n" in capsys.readouterr().out


def test_model_checkpoint_with_a_threshold(tmp_path):
    callback = callbacks.ModelCheckpoint(tmp_path / "a.keras", save_best_only=True, initial_value_threshold=2.5)
    assert len(train(callback, [4, 3, 2])[1].saved) == 1


def test_model_checkpoint_by_batches(tmp_path):
    model = StandIn()
    run = CallbackList([callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3)], model=model)
    for epoch in range(2):
        run.on_epoch_begin(epoch)
        for batch in range(4):
            run.on_batch_end("train", batch, {})
    assert [os.path.basename(path) for path in model.saved] == ["1-3.keras", "2-2.keras"]


def test_history_keeps_what_others_add_to_the_logs():
    model = StandIn()
    run = CallbackList([callbacks.LearningRateScheduler(lambda epoch: 0.5)], add_history=True, model=model)
    run.on_begin("train")
    for epoch in (4, 5):
        run.on_epoch_begin(epoch)
        run.on_epoch_end(epoch, {"loss": 1.0})
    assert run.history is model.history
    assert run.history.epoch == [4, 5]
    assert json.dumps(run.history.history) == '{"loss": [1.0, 1.0], "learning_rate": [0.5, 0.5]}'


def test_callbacks_may_come_in_nested_lists():
    inner = [callbacks.History(), [callbacks.TerminateOnNaN()]]
    assert len(CallbackList([callbacks.EarlyStopping(), inner]).callbacks) == 3
    assert len(CallbackList(callbacks.History()).callbacks) == 1


@pytest.mark.parametrize("value", [np.float32(0.5), np.array(0.5), 0.5])
def test_a_schedule_may_give_any_float(value):
    assert train(callbacks.LearningRateScheduler(lambda epoch: value), [0])[1].optimizer.learning_rate == 0.5
