"""Functions and classes of Keras's names take Keras's arguments, in Keras's order and with Keras's defaults.

An argument that planish has no meaning for is there as well, and refused by name (`tests/keras/test_arguments.py`).
"""

import functools
import inspect

from tests.keras import signatures

OF_THEIR_OWN = {
    "Variable": "variables are made by layers, which know their path",
    "Layer.call": "a layer's author writes call(x, context): docs/adding-a-layer.md",
    "datasets.mnist.load_data": "no path, too, means Keras's mnist.npz",
    "distribution.LayoutMap": "refused, whatever it is given: every rank has the whole model",
    "distribution.ModelParallel": "refused, as LayoutMap",
    "distribution.TensorLayout": "refused, as LayoutMap",
    "Layer.add_weight": "the name may come first; the shape may, too",
}
"""What differs, and why."""


def is_of_its_own(name):
    short = (
        name.removeprefix("layers.")
        .removeprefix("models.")
        .replace("Model.", "Layer.")
        .replace("Sequential.", "Layer.")
    )
    return short in OF_THEIR_OWN


def named(arguments):
    """{name: default as text, None if there is none}, without what takes any others."""
    split = (argument.partition("=") for argument in arguments if not argument.startswith("*"))
    return {name: default if equals else None for name, equals, default in split if name not in ("self", "cls")}


@functools.cache
def compared():
    """What there is in both, without what is of its own."""
    return [pair for pair in signatures.pairs() if not is_of_its_own(pair[0])]


def differences(recorded, function):
    """What is not as in Keras, in words."""
    expected, own = named(recorded), named(signatures.arguments_of(function))
    yield from (f"no argument {argument}" for argument in set(expected) - set(own))
    here = [argument for argument in signatures.positional(function) if argument not in ("self", "cls")]
    if here[: len(expected)] != list(expected)[: len(here)]:
        yield f"the order {here}"
    for argument, default in expected.items():
        given = own.get(argument, default)
        if (
            default not in (None, given, "...")
            and given != "..."
            and not names_itself(argument, given, default, function)
        ):
            yield f"{argument}={given}, Keras {default}"


def names_itself(argument, given, default, function):
    """Whether it is an automatic name that is the same."""
    return argument == "name" and given == "None" and repr(made(function).name) == default


def test_arguments_are_those_of_keras():
    """In one test, since one for each of the functions would take longer than all of it."""
    assert [*differences(["x", "y=1"], lambda y=1, z=2: None)] == ["no argument x", "the order ['y', 'z']"]
    found = {name: [*differences(recorded, function)] for name, recorded, function in compared()}
    assert {name: apart for name, apart in found.items() if apart} == {}


def made(class_):
    """An object of a class, with ones for the arguments that it needs."""
    needed = [
        p for p in inspect.signature(class_).parameters.values() if p.default is p.empty and p.kind != p.VAR_KEYWORD
    ]
    return class_(*(1 for _ in needed))


def test_much_is_compared():
    assert len(compared()) > 300
    assert {pair[0] for pair in compared()} >= {
        "layers.Dense",
        "Model.fit",
        "losses.Huber",
        "optimizers.Adam",
        "callbacks.EarlyStopping",
    }
