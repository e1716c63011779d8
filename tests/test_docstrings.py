"""Public functions and classes say what their arguments are, and have an example that runs.

In the examples, `import planish as keras` and `import numpy as np` have been done.
"""

import doctest
import importlib
import inspect
import re

import numpy as np
import pytest

import planish

ROOMS = (
    "activations", "callbacks", "flattening", "initializers", "layers", "losses", "metrics", "models", "optimizers",
    "optimizers.schedules", "preprocessing.image", "random", "regularizers", "structure", "utils",
)  # fmt: skip
EVERYWHERE = {"self", "name", "dtype"}
"""Arguments that need no explanation where nothing is special about them."""

NEEDS_DATA = {"cifar10", "cifar100", "fashion_mnist", "mnist"}
"""Data sets that are downloaded when they are first used."""


def public_objects():
    """Every function and class that is public and planish's own, once, by its name."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"planish.{room}")
        names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
        for name in names:
            value = getattr(module, name)
            own = getattr(value, "__module__", "").startswith(f"planish.{room.partition('.')[0]}")
            if callable(value) and own and value not in found:
                found[value] = f"{room}.{name}"
    for name in planish.datasets.__all__:
        found[getattr(planish.datasets, name).load_data] = f"datasets.{name}.load_data"
    return found


OBJECTS = public_objects()
EXAMPLES = {value: name for value, name in OBJECTS.items() if name.split(".")[1] not in NEEDS_DATA}


def explained(value):
    """The docstring of a function; of a class, with those of the classes that it is made of."""
    classes = inspect.getmro(value) if isinstance(value, type) else (value,)
    own = [each for each in classes if each.__module__.startswith("planish")]
    return "\n".join(each.__doc__ or "" for each in own)


def unspoken_of(value):
    parameters = inspect.signature(value).parameters.values()
    named = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} - EVERYWHERE
    text = explained(value)
    return {name for name in named if not name.startswith("_") and not re.search(rf"\b{name}\b", text)}


def test_every_argument_is_spoken_of():
    assert len(OBJECTS) > 300
    assert {name: missing for value, name in OBJECTS.items() if (missing := unspoken_of(value))} == {}


@pytest.mark.parametrize("value", EXAMPLES, ids=EXAMPLES.values())
def test_its_example_runs(value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    planish.utils.clear_session(free_memory=False)
    planish.utils.set_random_seed(0)
    names = {"keras": planish, "np": np, "__name__": "example"}
    example = doctest.DocTestParser().get_doctest(value.__doc__, names, OBJECTS[value], None, 0)
    assert example.examples, "there is no example"
    told = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
    assert not told, "".join(told)
