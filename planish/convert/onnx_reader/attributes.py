"""The settings of an operator in an ONNX file."""

from __future__ import annotations

from typing import Any

from planish.convert.onnx_reader.tensors import Weights, name_of_type
from planish.errors import explain

_FLOAT, _INT, _STRING, _TENSOR, _FLOATS, _INTS, _STRINGS, _TENSORS = 1, 2, 3, 4, 6, 7, 8, 9
_GRAPHS = {5, 10}
_MOST_NUMBERS = 1 << 20

_OF_TYPES = {"Cast": "to", "ConstantOfShape": "", "EyeLike": "dtype"}


def settings_of(node: Any, weights: Weights) -> dict[str, Any]:
    """Numbers, texts, tuples of them, and arrays. Graphs inside of an operator are left out: none of those that have
    them is computed here."""
    found = {attribute.name: _value(attribute, node, weights) for attribute in node.attribute}
    if len(found) != len(node.attribute):
        raise ValueError(
            explain(
                what=f"{node.op_type} '{node.name}' has a setting twice",
                remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
            )
        )
    typed = _OF_TYPES.get(node.op_type)
    if typed and isinstance(found.get(typed), int):
        found[typed] = (
            name_of_type(found[typed], node.name).replace("bfloat16", "float32").replace("float16", "float32")
        )
    return found


def _value(attribute: Any, node: Any, weights: Weights) -> Any:
    kind = attribute.type
    if attribute.ref_attr_name or kind in _GRAPHS:
        return None
    if max(len(attribute.ints), len(attribute.floats), len(attribute.strings)) > _MOST_NUMBERS:
        raise ValueError(
            explain(
                what=f"{node.op_type} '{node.name}' has more than {_MOST_NUMBERS:,} numbers in a setting",
                remedy="put them into a Constant or an initializer, as torch.onnx.export does",
            )
        )
    readers: dict[int, Any] = {
        _FLOAT: lambda: float(attribute.f),
        _INT: lambda: int(attribute.i),
        _STRING: lambda: attribute.s.decode("utf-8", "replace"),
        _TENSOR: lambda: weights.array(attribute.t),
        _FLOATS: lambda: tuple(map(float, attribute.floats)),
        _INTS: lambda: tuple(map(int, attribute.ints)),
        _STRINGS: lambda: tuple(text.decode("utf-8", "replace") for text in attribute.strings),
        _TENSORS: lambda: tuple(map(weights.array, attribute.tensors)),
    }
    if kind not in readers:
        raise ValueError(
            explain(
                what=f"{node.op_type} '{node.name}' has a setting that planish does not read",
                received=f"{attribute.name}, of type {kind}",
                remedy="export it without this operator",
            )
        )
    return readers[kind]()
