"""Mistakes in loading networks of other libraries."""

from __future__ import annotations

from cases import Mistake, Stage

_NETWORK = """\
import onnx
from onnx import helper
def network(nodes, image=("batch", 3, 8, 8)):
    ends = [helper.make_tensor_value_info("image", 1, list(image))], [helper.make_tensor_value_info("y", 1, None)]
    graph = helper.make_graph([helper.make_node(*node) for node in nodes], "net", *ends)
    onnx.save(helper.make_model(graph), folder / "net.onnx")
"""


def _network(title: str, nodes: str, more: str = "") -> Mistake:
    """`load_onnx` of a file with these nodes."""
    return Mistake(title, f"{_NETWORK}network({nodes}{more})\nkeras.load_onnx(folder / 'net.onnx')\n", None)


CONVERTING = Stage(
    "Converting",
    (
        _network("An operator of ONNX that planish does not have", "[('Det', ['image'], ['y'])]"),
        _network("A quantized network", "[('DynamicQuantizeLinear', ['image'], ['y', 's', 'z'])]"),
        _network("A network that mixes the images of a batch", "[('ReduceMean', ['image'], ['y'])]"),
        _network("A network for images of any size", "[('Relu', ['image'], ['y'])]", ", ('batch', 3, 'h', 'w')"),
    ),
)
