"""Every public name of Keras's is in planish, or planish says what to use instead, wherever the name is used."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import planish
from planish import absent
from planish.absent import table
from tests.rows import failures

NAMES = json.loads((Path(__file__).parent / "names.json").read_text(encoding="utf-8"))


def module_of(room):
    """planish's module of the same name; None if it has none."""
    try:
        return importlib.import_module(f"planish.{room}".rstrip("."))
    except ModuleNotFoundError:
        return None


def kind(value):
    if isinstance(value, ModuleType):
        return "module"
    return "class" if isinstance(value, type) else "function"


def test_every_name_is_there_or_told():
    def check(room):
        module = module_of(room)
        for name, recorded in NAMES[room].items():
            text = absent.told(room, name)
            if module is not None and hasattr(module, name):
                assert text is None, f"{name} is in planish and in the table"
                assert kind(getattr(module, name)) == recorded.partition(" ")[0], name
            else:
                assert text is not None, f"{name} is neither in planish nor in the table"
                assert text.startswith("Keras has keras.")
                assert "; planish does not\n  remedy: " in text

    assert failures(NAMES, check) == {}


def test_the_table_has_no_name_that_keras_does_not_have():
    def check(room):
        assert {(room, name) for name in table.names(room) - set(NAMES[room])} <= table.BEFORE_KERAS_3

    assert failures(table.rooms(), check) == {}


def test_two_names_of_one_thing_in_keras_are_two_names_of_one_thing_here():
    def check(room):
        module = module_of(room)
        if module is None:
            return
        for name, recorded in NAMES[room].items():
            original = recorded.partition(" ")[2]
            if original != name and NAMES[room].get(original) == recorded and hasattr(module, name):
                assert getattr(module, name) is getattr(module, original), name

    assert failures(NAMES, check) == {}


def test_an_attribute():
    with pytest.raises(AttributeError) as caught:
        planish.layers.RandomHeight  # noqa: B018
    assert str(caught.value) == (
        "Keras has keras.layers.RandomHeight; planish does not\n"
        "  remedy: planish.layers.RandAugment(), or other image layers, such as RandomShear(0.2, 0.2)"
    )
    assert not hasattr(planish.layers, "RandomHeight")
    assert "RandomHeight" not in dir(planish.layers)
    assert getattr(planish.layers, "RandomHeight", None) is None


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from planish.layers.convolutional import Conv2D", "layers.convolutional"),
        ("from planish.layers.experimental import preprocessing", "layers.experimental"),
        ("from planish.utils import np_utils", "utils.np_utils"),
    ],
)
def test_what_only_keras_2_had(statement, name):
    with pytest.raises(ImportError, match=rf"^Keras 2 had keras\.{name}; planish does not\n  remedy: "):
        exec(statement)


def test_a_name_that_keras_does_not_have_either():
    with pytest.raises(AttributeError, match=r"^module 'planish.layers' has no attribute 'Dens'$") as caught:
        planish.layers.Dens  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("Dens", planish.layers)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from planish.layers import Dense, RandomHeight", "layers.RandomHeight"),
        ("from planish.callbacks import RemoteMonitor", "callbacks.RemoteMonitor"),
        ("from planish.datasets import imdb", "datasets.imdb"),
        ("from planish.losses import CTC", "losses.CTC"),
        ("from planish.optimizers.legacy import Adam", "optimizers.legacy"),
        ("from planish.preprocessing.text import Tokenizer", "preprocessing.text"),
        ("import planish.preprocessing.sequence", "preprocessing.sequence"),
        ("import planish.quantizers", "quantizers"),
        ("from planish.dtype_policies import DTypePolicyMap", "dtype_policies.DTypePolicyMap"),
    ],
)
def test_an_import(statement, name):
    with pytest.raises(ImportError) as caught:
        exec(statement)
    assert str(caught.value).startswith(f"Keras has keras.{name}; planish does not\n  remedy: ")


def test_an_import_of_what_nobody_has():
    with pytest.raises(ImportError, match=r"cannot import name 'Dens' from 'planish\.layers'"):
        exec("from planish.layers import Dens")
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'planish\.nothing'"):
        exec("import planish.nothing")


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (lambda: planish.optimizers.get("multi_optimizer"), "optimizers.MultiOptimizer"),
        (lambda: planish.losses.get("ctc"), "losses.ctc"),
        (lambda: planish.losses.get("CTC"), "losses.CTC"),
        (lambda: planish.initializers.get("stft"), "initializers.stft"),
        (lambda: planish.layers.deserialize({"class_name": "LSTM", "config": {}}), "layers.LSTM"),
        (
            lambda: planish.optimizers.deserialize({"class_name": "MultiOptimizer", "config": {}}),
            "optimizers.MultiOptimizer",
        ),
        (lambda: planish.losses.deserialize({"class_name": "CTC", "config": {}}), "losses.CTC"),
    ],
)
def test_a_string(use, name):
    with pytest.raises(ValueError, match=rf"^Keras has keras\.{name}; planish does not\n  remedy: "):
        use()


def test_strings_of_compile():
    model = planish.Sequential([planish.Input((3,)), planish.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"Keras has keras\.optimizers\.MultiOptimizer; planish does not"):
        model.compile("multi_optimizer", "mse")
    with pytest.raises(ValueError, match=r"Keras has keras\.losses\.CTC; planish does not"):
        model.compile("adam", "CTC")


def test_importing_the_rooms_does_not_read_the_table():
    code = "import sys, planish.models, planish.losses; print('planish.absent.table' in sys.modules)"
    root = Path(__file__).parent.parent.parent
    finished = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"
