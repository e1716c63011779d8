"""Records under which names real Keras saves its operations, for a test that runs without it.

    KERAS_BACKEND=tensorflow python tests/keras/record_operations.py

operations.json: for each function of `keras.ops`, and for `keras.activations.relu`, the module and the class of the
operation that it adds to a model when it is called on symbolic tensors, and the arguments of the class's constructor
and of its call, as they stand in saved files; null if the function only calls others.
"""

import ast
import inspect
import json
import textwrap
from pathlib import Path

import keras
from keras.src.ops.operation import Operation

FOLDER = Path(__file__).parent


def class_of(function):
    """The one class of operations that the function's source makes an object of."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    called = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    found = {name: getattr(inspect.getmodule(function), name, None) for name in called}
    classes = {value for value in found.values() if isinstance(value, type) and issubclass(value, Operation)}
    assert len(classes) <= 1, (function, classes)
    return next(iter(classes), None)


def arguments(function):
    return [name for name in inspect.signature(function).parameters if name not in ("self", "name", "args", "kwargs")]


def operation_of(function):
    class_ = class_of(function)
    if class_ is None:
        return None
    made = [] if class_.__init__ is Operation.__init__ else arguments(class_.__init__)
    return [class_.__module__, class_.__name__, made, arguments(class_.call)]


def main():
    functions = dict(inspect.getmembers(keras.ops, inspect.isfunction))
    for room in ("image", "linalg"):
        members = inspect.getmembers(getattr(keras.ops, room), inspect.isfunction)
        functions |= {f"{room}.{name}": value for name, value in members}
    members = inspect.getmembers(keras.activations, inspect.isfunction)
    functions |= {f"activations.{name}": value for name, value in members if name == "relu"}
    lines = (f"{json.dumps(name)}: {json.dumps(operation_of(functions[name]))}" for name in sorted(functions))
    (FOLDER / "operations.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(keras.__version__, len(functions), "functions")


if __name__ == "__main__":
    main()
