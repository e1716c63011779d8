"""What is known to be wrong with callbacks before the first step is said before it."""

import pytest

from planish.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from planish.optimizers import SGD
from planish.optimizers.schedules import ExponentialDecay


class WithoutLogs(Callback):
    def on_epoch_end(self, epoch):
        raise AssertionError("never called")


class TooMany(Callback):
    def on_train_begin(self, logs, epoch):
        raise AssertionError("never called")


class NotAFunction(Callback):
    on_batch_end = 3


@pytest.mark.parametrize(
    ("callback", "hook", "remedy"),
    [
        (WithoutLogs(), "on_epoch_end", "def on_epoch_end(self, epoch, logs=None):"),
        (TooMany(), "on_train_begin", "def on_train_begin(self, logs=None):"),
        (NotAFunction(), "on_batch_end", "def on_batch_end(self, batch, logs=None):"),
        (LambdaCallback(on_epoch_end=lambda epoch: None), "on_epoch_end", "lambda epoch, logs: ..."),
        (LambdaCallback(on_train_end=lambda: None), "on_train_end", "lambda logs: ..."),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_before_training(small_fit, callback, hook, remedy):
    with pytest.raises(TypeError, match=f"`{hook}` cannot be called as a hook") as caught:
        small_fit([callback])
    assert str(caught.value).endswith(remedy)
    assert small_fit.model.optimizer.iterations == 0


def test_hooks_of_all_forms_are_called(small_fit):
    seen = []

    class Forms(Callback):
        @staticmethod
        def on_train_begin(logs):
            seen.append("static")

        @classmethod
        def on_train_end(cls, logs=None):
            seen.append("class")

        def on_epoch_begin(self, *arguments, **named):
            seen.append("any")

        on_epoch_end = lambda self, epoch, logs=None, more=1: seen.append("lambda")  # noqa: E731

    small_fit([Forms(), LambdaCallback(on_train_begin=print)], epochs=1)
    assert seen == ["static", "any", "lambda", "class"]


@pytest.mark.parametrize("kind", [lambda: LearningRateScheduler(lambda epoch: 0.1), lambda: ReduceLROnPlateau("loss")])
def test_a_rate_that_follows_a_schedule_cannot_be_set(small_fit, tmp_path, kind):
    log = tmp_path / "log.csv"
    log.write_text("precious")
    with pytest.raises(TypeError, match="cannot set the learning rate: it follows a schedule"):
        small_fit([CSVLogger(log), kind()], optimizer=SGD(ExponentialDecay(0.1, 10, 0.9)))
    assert small_fit.model.optimizer.iterations == 0
    assert log.read_text() == "precious", "nothing is begun before everything is checked"


@pytest.mark.parametrize("schedule", [0.1, None, [0.1, 0.2]])
def test_a_schedule_is_a_function(schedule):
    with pytest.raises(TypeError, match="`schedule` is not a function"):
        LearningRateScheduler(schedule)


def test_functions_of_a_lambda_callback_are_functions():
    with pytest.raises(TypeError, match="`on_epoch_end` is not a function"):
        LambdaCallback(on_epoch_end="print")


@pytest.mark.parametrize("value", [3, "early", {"a": EarlyStopping()}, EarlyStopping, [EarlyStopping], [None]])
def test_what_is_not_a_callback_is_refused(value):
    with pytest.raises(TypeError, match="callback") as caught:
        CallbackList(value)
    assert "expected:" in str(caught.value)


def test_no_epochs_need_no_check(small_fit):
    small_fit([EarlyStopping("nothing")], epochs=0)


@pytest.mark.parametrize("schedule", [lambda: 0.1, lambda epoch, rate, third: 0.1, lambda *, epoch: 0.1])
def test_a_schedule_that_cannot_be_called_with_an_epoch_is_refused_where_it_is_given(schedule):
    with pytest.raises(TypeError, match="`schedule` takes other arguments than it will be given") as caught:
        LearningRateScheduler(schedule)
    assert "expected: a function of (epoch) or (epoch, rate)" in str(caught.value)
