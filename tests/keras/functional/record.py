"""Records what real Keras says about the models of zoo.py: `KERAS_BACKEND=tensorflow python record.py` beside Keras 3.

facts.json: for each model its layers in order, names of inputs and outputs, weights, shapes, how layers are connected
(where each output of a layer comes from), its configuration as `to_json` has it, and the text of `summary` (see
compact.py).
training.json: for compilations of models of several outputs, what `fit`, `evaluate` and `train_on_batch` call the
numbers, and the numbers.
mistakes.json: what Keras says of wrong uses.
"""

import json
import os
from pathlib import Path

os.environ["COLUMNS"] = "80"

import compact
import keras
import mistakes
import trainings
import zoo

FOLDER = Path(__file__).parent


TRAINABLE = {"show_trainable": True}


def facts(model):
    expanded = summary(model, expand_nested=True, **TRAINABLE)
    return {
        "layers": [[layer.__class__.__name__, layer.name] for layer in model.layers],
        "input_shape": shapes(model.input_shape),
        "output_shape": shapes(model.output_shape),
        "inputs": [shapes(tensor.shape) for tensor in model.inputs],
        "input_names": [tensor._keras_history.operation.name for tensor in model.inputs],
        "outputs": [shapes(tensor.shape) for tensor in model.outputs],
        "output_names": getattr(model, "output_names", None),
        "weights": [[variable.path, list(variable.shape)] for variable in model.weights],
        "trainable_weights": [variable.path for variable in model.trainable_weights],
        "non_trainable_weights": [variable.path for variable in model.non_trainable_weights],
        "count_params": model.count_params(),
        "config": model.get_config(),
        "summary": compact.squeezed(summary(model)),
        **({"summary_expanded": compact.squeezed(expanded)} if expanded != summary(model, **TRAINABLE) else {}),
    }


def shapes(value):
    """Shapes in any nesting, tuples as lists."""
    if isinstance(value, dict):
        return {key: shapes(inner) for key, inner in value.items()}
    return [shapes(inner) for inner in value] if isinstance(value, list | tuple) else value


def summary(model, **settings):
    printed = []
    model.summary(print_fn=printed.append, **settings)
    return "\n".join(printed)


def main():
    found = {}
    for name, build in zoo.MODELS.items():
        keras.utils.clear_session()
        found[name] = facts(build(keras))
    found = compact.packed(found)
    write("facts.json", {name: found[name] for name in ("value", "parts")})
    found = {}
    for name in trainings.CASES:
        keras.utils.clear_session()
        try:
            found[name] = trainings.run(keras, name)
        except Exception as error:
            found[name] = {"refused": [type(error).__name__, str(error).split("\n")[0][:300]]}
    write("training.json", found)
    found = {}
    for name, use in mistakes.MISTAKES.items():
        keras.utils.clear_session()
        try:
            use(keras)
            found[name] = None
        except Exception as error:
            found[name] = [type(error).__name__, str(error).split("\n")[0][:300]]
    write("mistakes.json", found)
    print(keras.__version__, keras.backend.backend())


def write(file, found):
    """A line for each fact."""
    parts = []
    for name, about in found.items():
        if isinstance(about, dict):
            inner = (f"{json.dumps(key)}:{short(value)}" for key, value in about.items())
            parts.append(f"{json.dumps(name)}:{{\n" + ",\n".join(inner) + "\n}")
        else:
            parts.append(f"{json.dumps(name)}:{short(about)}")
    (FOLDER / file).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def short(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
