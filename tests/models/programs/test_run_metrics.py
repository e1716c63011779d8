"""What a run counts is its own, whatever else uses the model while it runs."""

import copy
import pickle
import threading

import numpy as np
import pytest

from planish import metrics
from planish.callbacks import Callback
from planish.layers import Dense, Input
from planish.models import Sequential, load_model

RANDOM = np.random.default_rng(5)
X, Y = RANDOM.random((64, 4), dtype=np.float32), RANDOM.integers(0, 3, 64)
X_OTHER, Y_OTHER = RANDOM.random((24, 4), dtype=np.float32), RANDOM.integers(0, 3, 24)


def model_with(given, start=None, **options):
    model = Sequential([Input((4,)), Dense(3, activation="softmax")])
    if start is not None:
        model.set_weights(start)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=given, **options)
    return model


START = model_with(None).get_weights()
GIVEN = {
    "names": lambda: ["accuracy"],
    "objects": lambda: [metrics.SparseCategoricalAccuracy(), metrics.SparseTopKCategoricalAccuracy(2)],
    "a loss": lambda: [metrics.SparseCategoricalCrossentropy()],
}


class Disturbing(Callback):
    """Uses the model's metrics in every hook."""

    def __init__(self, disturb):
        super().__init__()
        self.disturb = disturb

    def on_train_batch_end(self, batch, logs=None):
        self.disturb(self.model)

    on_epoch_begin = on_train_batch_begin = on_test_batch_end = on_train_batch_end


class Rows:
    """Batches that use the model before they are handed over."""

    def __init__(self, model, disturb):
        self.model, self.disturb = model, disturb

    def __iter__(self):
        for start in range(0, 64, 16):
            self.disturb(self.model)
            yield X[start : start + 16], Y[start : start + 16]


DISTURBANCES = {
    "evaluate": lambda model: model.evaluate(X_OTHER, Y_OTHER, verbose=0),
    "test_on_batch": lambda model: model.test_on_batch(X_OTHER, Y_OTHER),
    "reset_metrics": lambda model: model.reset_metrics(),
    "a metric's own reset": lambda model: [metric.reset_state() for metric in model.metrics],
    "a metric's own update": lambda model: [
        metric.update_state(Y_OTHER, model.predict(X_OTHER, verbose=0)) for metric in model.metrics[1:]
    ],
}


def nothing(model):
    pass


def watched(disturb, given):
    model = model_with(given(), START)
    history = model.fit(
        X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0, validation_data=(X_OTHER, Y_OTHER),
        callbacks=[Disturbing(disturb)],
    )  # fmt: skip
    return history.history


def fed(disturb, given):
    model = model_with(given(), START)
    return model.fit(Rows(model, disturb), epochs=2, verbose=0).history


@pytest.mark.parametrize("disturb", DISTURBANCES.values(), ids=DISTURBANCES)
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("run", [watched, fed])
def test_history_is_that_of_an_undisturbed_run(run, given, disturb):
    assert run(disturb, given) == run(nothing, given)


def test_training_on_a_batch_in_a_hook_leaves_the_metrics_of_fit():
    still = model_with(["accuracy"], START, run_eagerly=True)
    still.optimizer.learning_rate = 0.0
    undisturbed = still.fit(X, Y, batch_size=16, verbose=0).history
    assert undisturbed == still.fit(
        X, Y, batch_size=16, verbose=0, callbacks=[Disturbing(lambda model: model.train_on_batch(X_OTHER, Y_OTHER))]
    ).history  # fmt: skip


def test_evaluation_in_other_threads():
    model = model_with([metrics.SparseCategoricalAccuracy(), "accuracy"])
    expected = model.evaluate(X, Y, batch_size=4, verbose=0), model.evaluate(X_OTHER, Y_OTHER, batch_size=4, verbose=0)
    results = [[], []]

    def run(place, data):
        for _ in range(20):
            results[place].append(model.evaluate(*data, batch_size=4, verbose=0, callbacks=[Disturbing(nothing)]))

    threads = [
        threading.Thread(target=run, args=(place, data)) for place, data in enumerate([(X, Y), (X_OTHER, Y_OTHER)])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[expected[0]] * 20, [expected[1]] * 20]


def test_a_metric_may_evaluate_the_model_while_it_counts():
    class Nosy(metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            if len(y_true) == 64:
                other = nosy.evaluate(X_OTHER, Y_OTHER, verbose=0, return_dict=True)
                seen.append(other["accuracy"])
            super().update_state(y_pred[:, 0])

    seen = []
    nosy = model_with(["accuracy", Nosy(name="nosy")], START)
    expected = {
        place: model_with(["accuracy"], START).evaluate(*data, verbose=0)[1]
        for place, data in enumerate([(X, Y), (X_OTHER, Y_OTHER)])
    }
    results = nosy.evaluate(X, Y, batch_size=64, verbose=0, return_dict=True)
    assert (results["accuracy"], seen) == (expected[0], [expected[1]])
    assert results["nosy"] == pytest.approx(nosy.predict(X, verbose=0)[:, 0].mean())


def test_a_metric_holds_what_was_counted_last():
    mine = metrics.SparseCategoricalAccuracy()
    model = model_with([mine])
    for data in ((X, Y), (X_OTHER, Y_OTHER)):
        assert model.evaluate(*data, verbose=0)[1] == mine.result() == model.metrics[1].result()
    model.reset_metrics()
    assert mine.result() == 0


def test_one_metric_for_two_models():
    shared = metrics.SparseCategoricalAccuracy()
    one, two = model_with([shared], START), model_with([shared], START)
    alone = model_with(["accuracy"], START).fit(X, Y, batch_size=16, verbose=0, shuffle=False).history
    history = one.fit(
        X, Y, batch_size=16, verbose=0, shuffle=False,
        callbacks=[Disturbing(lambda model: two.evaluate(X_OTHER, Y_OTHER, verbose=0))],
    ).history  # fmt: skip
    assert history["sparse_categorical_accuracy"] == alone["accuracy"]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_models_that_have_run_are_copied(again):
    model = model_with([metrics.SparseCategoricalAccuracy()])
    results = model.evaluate(X, Y, verbose=0)
    assert again(model).evaluate(X, Y, verbose=0) == results


RECOMPILED = [  # what Keras 3.15.1 on TensorFlow reports after compile(metrics=["mae"]) and a second compile of this
    ({}, ["loss", "mae"]),
    ({"loss": "mae"}, ["loss", "mae"]),
    ({"metrics": []}, ["loss"]),
    ({"metrics": ["mse"]}, ["loss", "mse"]),
    ({"weighted_metrics": ["mse"]}, ["loss", "mse"]),
]


@pytest.mark.parametrize("run_between", [False, True])
@pytest.mark.parametrize(("arguments", "names"), RECOMPILED)
def test_a_second_compile_without_metrics_keeps_them_as_in_keras(arguments, names, run_between, tmp_path):
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    if run_between:
        model.evaluate(X, Y, verbose=0)
    model.compile("sgd", **{"loss": "mse", **arguments})
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == names
    assert model.metrics_names == names
    model.save(tmp_path / "model.keras")

    assert list(load_model(tmp_path / "model.keras").evaluate(X, Y, verbose=0, return_dict=True)) == names
