"""An ONNX file as a model, whose layers are those that it is computed with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from planish.convert import building
from planish.convert.graphs.foreign_graph import Port
from planish.convert.onnx_file import mistakes_name
from planish.convert.onnx_reader import file
from planish.errors import explain
from planish.models import Model
from planish.saving import formats


def is_file(source: Any) -> bool:
    """Whether it is the path of an ONNX file. FileNotFoundError for a path where there is nothing."""
    if not isinstance(source, (str, os.PathLike)):
        return False
    return formats.kind_of(os.path.expanduser(os.fspath(source))) is formats.Kind.ONNX


def model_in_file(path: str | os.PathLike[str], input_shape: Sequence[int] | int | None = None) -> Model:
    """The file's model. `input_shape` is the shape of one image in the file's order of axes, for extents that it leaves
    open. Errors as those of `planish.load_onnx`; ValueError if extents are open and not given."""
    with mistakes_name(os.fspath(path)):
        graph = file.read(path)
        shape = (input_shape,) if isinstance(input_shape, int) else input_shape
        for port in graph.inputs if shape is None else ():
            _check_whole(port)
        return building.model_of(graph, None if shape is None else [tuple(shape)])


def _check_whole(port: Port) -> None:
    image = port.shape[1:]
    if None in image:
        raise ValueError(
            explain(
                what="the shape of the images is not known",
                rule=f"the file leaves extents of its input {port.name!r} open",
                expected="input_shape, without the batch axis, in the file's order of axes",
                received=port.shape,
                remedy=f"input_shape={tuple(extent or 224 for extent in image)}",
            )
        )
