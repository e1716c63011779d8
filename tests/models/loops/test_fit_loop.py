"""How `fit` runs: hooks, steps, supplies of batches, interrupts, what is shown."""

import numpy as np
import pytest

import planish
from planish.callbacks import Callback, EarlyStopping, LambdaCallback, LearningRateScheduler, TerminateOnNaN
from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.optimizers import SGD
from planish.runtime import executable, interpreted


class StopAt(Callback):
    """Stops after so many steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = int(self.model.optimizer.iterations) >= self.steps


def test_hooks_are_called_in_keras_order(train, classifier, data):
    seen = []

    class Watch(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_") and not name.endswith(("progress", "on_batch_begin", "on_batch_end")):
                seen.append(name)
            return super().__getattribute__(name)

        def on_train_batch_end(self, batch, logs=None):
            assert set(logs) == {"accuracy", "loss"}

    x, y = data
    train(classifier(), x[:4], y[:4], batch_size=2, epochs=2, callbacks=[Watch()], validation_data=(x[:2], y[:2]))
    batch = ["on_train_batch_begin", "on_train_batch_end"]
    test = ["on_test_begin", "on_test_end"]
    epoch = ["on_epoch_begin", *batch, *batch, *test, "on_epoch_end"]
    assert seen == ["on_train_begin", *epoch, *epoch, "on_train_end"]


def test_steps_per_execution(train, classifier, data):
    seen = []
    hooks = LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_train_batch_end=lambda batch, logs: seen.append(batch),
    )
    model = classifier(steps_per_execution=3)
    train(model, *data, batch_size=10, callbacks=[hooks])
    assert seen == [0, 2, 3, 4]


def test_stop_training_after_a_batch(train, classifier, data):
    model = classifier()

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    history = train(model, *data, batch_size=10, epochs=5, callbacks=[Stop()])
    assert (history.epoch, int(model.optimizer.iterations)) == ([0], 2)


def test_early_stopping_in_a_run(train, classifier, data):
    model = classifier(optimizer=SGD(0.0))
    history = train(model, *data, epochs=9, callbacks=[EarlyStopping("loss", patience=2, min_delta=1e-3)])
    assert len(history.epoch) == 3


def test_learning_rates_of_a_schedule_are_used_and_recorded(train, classifier, data):
    model = classifier()
    weights = []
    callbacks = [
        LearningRateScheduler(lambda epoch: 0.0 if epoch else 0.5),
        LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()[0])),
    ]
    history = train(model, *data, epochs=3, callbacks=callbacks).history
    assert history["learning_rate"] == [0.5, 0.0, 0.0]
    assert np.array_equal(weights[0], weights[1])


def test_initial_epoch(train, classifier, data):
    history = train(classifier(), *data, epochs=5, initial_epoch=3)
    assert history.epoch == [3, 4]


def test_steps_per_epoch_go_through_the_data(train, classifier, data):
    model = classifier()
    with pytest.warns(UserWarning, match="an epoch has fewer steps"):
        history = train(model, *data, batch_size=10, steps_per_epoch=3, epochs=4)
    assert int(model.optimizer.iterations) == 10
    assert len(history.epoch) == 4


def test_a_generator(train, classifier, same_weights, data):
    x, y = data
    by_generator, by_arrays = classifier(), classifier()

    def batches():
        while True:
            for start in range(0, 50, 10):
                yield x[start : start + 10], y[start : start + 10]

    one = train(by_generator, batches(), steps_per_epoch=5, epochs=2).history
    other = train(by_arrays, x, y, batch_size=10, epochs=2, shuffle=False).history
    assert one["loss"] == pytest.approx(other["loss"])
    assert same_weights(by_generator, by_arrays)


def test_a_generator_that_runs_out(train, classifier, data):
    model = classifier()
    with pytest.warns(UserWarning, match="the data ran out before training was done"):
        history = train(model, iter([data]), steps_per_epoch=2, epochs=3)
    assert len(history.epoch) == 1


def test_a_dataset_with_batches_of_many_sizes(train, classifier, data):
    x, y = data

    class Batches:
        def __len__(self):
            return 3

        def __getitem__(self, place):
            return x[: 10 * (place + 1)], y[: 10 * (place + 1)]

    history = train(classifier(), Batches(), epochs=2, validation_data=Batches()).history
    assert len(history["val_loss"]) == 2


def test_an_interrupt_leaves_a_usable_model_and_the_history_so_far(train, classifier, same_weights, data):
    model = classifier()

    class Interrupt(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 8:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, *data, batch_size=10, epochs=5, callbacks=[Interrupt()])
    assert int(model.optimizer.iterations) == 8
    assert model.history.epoch == [0]
    by_steps = classifier()
    train(by_steps, *data, batch_size=10, epochs=5, callbacks=[StopAt(8)])
    assert same_weights(model, by_steps)
    train(model, *data)


def test_an_interrupt_inside_an_epoch_that_runs_as_a_whole(train, classifier, data, monkeypatch):
    model = classifier()
    train(model, *data, batch_size=10)
    steps = []

    def interrupted(graph, bindings, **options):
        steps.append(1)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return interpret(graph, bindings, **options)

    interpret = interpreted.interpret
    monkeypatch.setattr(interpreted, "interpret", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(model, *data, batch_size=10)
    assert int(model.optimizer.iterations) == 5 + 3


@pytest.fixture
def diverging():
    """A model whose loss overflows within some steps."""
    model = Sequential([Input((4,)), Dense(3)])
    model.compile(SGD(1e15), "mse", run_eagerly=True)
    return model


def test_a_loss_that_is_no_number_is_said(train, diverging, data):
    with pytest.warns(RuntimeWarning, match="the loss is (nan|inf) in epoch 1: the weights are no longer usable"):
        history = train(diverging, data[0], np.ones((50, 3)), batch_size=10, epochs=3)
    assert len(history.epoch) == 3


def test_terminate_on_nan_stops_at_once(train, diverging, data, capsys):
    with pytest.warns(RuntimeWarning, match="the loss is"):
        train(diverging, data[0], np.ones((50, 3)), batch_size=10, epochs=9, callbacks=[TerminateOnNaN()])
    assert int(diverging.optimizer.iterations) < 5
    assert "Invalid loss, terminating training" in capsys.readouterr().out


def test_progress_begins_when_the_program_is_ready_and_ends_with_all_steps(train, classifier, data):
    seen = []

    class Watch(Callback):
        def on_train_progress(self, step, images, logs=None):
            seen.append((step, images, sorted(logs)))

    train(classifier(), *data, batch_size=20, epochs=2, callbacks=[Watch()])
    assert seen == [(0, 0, []), (3, 50, ["accuracy", "loss"])] * 2


def test_what_is_shown(train, classifier, data, capsys):
    model = classifier()
    train(model, *data, epochs=2, verbose="auto")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Epoch")] == ["Epoch 1/2", "Epoch 2/2"]
    assert lines[1].startswith("2/2 - ")
    model.evaluate(*data)
    assert capsys.readouterr().out.startswith("2/2 - ")
    train(model, *data)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("what", ["fit", "train_on_batch"])
@pytest.mark.parametrize("first", ["dense", "conv"])
def test_images_that_are_not_finite_are_refused(what, first):
    """By the program itself where a dense layer reads them, else before it runs: no weight is the worse for it."""
    layers = {"dense": [Input((6, 6, 1)), Flatten()], "conv": [Input((6, 6, 1)), Conv2D(2, 3), Flatten()]}[first]
    model = Sequential([*layers, Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = np.ones((20, 6, 6, 1), np.float32), np.zeros(20)
    x[13, 2, 1] = np.nan
    before = [weight.copy() for weight in model.get_weights()]
    message = r"`x` holds values that are not finite\n.*\n.*the first is x\[13, 2, 1, 0\] = nan"
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            getattr(model, what)(x, y)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    assert model.optimizer.iterations == 0
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, batch_size=5, shuffle=False, verbose=0)
    assert model.optimizer.iterations == (2 if first == "dense" else 0)
    x[13] = 0
    model.fit(x, y, verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_bad_image_among_many_ends_training_on_several_threads():
    model = Sequential([Input((40,)), Dense(50, activation="relu"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = np.ones((3000, 40), np.float32), np.zeros(3000)
    x[2021, 39] = -np.inf
    planish.set_num_threads(4)
    try:
        with pytest.raises(ValueError, match=r"the first is x\[2021, 39\] = -inf"):
            model.fit(x, y, batch_size=32, shuffle=False, verbose=0)
    finally:
        planish.set_num_threads(None)
    assert model.optimizer.iterations == 2021 // 32
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_images_that_were_bad_only_while_training_ran(monkeypatch):
    model = Sequential([Input((40,)), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    monkeypatch.setattr(executable.TrainingExecutable, "run", lambda *arguments, **named: 0)
    with pytest.raises(ValueError, match="`x` held values that are not finite while the model was trained"):
        model.fit(np.ones((8, 40), np.float32), np.zeros(8), verbose=0)
