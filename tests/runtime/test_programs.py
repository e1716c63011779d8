"""Which models share a program."""

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.runtime import programs
from planish.utils import set_random_seed


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """Nothing compiled yet, in this process or on disk."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path))

    def forget():
        monkeypatch.setattr(programs, "_COMPILED", {})

    forget()
    return forget


def trained(first, second, units=4):
    """Outputs and weights of a model, whose layers have these names, after three epochs."""
    set_random_seed(3)
    layers = [Input((6, 6, 1)), Conv2D(3, 3, name=first), Flatten(), Dense(units, activation="softmax", name=second)]
    model = Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    x, y = random.random((40, 6, 6, 1), np.float32), random.integers(0, units, 40)
    model.fit(x, y, epochs=3, verbose=0)
    return [model.predict(x, verbose=0), *model.get_weights()]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_names_of_layers_do_not_make_another_program(fresh, monkeypatch):
    expected = trained("conv2d", "dense")
    made = []
    monkeypatch.setattr(programs, "_made", lambda *arguments: made.append(arguments))
    assert same(trained("z", "a"), expected)  # in the other order of the alphabet, too
    fresh()
    assert same(trained("again", "and_again"), expected)  # from disk
    assert not made


def test_other_sizes_do(fresh):
    trained("conv2d", "dense")
    before = len(programs._COMPILED)
    trained("conv2d", "dense", units=5)
    assert len(programs._COMPILED) == 2 * before


def test_another_level_of_llvm_does(fresh, monkeypatch):
    found = []
    for level in ("0", "2"):
        monkeypatch.setenv("PLANISH_LLVM_LEVEL", level)
        found.append(trained("conv2d", "dense"))
    assert same(*found)
    assert len(programs._COMPILED) == 4


def test_parameters_of_one_shape_are_not_exchanged(fresh):
    """Two equal layers, of which a program with the names the other way round is asked for next."""

    def output(names):
        model = Sequential([Input((3,)), Dense(3, name=names[0]), Dense(3, name=names[1])])
        model.set_weights([np.full((3, 3), 2.0), np.zeros(3), np.eye(3), np.arange(3.0)])
        return model.predict(np.ones((1, 3)), verbose=0)

    np.testing.assert_array_equal(output(["a", "b"]), [[6, 7, 8]])
    np.testing.assert_array_equal(output(["b", "a"]), [[6, 7, 8]])
