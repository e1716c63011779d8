"""`:classify` and `:regress` of TensorFlow Serving's API: examples of named features in, labels and scores out."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.serving.http import numbers, tensors
from planish.serving.http.predict_requests import check_signature
from planish.serving.loaded import Array, gives_scores
from planish.serving.refusals import RefusedError
from planish.serving.repository import Served

_CLASSIFY, _REGRESS = "classify", "regress"
_SIGNATURES = {_CLASSIFY: "tensorflow/serving/classify", _REGRESS: "tensorflow/serving/regress"}


def asked(served: Served, method: str, body: bytes, most_rows: int) -> list[Array]:
    """An array for each input. RefusedError for a model of another kind, and for what is not a list of examples."""
    document = tensors.parsed(body)
    if document.get("signature_name") != _SIGNATURES[method]:
        check_signature(document)
    _check_kind(served, method)
    examples = _examples(document)
    arrays = [_feature(served, place, examples) for place in range(len(served.model.inputs))]
    tensors.check_rows(arrays, served.model.inputs, most_rows)
    return arrays


def _check_kind(served: Served, method: str) -> None:
    outputs = served.model.outputs
    good = gives_scores(outputs) if method == _CLASSIFY else len(outputs) == 1 and outputs[0].size == 1
    if not good:
        raise RefusedError(
            f"Expected {method} signature: model '{served.name}' gives "
            + ", ".join(f"'{each.name}' {[-1, *each.shape]}" for each in outputs)
        )


def _examples(document: dict[str, Any]) -> list[dict[str, Any]]:
    context = document.get("context", {})
    _check_object(context)
    if "examples" not in document:
        raise RefusedError(
            f"JSON Value: {tensors.shown(document)} When method is classify, key 'examples' is expected and was not "
            "found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise RefusedError(f"JSON Value: {tensors.shown(document)} Expecting 'examples' value to be an list/array")
    if not examples:
        raise RefusedError(f"JSON Value: {tensors.shown(document)} 'examples' value is an empty array")
    for each in examples:
        _check_object(each)
    return [{**context, **each} for each in examples]


def _check_object(example: Any) -> None:
    if not isinstance(example, dict):
        raise RefusedError(f"Example must be JSON object but got JSON {tensors.kind(example)}")


def _feature(served: Served, place: int, examples: list[dict[str, Any]]) -> Array:
    """An input's values of all examples: flat lists, as features are; nested ones are taken, too."""
    tensor = served.model.inputs[place]
    missing = next((each for each in examples if tensor.name not in each), None)
    if missing is not None:
        raise RefusedError(f"Feature: {tensor.name} (data type: {tensor.dtype}) is required but could not be found.")
    values = [_alone(each[tensor.name]) for each in examples]
    if all(map(tensors.is_encoded, values)):
        return served.decoders[place].decoded([tensors.bytes_of(each) for each in values])
    rows = []
    for number, each in enumerate(values):
        row = tensors.array(each if isinstance(each, list) else [each], tensor.dtype)
        if row.size != tensor.size:
            raise RefusedError(
                f"Feature: {tensor.name} of example {number} has {row.size} values, and the input takes {tensor.size}"
            )
        rows.append(row.reshape(tensor.shape))
    return np.stack(rows)


def _alone(value: Any) -> Any:
    """An encoded image may be in a list of its own, as every feature may."""
    return value[0] if isinstance(value, list) and len(value) == 1 and tensors.is_encoded(value[0]) else value


def classified(served: Served, output: Array) -> bytes:
    """{"results": [[[label, score], ...], ...]}, every class of an image in its order."""
    names = labels(served, output)
    if len(names) != output.shape[1]:  # one score: that of the second of two classes
        output = np.concatenate([1 - output, output], axis=1)
    texts = iter(numbers.texts(output))
    quoted = [tensors.quoted(name) for name in names]
    rows = ("[" + ", ".join(f"[{name}, {next(texts)}]" for name in quoted) + "]" for _ in output)
    return ('{\n    "results": [' + ", ".join(rows) + "\n    ]\n}").encode()


def labels(served: Served, output: Array) -> list[str]:
    """The names of the classes; their numbers if the model has none."""
    known = served.model.class_names
    return known if known is not None else [str(number) for number in range(output.shape[1])]


def regressed(output: Array) -> bytes:
    """{"results": [value, ...]}."""
    return ('{\n    "results": [' + ", ".join(numbers.texts(output)) + "]\n}").encode()
