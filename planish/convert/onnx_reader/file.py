"""An ONNX file as a foreign network."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from planish import regular_file
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.onnx_reader import functions, sorting, tensors, versions
from planish.convert.onnx_reader.attributes import settings_of
from planish.errors import explain
from planish.saving import formats, ways_out
from planish.saving.formats import Kind

MOST_NBYTES = (1 << 31) - 1
"""What a message of protobuf may have; larger networks keep their weights in files beside it."""

_DOMAINS = {"", "ai.onnx"}
_FLOATS = 1


def read(path: str | os.PathLike[str]) -> ForeignGraph:
    """The network in an ONNX file. ValueError if it is damaged or not of ONNX, ImportError without the `onnx` package,
    FileNotFoundError if there is no such file, or none of those beside it that its weights are in."""
    name = os.path.expanduser(os.fspath(path))
    model = _parsed(name)
    graph = model.graph
    _check_whole(model, name)
    _check_names(model, name)
    weights = tensors.Weights(name)
    with regular_file.damage_told(repr(name)):
        constants = {tensor.name: weights.array(tensor) for tensor in graph.initializer}
        nodes = list(functions.inlined(graph.node, model.functions))
        operations = [_operation(node, place, weights) for place, node in enumerate(nodes)]
        operations, more = versions.modern(operations, _version(model, name))
        inputs = tuple(_port(value, name) for value in graph.input if value.name not in constants)
        constants |= more
        made = sorting.in_order(operations, {*constants, *(port.name for port in inputs)}, name)
        outputs = tuple(value.name for value in graph.output)
        _check_outputs(outputs, made, {*constants, *(port.name for port in inputs)}, name)
    return ForeignGraph("ONNX", graph.name, inputs, outputs, tuple(made), constants)


def _parsed(name: str) -> Any:
    """The message in a file. Its bytes are let go before its arrays are made."""
    with regular_file.opened(name, "an ONNX file") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_NBYTES:
            raise ValueError(
                explain(
                    what=f"{name!r} is larger than an ONNX file can be",
                    expected=f"{MOST_NBYTES:,} bytes at most, and weights in files beside it",
                    received=f"{size:,} bytes",
                    remedy="onnx.save(model, path, save_as_external_data=True)",
                )
            )
        onnx = _library()
        model = onnx.ModelProto()
        try:
            model.ParseFromString(file.read())
        except Exception as error:  # protobuf's own kind, which differs between its implementations
            raise _not_onnx(name, f"{name!r} is damaged, cut short, or not an ONNX file", _reason(error)) from error
    return model


def _not_onnx(name: str, what: str, received: str | None = None) -> ValueError:
    """The error about a file without a network in it, which may be another library's."""
    kind = formats.kind_of(name)
    others = [Kind.KERAS, Kind.KERAS_H5, Kind.TFJS_LAYERS]
    if kind in others:
        way = f"planish.models.load_model({name!r})"
    elif kind in (Kind.ONNX, Kind.UNKNOWN):
        way = "copy or download it again, or export it again: torch.onnx.export(module, images, path)"
    else:
        way = ways_out.way_out(kind, name)
    told = what if kind in (Kind.ONNX, Kind.UNKNOWN) else f"{name!r} is {kind.value}, and not an ONNX file"
    return ValueError(explain(what=told, expected="an ONNX file with operators in it", received=received, remedy=way))


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _library() -> Any:
    try:
        return importlib.import_module("onnx")
    except ImportError as error:
        raise ImportError(
            explain(
                what="ONNX files need the onnx package",
                received=str(error),
                remedy="pip install 'planish[onnx]'",
            )
        ) from error


def _check_whole(model: Any, name: str) -> None:
    if not model.HasField("graph") or not model.graph.node:
        raise _not_onnx(name, f"{name!r} does not hold a network")
    if model.graph.sparse_initializer:
        raise ValueError(
            explain(
                what=f"{name!r} has sparse weights",
                rule="planish reads weights with all their numbers",
                received=repr(model.graph.sparse_initializer[0].values.name),
                remedy="export it with weights that have all their numbers",
            )
        )
    names = [value.name for value in model.graph.input]
    if len(names) != len({*names}):
        raise ValueError(
            explain(
                what=f"{name!r} has two inputs of one name",
                received=repr(Counter(names).most_common(1)[0][0][:100]),
                remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
            )
        )
    seen: set[str] = set()
    for tensor in model.graph.initializer:
        if tensor.name in seen:
            raise ValueError(
                explain(
                    what=f"{name!r} has two weights named {tensor.name!r}",
                    remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
                )
            )
        seen.add(tensor.name)


def _check_names(model: Any, name: str) -> None:
    """ValueError for bytes that are not text where a name should be: protobuf hands them over as they are."""
    graph = model.graph
    nodes = [*graph.node, *(node for function in model.functions for node in function.node)]
    named = [
        *nodes,
        *graph.input,
        *graph.output,
        *graph.initializer,
        *(each for node in nodes for each in node.attribute),
    ]
    texts = [
        graph.name,
        *(each.name for each in named),
        *(text for node in nodes for text in (node.op_type, node.domain)),
    ]
    texts += [text for node in nodes for text in (*node.input, *node.output)]
    texts += [text for each in graph.initializer for entry in each.external_data for text in (entry.key, entry.value)]
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(
            explain(
                what=f"{name!r} is damaged: a name in it is not text",
                received=repr(wrong[:100]),
                remedy="copy or download it again",
            )
        )


def _version(model: Any, name: str) -> int:
    versions_given = [entry.version for entry in model.opset_import if entry.domain in _DOMAINS]
    if not versions_given:
        raise ValueError(
            explain(
                what=f"{name!r} does not say which version of ONNX's operators it uses",
                remedy="onnx.checker tells more",
            )
        )
    return int(versions_given[0])


def _operation(node: Any, place: int, weights: tensors.Weights) -> Operation:
    """A node. Its kind has the name of its domain in front, if that is not ONNX's own."""
    kind = node.op_type if node.domain in _DOMAINS else _known_elsewhere(node)
    inputs = [*node.input]
    while inputs and not inputs[-1]:
        inputs.pop()
    name = node.name or (node.output[0] if node.output else f"{kind} {place}")
    outputs = tuple(output or f"{name}:{index}" for index, output in enumerate(node.output))
    return Operation(
        kind, tuple(each or None for each in inputs), outputs, settings_of(node, weights), name, node.op_type
    )


def _known_elsewhere(node: Any) -> str:
    """Of operators that are not ONNX's own, those that mean what ONNX's mean later."""
    if node.domain == "com.microsoft" and node.op_type == "Gelu":
        return "Gelu"
    return f"{node.domain}.{node.op_type}"


def _port(value: Any, path: str) -> Port:
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
        raise ValueError(
            explain(
                what=f"input {value.name!r} of {path!r} does not have a shape",
                rule="planish compiles for known shapes",
                remedy="onnx.shape_inference, or an export with example inputs",
            )
        )
    return Port(value.name, tuple(_extents(kind.shape)), tensors.element_type(kind.elem_type or _FLOATS, value.name))


def _extents(shape: Any) -> Iterator[int | None]:
    for extent in shape.dim:
        known = extent.HasField("dim_value") and 0 < extent.dim_value < 1 << 31
        yield int(extent.dim_value) if known else None


def _check_outputs(outputs: tuple[str, ...], operations: list[Operation], known: set[str], path: str) -> None:
    made = known | {name for operation in operations for name in operation.outputs}
    missing = [name for name in outputs if name not in made]
    if missing or not outputs:
        raise ValueError(
            explain(
                what=f"{path!r} has an output that nothing computes" if outputs else f"{path!r} has no outputs",
                received=repr(missing[0]) if missing else None,
                remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
            )
        )
