"""Records what real Keras is called and how it is called, for tests that run without it.

    KERAS_BACKEND=tensorflow python tests/keras/record.py

Needs Keras 3 on TensorFlow, whose own copy of Keras has names from before Keras 3 besides: `tf.keras.losses.MSE`.

names.json: the public names of every module, with what they are ("module", "class PyDataset", "function relu").
signatures.json: the arguments of the functions and constructors of the modules that planish has, and of the public
methods of classes that others derive from or whose methods they call, as `name`, `name=default`, `*name` or `**name`.
"""

import inspect
import json
import types
from pathlib import Path

import keras
from keras._tf_keras import keras as tf_keras

FOLDER = Path(__file__).parent

OWN_BUSINESS = {"src"}
"""Names of the package that are not meant for its users."""

NOT_IN_PLANISH = ("quantizers", "tree", "export")
"""Modules whose signatures nobody compares."""

WITH_METHODS = (
    "Callback", "DTypePolicy", "DirectoryIterator", "ImageDataGenerator", "Initializer", "Layer",
    "LearningRateSchedule", "Loss", "Metric", "Model", "NumpyArrayIterator", "Optimizer", "PyDataset", "Regularizer",
    "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer", "SeedGenerator", "Sequential",
)  # fmt: skip


def members(module):
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return {name: value for name, value in found.items() if name not in OWN_BUSINESS}


def kind(value):
    if isinstance(value, types.ModuleType):
        return "module"
    if isinstance(value, type):
        return f"class {value.__name__}"
    return f"function {value.__name__}" if callable(value) else "value"


def walk(module, path, names, signatures):
    """Adds what a module has and what the modules in it have."""
    for name, value in members(module).items():
        names.setdefault(path, {}).setdefault(name, kind(value))
        full = f"{path}.{name}" if path else name
        if kind(value) == "module":
            walk(value, full, names, signatures)
        elif callable(value) and full.partition(".")[0] not in NOT_IN_PLANISH:
            signatures.setdefault(full, signature(value))


def signature(value):
    if not isinstance(value, type):
        return {"": arguments(value)}
    own = inspect.getmembers(value, callable) if value.__name__ in WITH_METHODS else ()
    methods = {name: arguments(method) for name, method in own if not name.startswith("_")}
    return {"": arguments(value.__init__)[1:], **methods}


def arguments(function):
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [written(parameter) for parameter in found]


def written(parameter):
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    text = stars.get(parameter.kind, "") + parameter.name
    if parameter.default is inspect.Parameter.empty:
        return text
    return f"{text}={parameter.default!r}" if " at 0x" not in repr(parameter.default) else f"{text}=..."


def main():
    names, signatures = {}, {}
    walk(keras, "", names, signatures)
    walk(tf_keras, "", names, signatures)
    for file, content in (("names.json", names), ("signatures.json", signatures)):
        lines = (f"{json.dumps(key)}: {json.dumps(content[key], sort_keys=True)}" for key in sorted(content))
        (FOLDER / file).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(keras.__version__, sum(map(len, names.values())), "names", len(signatures), "signatures")


if __name__ == "__main__":
    main()
