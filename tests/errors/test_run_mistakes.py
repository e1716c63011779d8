"""Arguments of `compile`, `fit`, `evaluate` and `predict` that make no sense: one a test, with the message."""

import re

import numpy as np
import pytest

from planish.callbacks import EarlyStopping, LambdaCallback, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import Adam

X, Y = np.zeros((4, 3), np.float32), np.array([0, 1, 0, 1])


@pytest.fixture
def model():
    model = Sequential([Input((3,)), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled(method):
    message = (
        f"{method} was called on a model that is not compiled\n"
        "  remedy: compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(Sequential([Input((3,)), Dense(2)]), method)(X, Y)


def test_a_model_without_a_loss():
    model = Sequential([Input((3,)), Dense(2)])
    model.compile("sgd", metrics=["accuracy"])
    with pytest.raises(ValueError, match=re.escape("the model was compiled without a loss\n  remedy: compile(")):
        model.fit(X, Y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` is wrong\n  expected: a whole number, 1 or more\n  received: 0"),
        ({"batch_size": 1.5}, "`batch_size` is wrong"),
        ({"batch_size": "32"}, "received: '32'"),
        ({"epochs": -1}, "`epochs` is wrong\n  expected: a whole number, 0 or more\n  received: -1"),
        ({"epochs": True}, "received: True"),
        ({"initial_epoch": -1}, "`initial_epoch` is wrong\n  expected: a whole number, 0 or more\n  received: -1"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` is wrong"),
        ({"verbose": 3}, "`verbose` is wrong\n  expected: 0, 1, 2 or 'auto'\n  received: 3"),
        ({"validation_split": 1.5}, "`validation_split` is not a fraction\n  expected: a number from 0 to below 1"),
        (
            {"validation_data": X},
            "`validation_data` is wrong\n"
            "  expected: (x, y), (x, y, sample_weight), or something that gives batches of them\n"
            "  received: a ndarray",
        ),
        ({"validation_data": (X,)}, "received: a tuple of 1"),
        ({"validation_data": (X, Y), "validation_freq": 0}, "`validation_freq` is wrong"),
    ],
)
def test_fit(model, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, Y, **arguments)


def test_a_split_of_one_image(model):
    message = (
        "1 image is too few for validation_split=0.5\n"
        "  expected: at least one image to train on and one to validate on\n"
        "  received: 0 and 1"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X[:1], Y[:1], validation_split=0.5)


def test_a_split_of_a_generator(model):
    with pytest.raises(ValueError, match=re.escape("`validation_split` needs arrays\n  received: generator")):
        model.fit(((X, Y) for _ in range(3)), validation_split=0.5)


def test_a_callback_class_instead_of_an_object(model):
    message = (
        "an item of `callbacks` is not a callback\n"
        "  expected: an instance of planish.callbacks.Callback or of a subclass\n"
        "  received: <class 'planish.callbacks.early_stopping.EarlyStopping'> of type type\n"
        "  remedy:   make an instance of the class"
    )
    with pytest.raises(TypeError, match=re.escape(message)):
        model.fit(X, Y, callbacks=[EarlyStopping])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"optimizer": "adamm"}, ValueError, "unknown optimizer 'adamm'"),
        ({"loss": "categorical_crossentropie"}, ValueError, "did you mean 'categorical_crossentropy'"),
        (
            {"loss": ["mse", "mse"]},
            ValueError,
            "compile: `loss` has 2 items\n  expected: one: the model has one output",
        ),
        ({"loss_weights": [1.0, 2.0]}, ValueError, "compile: `loss_weights` has 2 items"),
        (
            {"loss_weights": 1j},
            TypeError,
            "compile: `loss_weights` is not a number\n"
            "  expected: a float, or a list or dictionary of them: one for each output\n"
            "  received: 1j of type complex",
        ),
        (
            {"loss_weights": [float("nan")]},
            ValueError,
            "compile: `loss_weights` is not finite\n  expected: finite numbers\n  received: [nan]",
        ),
        (
            {"metrics": [3]},
            TypeError,
            "compile: an item of `metrics` is not a metric\n"
            "  expected: a metric's name, a Metric, or a function of (y_true, y_pred)\n"
            "  received: 3 of type int",
        ),
        (
            {"steps_per_execution": 0},
            ValueError,
            "compile: `steps_per_execution` is not a number of steps\n  expected: an integer, 1 or more\n  received: 0",
        ),
    ],
)
def test_compile(model, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        model.compile(**{"loss": "mse", **arguments})


def test_an_unknown_metric(model):
    with pytest.raises(ValueError, match=re.escape("unknown metric 'acurracy'")):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acurracy"])


def test_an_optimizer_of_another_model():
    optimizer = Adam()
    for units in (2, 3):
        model = Sequential([Input((3,)), Dense(units, activation="softmax", name="last")])
        model.compile(optimizer, "sparse_categorical_crossentropy")
        if units == 2:
            model.fit(X, Y, verbose=0)
    message = (
        "the optimizer 'adam' was built for another model, or for this one before it changed\n"
        "  rule:     moments and the number of steps belong to the weights that they were made for\n"
        "  expected: 'last/kernel', 'last/bias'\n"
        "  received: 'last/kernel', 'last/bias', of other layers\n"
        "  remedy:   compile each model with an optimizer of its own"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, Y, verbose=0)


def test_a_factor_that_raises_the_rate():
    message = "ReduceLROnPlateau: `factor` does not lower the rate\n  expected: a factor below 1\n  received: 2.0"
    with pytest.raises(ValueError, match=re.escape(message)):
        ReduceLROnPlateau(factor=2.0)


def test_a_schedule_that_gives_no_rate(model):
    message = (
        "LearningRateScheduler: the schedule did not give a learning rate for epoch 0\n"
        "  expected: a float\n"
        "  received: None of type NoneType"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: None)])


def test_a_checkpoint_without_an_ending():
    message = (
        "ModelCheckpoint: the file's name does not say how to save a model\n"
        "  expected: a name that ends in .keras\n"
        "  received: 'model'\n"
        "  remedy:   'model.keras'"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        ModelCheckpoint("model")


def test_a_checkpoint_of_weights_with_a_models_ending():
    with pytest.raises(ValueError, match=re.escape("expected: a name that ends in .weights.h5")):
        ModelCheckpoint("model.keras", save_weights_only=True)


def test_a_checkpoint_of_unknown_frequency():
    message = (
        "ModelCheckpoint: unknown `save_freq`\n  expected: 'epoch' or a positive number of batches\n  received: 'batch'"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        ModelCheckpoint("model.keras", save_freq="batch")


def test_a_checkpoint_named_after_a_metric_that_is_not_there(model):
    message = "ModelCheckpoint: the file's name asks for {val_loss}, which the logs do not have"
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint("{val_loss}.keras")])


def test_a_hook_that_is_none():
    with pytest.raises(ValueError, match=re.escape("unknown hook of LambdaCallback 'on_epoch_ends'")):
        LambdaCallback(on_epoch_ends=print)
