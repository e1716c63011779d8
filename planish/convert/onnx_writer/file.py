"""A network as an ONNX file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planish import atomic_file
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.onnx_writer.layouts import Array
from planish.convert.onnx_writer.writing import TYPES
from planish.errors import explain

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

OLDEST, USUAL, NEWEST = 13, 18, 21
"""The versions of ONNX's operator set in which models are written."""

_AXES_ARE_INPUTS = 18
_AXES_MOVED = ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd")
"""Before version 18 of the operator set, their axes are an attribute."""

_ADDING_SCATTERS = 16

_LARGEST = 2**31 - 2**24
"""Bytes of weights in one file: protobuf's messages end at 2 GB. More of them are in a file of their own."""

_ALWAYS_INSIDE = 256
"""Bytes of a constant that stays in the file: shapes and axes are, which readers need to know shapes."""

_BATCH = "batch"


def write(
    path: str,
    graph: ForeignGraph,
    outputs: Sequence[Port],
    opset: int,
    properties: Mapping[str, str],
    version: str,
) -> None:
    """Writes the network, as a whole or not at all. Weights of more than 2 GB go to a file beside it, `path`.data.

    ValueError for operators that the operator set does not have, OSError if the file cannot be written.
    """
    apart = sum(array.nbytes for array in graph.constants.values()) > _LARGEST
    model = _model(graph, outputs, opset, version)
    model.metadata_props.extend(_property(name, value) for name, value in properties.items())
    moved = {name: array for name, array in graph.constants.items() if apart and array.nbytes > _ALWAYS_INSIDE}
    model.graph.initializer.extend(_tensor(name, array) for name, array in graph.constants.items() if name not in moved)
    with atomic_file.Together() as files:
        if moved:
            beside = f"{path}.data"
            files.write(beside, _moved_out(model, moved, os.path.basename(beside)))
        files.write(path, model.SerializeToString())


def _model(graph: ForeignGraph, outputs: Sequence[Port], opset: int, version: str) -> ModelProto:
    from onnx import helper

    nodes = [_node(operation, graph.constants, opset) for operation in graph.operations]
    inputs, results = ([_value(port) for port in ports] for ports in (graph.inputs, outputs))
    model = helper.make_model(
        helper.make_graph(nodes, graph.name, inputs, results),
        opset_imports=[helper.make_opsetid("", opset)],
        producer_name="planish",
        producer_version=version,
    )
    model.ir_version = helper.find_min_ir_version_for(list(model.opset_import))
    return model


def _node(operation: Operation, constants: Mapping[str, Array], opset: int) -> NodeProto:
    from onnx import helper

    inputs, settings = ["" if name is None else name for name in operation.inputs], dict(operation.settings)
    if operation.kind in _AXES_MOVED and opset < _AXES_ARE_INPUTS:
        settings["axes"] = constants[inputs.pop()].tolist()
    if settings.get("reduction") == "add" and opset < _ADDING_SCATTERS:
        raise ValueError(
            explain(
                what=f"version {opset} of ONNX's operators cannot add to picked entries",
                layer=operation.name.rpartition("/")[0] or None,
                expected=f"opset_version={_ADDING_SCATTERS} or later",
                remedy=f"model.export('model.onnx', format='onnx', opset_version={USUAL})",
            )
        )
    return helper.make_node(operation.kind, inputs, list(operation.outputs), name=operation.name, **settings)


def _value(port: Port) -> Any:
    from onnx import helper

    shape = [_BATCH if extent is None else extent for extent in port.shape]
    return helper.make_tensor_value_info(port.name, TYPES[port.dtype.name], shape)


def _property(name: str, value: str) -> Any:
    from onnx import StringStringEntryProto

    return StringStringEntryProto(key=name, value=value)


def _tensor(name: str, array: Array) -> TensorProto:
    from onnx import TensorProto

    return TensorProto(name=name, data_type=TYPES[array.dtype.name], dims=array.shape, raw_data=_bytes(array))


def _bytes(array: Array) -> bytes:
    """In ONNX's order of bytes."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _moved_out(model: ModelProto, constants: Mapping[str, Array], file: str) -> bytes:
    """The contents of a file of weights, whose places the model says."""
    from onnx import StringStringEntryProto, TensorProto

    whole = bytearray(sum(_room(array) for array in constants.values()))
    offset = 0
    for name, array in constants.items():
        whole[offset : offset + array.nbytes] = _bytes(array)
        places = {"location": file, "offset": str(offset), "length": str(array.nbytes)}
        tensor = TensorProto(name=name, data_type=TYPES[array.dtype.name], dims=array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.extend(StringStringEntryProto(key=key, value=value) for key, value in places.items())
        model.graph.initializer.append(tensor)
        offset += _room(array)
    return bytes(whole)


def _room(array: Array) -> int:
    """Each array begins on a page, so that readers can map it."""
    return math.ceil(array.nbytes / 4096) * 4096
