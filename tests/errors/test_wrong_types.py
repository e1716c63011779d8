"""Whatever is passed to `fit`, `evaluate` and `predict`: it works, or an error in the house's form says why not."""

import datetime
import warnings

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential

X, Y = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32), np.array([0, 1] * 4)


class Series:
    """Data with `to_numpy` only, as libraries of tables have it."""

    def __init__(self, array):
        self._array = array

    def to_numpy(self):
        return self._array

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return iter(self._array)


class ArrayLike:
    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._array, dtype)


VALUES = (
    *(None, 3, 2.5, "abc", b"abc", {"a": 1}, {}, {1, 2}, [], (), True, float("nan"), 1j, range(8), object(), dict),
    *(lambda: 1, [[1, 2], [1]], [[[1, 2], [3]]] * 8, [None] * 8, ["a"] * 8, [10**30] * 8, [-1] * 8, np.array(3)),
    *(np.array([0, None] * 4, object), Y.astype(object), np.array(["cat", "dog"] * 4), Y.astype("datetime64[D]")),
    *(Y.astype(complex), X.astype(complex), np.zeros(8, [("a", "f4")]), [datetime.date.today()] * 8),
    *(X.astype(np.float16), X > 0, np.ma.array(X), X.astype(np.longdouble), np.full(8, 2**63, np.uint64)),
    *(np.zeros((0, 3)), np.zeros(7), X.tolist(), Y.tolist(), (X, Y), [X, Y], (X, Y, np.ones(8))),
    *(Series(X), Series(Y), ArrayLike(X), ArrayLike(Y), memoryview(np.zeros(8)), bytearray(8), np.float64(0.5)),
)
RUN = ("batch_size", "verbose", "callbacks")
FIT = (
    *("x", "y", "sample_weight", "class_weight", *RUN, "epochs", "validation_split", "validation_data", "shuffle"),
    *("initial_epoch", "steps_per_epoch", "validation_steps", "validation_batch_size", "validation_freq"),
)
METHODS = {
    "fit": FIT,
    "evaluate": ("x", "y", "sample_weight", *RUN, "steps"),
    "predict": ("x", *RUN, "steps"),
    "train_on_batch": ("x", "y", "sample_weight", "class_weight"),
    "test_on_batch": ("x", "y", "sample_weight"),
    "predict_on_batch": ("x",),
}


@pytest.fixture(scope="module")
def model():
    made = Sequential([Input((3,)), Dense(2, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return made


@pytest.mark.parametrize(
    ("method", "argument"), [(method, name) for method, names in METHODS.items() for name in names]
)
def test_every_value_works_or_is_explained(model, method, argument):
    bare = []
    for value in VALUES:
        arguments = {"x": X} if "predict" in method else {"x": X, "y": Y}
        if not method.endswith("batch"):
            arguments["verbose"] = 0
        if argument in ("validation_steps", "validation_batch_size", "validation_freq"):
            arguments["validation_data"] = (X, Y)
        arguments[argument] = value
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                getattr(model, method)(**arguments)
        except (ValueError, TypeError) as error:
            if "\n  expected:" not in str(error) and "\n  remedy:" not in str(error):
                bare.append(f"{value!r}: {type(error).__name__}: {error}")
    assert not bare


@pytest.mark.parametrize("value", ["32", 2.5, 0, -1, True, [32], np.array([32])])
def test_a_batch_size_is_a_whole_number(model, value):
    for method in ("fit", "evaluate", "predict"):
        data = (X,) if method == "predict" else (X, Y)
        with pytest.raises(ValueError, match="`batch_size` is wrong\n  expected: a whole number, 1 or more"):
            getattr(model, method)(*data, batch_size=value, verbose=0)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("epochs", 2.5),
        ("epochs", "2"),
        ("shuffle", "no"),
        ("shuffle", X),
        ("validation_split", "0.2"),
        ("validation_split", 1.0),
        ("validation_split", -0.1),
        ("validation_freq", "2"),
        ("validation_freq", [1, "2"]),
        ("validation_freq", X),
        ("verbose", X),
        ("verbose", "loud"),
    ],
)
def test_arguments_of_fit_are_explained(model, argument, value):
    with pytest.raises(ValueError, match=f"`{argument}` is") as caught:
        model.fit(X, Y, **{"verbose": 0, argument: value})
    assert "expected:" in str(caught.value)


@pytest.mark.parametrize("x", [Series(X), ArrayLike(X), X.tolist(), X.astype(np.float64), X.astype(">f4")])
@pytest.mark.parametrize("y", [Series(Y), ArrayLike(Y), Y.tolist(), Y.astype(np.float16), Y[:, None]])
def test_data_of_every_form_give_the_same(model, x, y):
    expected = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected)


def test_rows_change_places_within_their_batches():
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", trainable=False)])
    seen = []

    def sums(y_true, y_pred):
        seen.append(sorted(y_pred[:, 0].tolist()))
        return y_pred

    model.compile("sgd", "mse", metrics=[sums], run_eagerly=True)
    x = np.arange(10.0)[:, None]
    model.fit(x, x, batch_size=4, shuffle="batch", verbose=0, epochs=2)
    assert [item for group in seen for item in group] == [float(number) for number in range(10)] * 2
