"""What a notebook shows of a user's mistake: the user's line, and the message; of planish's own faults: everything."""

import pickle
import sys
import traceback
import types

import numpy as np
import pytest

from planish import config
from planish.errors import explain, is_explained
from planish.layers import Dense, Input
from planish.models import Sequential, load_model
from planish.structure import shapes
from planish.tracebacks import short_in_notebooks


@pytest.fixture
def notebook(monkeypatch):
    """As if IPython ran the test."""
    shell = types.ModuleType("IPython")
    shell.get_ipython = object
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.delitem(sys.modules, "IPython.core.getipython", raising=False)


@pytest.fixture
def model():
    model = Sequential([Input((3,)), Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


X, Y = np.zeros((4, 3), np.float32), np.zeros(4)

MISTAKES = {
    "compile": lambda model: model.compile(optimizer="adamm"),
    "fit": lambda model: model.fit(X[:, :2], Y, verbose=0),
    "evaluate": lambda model: model.evaluate(X, Y[:2], verbose=0),
    "predict": lambda model: model.predict(X[:, :2], verbose=0),
    "predict_on_batch": lambda model: model.predict_on_batch(X[:, :2]),
    "train_on_batch": lambda model: model.train_on_batch(X, Y - 7),
    "add": lambda model: model.add(3),
    "get_layer": lambda model: model.get_layer("absent"),
    "program": lambda model: model.program(emit="poem"),
    "activations": lambda model: model.activations(X, "absent"),
    "contributions": lambda model: model.contributions(X[:1]),
    "load_weights": lambda model: model.load_weights("absent.weights.h5"),
    "load_model": lambda model: load_model("absent.keras"),
    "shapes": lambda model: shapes([3], 4),
}


def frames(mistake, model):
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        mistake(model)
    error = caught.value
    assert is_explained(error)
    return error, [frame.name for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_shown_at_the_users_line(notebook, model, name):
    error, names = frames(MISTAKES[name], model)
    inside = names[names.index("<lambda>") + 1 :]
    assert len(inside) <= 3, inside
    assert inside[-1] == "entrance"
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_script_shows_every_frame(model):
    _, names = frames(MISTAKES["fit"], model)
    assert len(names) > 5


def test_a_notebook_shows_every_frame_if_it_is_asked_to(notebook, model):
    config.disable_traceback_filtering()
    try:
        assert not config.is_traceback_filtering_enabled()
        _, names = frames(MISTAKES["fit"], model)
    finally:
        config.enable_traceback_filtering()
    assert config.is_traceback_filtering_enabled()
    assert len(names) > 5


@pytest.mark.parametrize("error", [ValueError("invalid literal"), KeyError("x"), RuntimeError(3), ValueError()])
def test_faults_of_planish_keep_their_frames(notebook, error):
    def deep():
        raise error

    @short_in_notebooks
    def entered():
        deep()

    with pytest.raises(type(error)) as caught:
        entered()
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][-1] == "deep"


def test_an_entrance_looks_like_the_function_behind_it():
    assert Sequential.fit.__name__ == "fit"
    assert Sequential.fit.__doc__.startswith("Trains")


def test_a_message_travels_to_another_process():
    error = pickle.loads(pickle.dumps(ValueError(explain(what="wrong", remedy="right"))))
    assert is_explained(error)
    assert str(error) == "wrong\n  remedy: right"
