"""Mistakes in loading networks of other libraries."""

from __future__ import annotations

from cases import Mistake, Stage

_NETWORK = """\
import onnx
from onnx import helper
def network(nodes, image=("batch", 3, 8, 8), weights=()):
    ends = [helper.make_tensor_value_info("image", 1, list(image))], [helper.make_tensor_value_info("y", 1, None)]
    graph = helper.make_graph([helper.make_node(*node) for node in nodes], "net", *ends, weights)
    onnx.save(helper.make_model(graph), folder / "net.onnx")
"""


def _network(title: str, nodes: str, more: str = "") -> Mistake:
    """`load_onnx` of a file with these nodes."""
    return Mistake(title, f"{_NETWORK}network({nodes}{more})\nkeras.load_onnx(folder / 'net.onnx')\n", None, own=True)


def _loaded(title: str, before: str, arguments: str) -> Mistake:
    """`load_onnx` with these arguments, after some lines."""
    return Mistake(title, f"{_NETWORK}{before}\nkeras.load_onnx({arguments})\n", None, own=True)


CONVERTING = Stage(
    "Converting",
    (
        _network("An operator of ONNX that planish does not have", "[('Det', ['image'], ['y'])]"),
        _network("A quantized network", "[('DynamicQuantizeLinear', ['image'], ['y', 's', 'z'])]"),
        _network("A network that mixes the images of a batch", "[('ReduceMean', ['image'], ['y'])]"),
        _network("A network for images of any size", "[('Relu', ['image'], ['y'])]", ", ('batch', 3, 'h', 'w')"),
        _network("A network with a loop", "[('Loop', ['image', ''], ['y'])]"),
        _network("A recurrent network", "[('LSTM', ['image', 'image', 'image'], ['y'])]"),
        _network("A classifier of scikit-learn", "[('ZipMap', ['image'], ['y'])]"),
        _network("A network without its weights", "[('Conv', ['image', 'weight'], ['y'])]"),
        _loaded(
            "Shapes in Keras's order for a network",
            "network([('Relu', ['image'], ['y'])], ('batch', 3, 'h', 'w'))",
            "folder / 'net.onnx', input_shapes={'image': (224, 224, 3)}",
        ),
        _loaded(
            "A shape for an input that a network does not have",
            "network([('Relu', ['image'], ['y'])], ('batch', 3, 'h', 'w'))",
            "folder / 'net.onnx', input_shapes={'input': (3, 224, 224)}",
        ),
        _loaded(
            "A data format that does not exist",
            "network([('Relu', ['image'], ['y'])])",
            "folder / 'net.onnx', data_format='NCHW'",
        ),
        _loaded(
            "Half of a network's file",
            "network([('Relu', ['image'], ['y'])])\n"
            "whole = (folder / 'net.onnx').read_bytes()\n(folder / 'net.onnx').write_bytes(whole[: len(whole) // 2])",
            "folder / 'net.onnx'",
        ),
        _loaded(
            "A network whose weights are not beside it",
            "kernel = helper.make_tensor('kernel', 1, [4, 3, 1, 1], np.zeros(12, 'f4').tobytes(), raw=True)\n"
            "network([('Conv', ['image', 'kernel'], ['y'])], weights=[kernel])\n"
            "whole = onnx.load(folder / 'net.onnx')\n"
            "apart = {'save_as_external_data': True, 'location': 'large.data', 'size_threshold': 0}\n"
            "onnx.save(whole, folder / 'large.onnx', **apart)\n"
            "(folder / 'large.data').unlink()",
            "folder / 'large.onnx'",
        ),
        Mistake(
            "A Keras file as a network of ONNX",
            "cnn().save(folder / 'model.keras')\nkeras.load_onnx(folder / 'model.keras')\n",
            None,
            own=True,
        ),
        Mistake("A model in place of a network's path", "keras.load_onnx(cnn())\n", None, own=True),
        Mistake(
            "A folder as a network of ONNX",
            "(folder / 'nets').mkdir()\nkeras.load_onnx(folder / 'nets')\n",
            None,
            own=True,
        ),
    ),
)
