"""`:classify` and `:regress` of TensorFlow Serving's API: examples of named features in, labels and scores out."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

import numpy as np

from planish.serving.http import numbers, tensors
from planish.serving.http.predict_requests import check_signature
from planish.serving.loaded import Array, Tensor, gives_scores
from planish.serving.options import Options
from planish.serving.refusals import TOO_LARGE, RefusedError
from planish.serving.repository import Served

_CLASSIFY, _REGRESS = "classify", "regress"
_SIGNATURES = {_CLASSIFY: "tensorflow/serving/classify", _REGRESS: "tensorflow/serving/regress"}


def asked(served: Served, method: str, body: bytes, options: Options) -> list[Array]:
    """An array for each input. RefusedError for a model of another kind, and for what is not a list of examples."""
    document = tensors.parsed(body)
    if document.get("signature_name") != _SIGNATURES[method]:
        check_signature(document)
    _check_kind(served, method)
    examples = _examples(document)
    tensors.check_count(len(examples), options.max_rows)
    return [_feature(served, place, examples, options.max_body) for place in range(len(served.model.inputs))]


def _check_kind(served: Served, method: str) -> None:
    outputs = served.model.outputs
    good = gives_scores(outputs) if method == _CLASSIFY else len(outputs) == 1 and outputs[0].size == 1
    if not good:
        raise RefusedError(
            f"Expected {method} signature: model '{served.name}' gives "
            + ", ".join(f"'{each.name}' {[-1, *each.shape]}" for each in outputs)
        )


def _examples(document: dict[str, Any]) -> list[Mapping[str, Any]]:
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
    return [ChainMap(each, context) for each in examples]


def _check_object(example: Any) -> None:
    if not isinstance(example, dict):
        raise RefusedError(f"Example must be JSON object but got JSON {tensors.kind(example)}")


def _feature(served: Served, place: int, examples: list[Mapping[str, Any]], most_nbytes: int) -> Array:
    """An input's values of all examples: flat lists, as features are; nested ones are taken, too."""
    tensor = served.model.inputs[place]
    missing = next((each for each in examples if tensor.name not in each), None)
    if missing is not None:
        raise RefusedError(f"Feature: {tensor.name} (data type: {tensor.dtype}) is required but could not be found.")
    values = [_alone(each[tensor.name]) for each in examples]
    encoded = all(map(tensors.is_encoded, values))
    _check_length(tensor, values, most_nbytes, encoded=encoded)
    if encoded:
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


def _check_length(tensor: Tensor, values: list[Any], most_nbytes: int, *, encoded: bool) -> None:
    """A context is in the body once, and counts as often as there are examples; a number takes two characters."""
    told = sum(len(each["b64"]) for each in values) if encoded else 2 * tensor.size * len(values)
    if told > most_nbytes:
        raise RefusedError(
            f"with 'context' in each example, the body is longer than {most_nbytes} bytes (--max-body)", TOO_LARGE
        )


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
