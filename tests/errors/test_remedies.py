"""Remedies are typed: the mistake is made, what the error says is executed, and then the same line has to work."""

import ast
import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential

X, Y = np.random.default_rng(0).normal(size=(8, 3)), np.array([0, 1] * 4)
NAMES = np.array(["cat", "dog"] * 4)


class Sparse:
    """A matrix as SciPy has them."""

    shape, ndim = X.shape, 2

    def __init__(self, array):
        self._array = array

    def toarray(self):
        return self._array

    def __len__(self):
        raise TypeError("sparse array length is ambiguous")

    def __getitem__(self, place):
        return self._array[place]

    def __iter__(self):
        return iter(self._array)


class DataSet:
    """One image after the other, as tf.data has them before they are batched."""

    def __init__(self, items):
        self._items = items

    def __iter__(self):
        return iter(self._items)

    def batch(self, size):
        return DataSet([tuple(np.stack(part) for part in zip(*self._items, strict=True))])


def of_objects(*items):
    array = np.empty(len(items), object)
    array[:] = items
    return array


def code_of(error):
    """What a remedy says to type: the first line of it that is Python, without the words in front."""
    remedy = str(error).rpartition("remedy:")[2].strip()
    for line in remedy.splitlines():
        for text in (line.strip(), line.partition(": ")[2].strip(), line.strip().removeprefix("pass ")):
            try:
                if text and ast.parse(text).body:
                    return text
            except SyntaxError:
                continue
    raise AssertionError(f"nothing to type in: {remedy}")


def typed(error, names, argument):
    """Executes the remedy; an expression becomes the value of the argument."""
    code = code_of(error)
    if isinstance(ast.parse(code).body[0], ast.Expr) and not code.startswith(("os.", "model.")):
        code = f"{argument} = {code}"
    exec(code, names)


@pytest.fixture
def model():
    made = Sequential([Input((3,)), Dense(2, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return made


FIT = "model.fit(x, y, verbose=0)"
ARGUMENTS = {
    "sparse images": ("x", {"x": Sparse(X)}),
    "sparse targets": ("y", {"y": Sparse(Y)}),
    "sparse weights": ("w", {"w": Sparse(np.ones(8))}),
    "both in a tuple": ("x", {"x": (X, Y), "y": None}),
    "both in a list": ("x", {"x": [X, Y], "y": None}),
    "all three in a tuple": ("x", {"x": (X, Y, np.ones(8)), "y": None}),
    "the images twice in a tuple": ("x", {"x": (X, X), "y": None}),
    "images as objects": ("x", {"x": X.astype(object)}),
    "images in an array of objects": ("x", {"x": of_objects(*X)}),
    "images as text": ("x", {"x": X.astype(str)}),
    "images with dates": ("x", {"x": X.astype("timedelta64[s]")}),
    "complex images": ("x", {"x": X.astype(complex)}),
    "images of fields": ("x", {"x": np.ones(8, [("a", "f4"), ("b", "f4"), ("c", "f4")])}),
    "images of fractions": ("x", {"x": [[Fraction(1, 3)] * 3] * 8}),
    "names as targets": ("y", {"y": NAMES}),
    "names in a list": ("y", {"y": NAMES.tolist()}),
    "names as objects": ("y", {"y": NAMES.astype(object)}),
    "bytes as targets": ("y", {"y": NAMES.astype("S")}),
    "names and numbers": ("y", {"y": ["cat", 1] * 4}),
    "numbers as objects": ("y", {"y": Y.astype(object)}),
    "numbers as text": ("y", {"y": Y.astype(str)}),
    "decimals": ("y", {"y": [Decimal(0), Decimal(1)] * 4}),
    "one number for all": ("y", {"y": 1}),
    "one number of NumPy's for all": ("y", {"y": np.int64(1)}),
    "an array without axes": ("y", {"y": np.array(1)}),
    "complex targets": ("y", {"y": Y.astype(complex)}),
    "durations": ("y", {"y": Y.astype("timedelta64[s]")}),
    "days": ("y", {"y": Y.astype("datetime64[D]")}),
    "targets lying on their side": ("y", {"y": Y[None]}),
}


@pytest.mark.parametrize("mistake", ARGUMENTS)
@pytest.mark.parametrize("call", [FIT, "model.evaluate(x, y, verbose=0)", "model.train_on_batch(x, y)"])
def test_data_of_the_wrong_kind(model, mistake, call):
    argument, given = ARGUMENTS[mistake]
    if argument == "w":
        call = call.replace("(x, y", "(x, y, sample_weight=sample_weight")
        argument, given = "sample_weight", {"sample_weight": given["w"]}
    names = {"np": np, "model": model, "x": X, "y": Y, **given}
    if mistake == "the images twice in a tuple":
        model.compile("sgd", "mse", run_eagerly=True)
        model.add(Dense(3))
    with pytest.raises((ValueError, TypeError)) as caught:
        exec(call, names)
    typed(caught.value, names, argument)
    exec(call, names)


@pytest.mark.parametrize("mistake", [name for name, (argument, _) in ARGUMENTS.items() if argument == "x"])
def test_images_of_the_wrong_kind_in_predict(model, mistake):
    names = {"np": np, "model": model, "x": ARGUMENTS[mistake][1]["x"]}
    for call in ("model.predict(x, verbose=0)", "model.predict_on_batch(x)"):
        with pytest.raises((ValueError, TypeError)) as caught:
            exec(call, names)
    typed(caught.value, names, "x")
    exec("assert model.predict(x, verbose=0).shape == (8, 2)", names)


def test_a_data_set_that_is_not_batched(model):
    for items in ([*zip(X, Y, strict=True)], [*zip(X, np.eye(2)[Y], strict=True)]):
        names = {"np": np, "model": model, "data": DataSet(items)}
        if items[0][1].ndim:
            model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
        with pytest.raises(ValueError, match="not a batch") as caught:
            exec("model.fit(data, verbose=0)", names)
        typed(caught.value, names, "data")
        exec("model.fit(data, verbose=0)", names)


def test_what_is_no_number_is_shown_where_it_is(model):
    for y, shown in (([0, None] * 4, "None of type NoneType at y[1]"), ([datetime.date.today(), 0] * 4, "at y[0]")):
        with pytest.raises(TypeError, match="`y` does not hold plain numbers") as caught:
            model.fit(X, y, verbose=0)
        assert shown in str(caught.value)


def test_targets_beside_a_generator_are_left_out(model):
    with pytest.raises(ValueError, match="`y` cannot be given when `x` is a generator") as caught:
        model.fit((batch for batch in [(X, Y)]), Y, verbose=0)
    assert "leave y out" in str(caught.value)
    model.fit((batch for batch in [(X, Y)]), verbose=0)


# ---------------------------------------------------------------------- files


def test_the_name_of_weights_without_its_middle(model, tmp_path):
    model.save_weights(tmp_path / "best.weights.h5")
    with pytest.raises(FileNotFoundError, match="there is no file") as caught:
        model.load_weights(tmp_path / "best.h5")
    typed(caught.value, {"model": model}, "path")


def test_an_hdf5_file_of_something_else(model, tmp_path):
    import h5py

    path = str(tmp_path / "old.h5")
    with h5py.File(path, "w") as file:
        file["measurements"] = [1.0]
    with pytest.raises(
        ValueError, match="is an HDF5 file without a Keras model: planish does not read weights from it"
    ):
        model.load_weights(path)


@pytest.mark.parametrize("name", ["m", "m.tf", "m.txt"])
def test_models_are_saved_under_the_name_of_the_remedy(model, tmp_path, name):
    with pytest.raises(ValueError, match="does not say what to write") as caught:
        model.save(tmp_path / name)
    model.save(ast.literal_eval(code_of(caught.value)))
    assert [path.suffix for path in tmp_path.iterdir()] == [".keras"]


@pytest.mark.parametrize("name", ["m", "m.keras"])
def test_weights_are_saved_under_the_name_of_the_remedy(model, tmp_path, name):
    with pytest.raises(ValueError, match="does not say what to write") as caught:
        model.save_weights(tmp_path / name)
    model.save_weights(ast.literal_eval(code_of(caught.value)))
    assert [path.name for path in tmp_path.iterdir()] == ["m.weights.h5"]
