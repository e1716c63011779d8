"""Into how many numbers a part of a value has: ONNX's rule and PyTorch's two."""

import numpy as np
import pytest

from planish.convert import building
from planish.convert.graphs.folding import evaluated
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.torch_reading import reading  # noqa: F401
from planish.convert.torch_reading.calls import handled
from planish.convert.torch_reading.values import Extent, Value
from planish.convert.torch_reading.writing import Writer

PARTS = ("a", "b", "c")


def test_the_last_part_of_a_constant_is_the_smaller_one():
    split = Operation("Split", ("x",), PARTS, {"num_outputs": 3})
    assert [len(part) for part in evaluated(split, [np.arange(7)])] == [3, 3, 1]


def test_the_last_part_of_a_map_is_the_smaller_one():
    split = Operation("Split", ("x",), PARTS, {"num_outputs": 3, "axis": 1})
    port = Port("x", (None, 7, 2, 2), np.dtype("f4"))
    model = building.model_of(ForeignGraph("ONNX", "parts", (port,), PARTS, (split,), {}))
    assert [shape[-1] for shape in model.output_shape] == [3, 3, 1]


def sizes_in_torch(name, *arguments):
    """Of the parts that PyTorch's function makes of 7 channels."""
    writer = Writer()
    writer.begin("parts", name, "y")
    handled(writer, name, (Value("x", (Extent.BATCH, 7, 2, 2)), *arguments), {"dim": 1})
    (operation,) = writer.operations
    return writer.constants[operation.inputs[1]].tolist()


@pytest.mark.parametrize(
    ("call", "sizes"),
    [
        (("chunk", 3), [3, 3, 1]),
        (("chunk", 4), [2, 2, 2, 1]),
        (("split", 3), [3, 3, 1]),
        (("split", [1, 6]), [1, 6]),
        (("tensor_split", 3), [3, 2, 2]),
        (("tensor_split", [2, 3]), [2, 1, 4]),
        (("tensor_split", [-3]), [4, 3]),
    ],
)
def test_parts_of_pytorch(call, sizes):
    assert sizes_in_torch(*call) == sizes


@pytest.mark.parametrize(
    "call", [("split", [7, 0]), ("tensor_split", 8), ("tensor_split", [3, 3]), ("tensor_split", [9])]
)
def test_empty_parts_are_refused_by_name(call):
    with pytest.raises(ValueError, match=rf"^layer {call[0]} 'parts': a part is empty|{call[0]} 'parts'"):
        sizes_in_torch(*call)
