"""Operators that planish does not have, told with the way out."""

from __future__ import annotations

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation
from planish.convert.operators.site import OPERATORS
from planish.errors import explain, nearest_names

QUANTIZED = {
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
    "MatMulInteger", "QLinearAdd", "QLinearMul", "QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearConcat",
    "QLinearLeakyRelu", "QLinearSigmoid", "QGemm", "QLinearSoftmax",
}  # fmt: skip
_BRANCHES = {"If", "Loop", "Scan", "SequenceMap"}
_SEQUENCES = {"LSTM", "GRU", "RNN"}
_TABLES = {
    "ZipMap",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
    "LinearClassifier",
    "SVMClassifier",
    "Normalizer",
}


def unknown_operator(graph: ForeignGraph, operation: Operation) -> ValueError:
    """The error about an operator that has no counterpart here."""
    kind = operation.kind
    label = f"{operation.called or kind} '{operation.name or operation.outputs[0]}'"
    if kind in QUANTIZED:
        return _error(
            label,
            "the network is quantized",
            "planish computes with floats",
            "convert the file that it was quantized from: quantize_static(model_input=...) names it",
        )
    if kind in _BRANCHES:
        return _error(
            label,
            "the network decides while it runs what it computes",
            "planish compiles what is computed for every image",
            "export it with constant conditions: torch.onnx.export(model.eval(), ...)",
        )
    if kind in _SEQUENCES:
        return _error(
            label, "planish has no recurrent layers", "it compiles classifiers of convolutions", _cut(graph, operation)
        )
    if kind in _TABLES:
        return _error(
            label,
            "the file holds a model that is not a neural network",
            "planish compiles networks",
            "the library that it was made with: model.predict(images)",
        )
    near = nearest_names(kind, OPERATORS)
    return _error(
        label,
        f"planish does not have {graph.library}'s operator {kind}",
        None if not near else f"it has {', '.join(near)}",
        _cut(graph, operation) if graph.library == "ONNX" else "give the part of the module that comes before it",
    )


def _cut(graph: ForeignGraph, operation: Operation) -> str:
    """The network up to the operator that is not there."""
    names, ends = [port.name for port in graph.inputs], [name for name in operation.inputs[:1] if name]
    return f"without what follows: onnx.utils.extract_model('model.onnx', 'part.onnx', {names}, {ends})"


def _error(label: str, what: str, rule: str | None, remedy: str | None) -> ValueError:
    return ValueError(explain(what=what, layer=label, rule=rule, remedy=remedy))
