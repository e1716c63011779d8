"""How many batches a run has, and which rows they hold; recorded from Keras 3.15.1 on TensorFlow."""

import warnings

import numpy as np
import pytest

from planish.callbacks import LambdaCallback
from planish.layers import Dense, Input
from planish.models import Sequential

COUNT = 50


class Batches:
    """Five batches of ten rows."""

    def __init__(self):
        self.x, self.y = rows()

    def __len__(self):
        return 5

    def __getitem__(self, place):
        return self.x[10 * place : 10 * place + 10], self.y[10 * place : 10 * place + 10]


def rows(count=COUNT, first=0):
    """Row k is the number k."""
    return np.arange(first, first + count, dtype=np.float32)[:, None], np.zeros((count, 1), np.float32)


def mean_row(y_true, y_pred):
    """Outputs are the numbers of the rows: their mean says which ones were looked at."""
    return y_pred


@pytest.fixture
def model():
    """Gives back its input, and stays like that: a row's output is its number, its loss the square of it."""
    made = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")])
    made.layers[0].trainable = False
    made.compile("sgd", "mse", metrics=[mean_row], run_eagerly=True)
    return made


def visited(model, epochs, **arguments):
    """The (batches, mean row) of each epoch, and the warnings."""
    counts = []
    hooks = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: counts.append(0),
        on_train_batch_end=lambda batch, logs: counts.__setitem__(-1, batch + 1),
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        history = model.fit(**arguments, epochs=epochs, shuffle=False, verbose=0, callbacks=[hooks]).history
    return list(zip(counts, history["mean_row"], strict=True)), [str(warning.message) for warning in told]


A_PASS_IN_TWOS = [(2, 9.5), (2, 29.5), (1, 44.5)]


@pytest.mark.parametrize(
    ("arguments", "epochs"),
    [
        ({"batch_size": 10, "steps_per_epoch": 2}, A_PASS_IN_TWOS * 2),
        ({"batch_size": 10, "steps_per_epoch": 7}, [(5, 24.5)] * 3),
        ({"batch_size": 10, "steps_per_epoch": 5}, [(5, 24.5)] * 3),
        ({"steps_per_epoch": 2}, [(2, 24.5)] * 3),
        ({"steps_per_epoch": 7}, [(7, 24.5)] * 3),
        ({"batch_size": 20, "steps_per_epoch": 2}, [(2, 19.5), (1, 44.5)] * 2),
        ({"batch_size": 80, "steps_per_epoch": 2}, [(1, 24.5)] * 2),
    ],
)
def test_epochs_of_arrays_have_the_steps_that_they_have_in_keras(model, arguments, epochs):
    x, y = rows()
    found, told = visited(model, len(epochs), x=x, y=y, **arguments)
    assert found == [(count, pytest.approx(mean)) for count, mean in epochs]
    short = [count for count, _ in epochs if count < arguments["steps_per_epoch"]]
    assert [text.startswith("an epoch has fewer steps than `steps_per_epoch`") for text in told] == [True] * bool(short)


@pytest.mark.parametrize(("steps", "epochs"), [(2, A_PASS_IN_TWOS * 2), (7, [(5, 24.5)] * 3), (5, [(5, 24.5)] * 3)])
def test_epochs_of_an_object_with_items_have_the_steps_that_they_have_in_keras(model, steps, epochs):
    found, _ = visited(model, len(epochs), x=Batches(), steps_per_epoch=steps)
    assert found == [(count, pytest.approx(mean)) for count, mean in epochs]


def test_every_pass_has_an_order_of_its_own(model):
    x, y = rows()
    seen = []
    gather = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["mean_row"] * (batch + 1) * 10))
    model.fit(x, y, batch_size=10, steps_per_epoch=3, epochs=4, verbose=0, callbacks=[gather])
    totals = np.round([seen[2], seen[4], seen[7], seen[9]]).tolist()
    assert totals[0] + totals[1] == totals[2] + totals[3] == sum(range(COUNT))
    assert totals[0] != totals[2]


@pytest.mark.parametrize("data", [Batches(), rows()])
@pytest.mark.parametrize(("steps", "mean"), [(2, 9.5), (7, 24.5)])
def test_every_validation_begins_with_the_first_row(model, data, steps, mean):
    options = {"validation_data": data, "validation_steps": steps, "batch_size": 10, "epochs": 3, "verbose": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        history = model.fit(*rows(), **options).history
    assert history["val_mean_row"] == pytest.approx([mean] * 3)


@pytest.mark.parametrize(
    ("arguments", "mean"),
    [
        ({"validation_steps": 2}, 24.5),
        ({"validation_steps": 2, "batch_size": 10}, 9.5),
        ({"validation_steps": 2, "batch_size": 10, "validation_batch_size": 15}, 14.5),
    ],
)
def test_the_size_of_batches_of_validation(model, arguments, mean):
    history = model.fit(*rows(20), validation_data=rows(), verbose=0, **arguments).history
    assert history["val_mean_row"] == pytest.approx([mean])


@pytest.mark.parametrize("method", ["evaluate", "predict"])
@pytest.mark.parametrize(("steps", "size", "count"), [(2, 10, 20), (7, 10, 50), (2, None, 50), (7, None, 50)])
def test_runs_without_training_have_the_steps_that_they_have_in_keras(model, method, steps, size, count):
    x, y = rows()
    seen = []
    hook = LambdaCallback(
        **{f"on_{method.replace('evaluate', 'test')}_batch_end": lambda batch, logs: seen.append(batch)}
    )
    options = {"batch_size": size, "steps": steps, "verbose": 0, "callbacks": [hook]}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        if method == "predict":
            assert model.predict(x, **options)[:, 0].tolist() == list(range(count))
        else:
            assert model.evaluate(x, y, **options)[1] == pytest.approx((count - 1) / 2)
    assert seen == list(range(-(-count // (size or -(-COUNT // steps)))))
    assert [str(warning.message).splitlines()[0] for warning in told] == [
        "`steps` asks for more batches than the data have: the run ends with the data"
    ] * (steps == 7 and size == 10)


def test_the_line_of_an_epoch_counts_to_the_steps_that_were_asked_for(model, capsys):
    with pytest.warns(UserWarning, match="5 batches"):
        model.fit(*rows(), batch_size=10, steps_per_epoch=7, verbose=2)
    assert capsys.readouterr().out.startswith("7/7 - 0s - ")
