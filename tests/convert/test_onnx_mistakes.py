"""ONNX files that are not read: damaged, hostile, or of operators that planish does not have."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import planish
from tests.convert import onnx_layouts
from tests.convert.onnx_graphs import CASES, ints, net, normal

FLAT = onnx_layouts.CASES["flatten_dense"]
ONE, FAR = np.float32(1), np.int64(1 << 60)


def load(message, folder):
    path = folder / "x.onnx"
    path.write_bytes(message if isinstance(message, bytes) else message.SerializeToString())
    return planish.load_onnx(path)


def changed(change):
    copy = onnx.ModelProto()
    copy.CopyFrom(FLAT)
    change(copy)
    return copy


def outside(**entries):
    """The first weight lies in a file beside the network's."""

    def change(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in entries.items():
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(value)

    return changed(change)


def sized(*extents):
    def change(model):
        model.graph.initializer[0].dims[:] = extents

    return changed(change)


BRANCH = CASES["silu"].graph
REFUSED = {
    "a name that nobody knows": (net([("Frobnicate", ["x"], ["y"])], {}), "does not have ONNX's operator Frobnicate"),
    "quantized": (
        net([("QuantizeLinear", ["x", "s", "z"], ["y"])], {"s": ONE, "z": np.uint8(0)}),
        "QuantizeLinear 'y': the network is quantized",
    ),
    "recurrent": (net([("LSTM", ["x"], ["y"])], {}), "recurrent"),
    "a branch": (
        net([("If", ["c"], ["y"], {"then_branch": BRANCH, "else_branch": BRANCH})], {"c": np.bool_(True)}),
        "decides while it runs",
    ),
    "texts": (net([("Add", ["x", "c"], ["y"])], {"c": np.array(["a"], object)}), "received: string"),
    "a circle": (net([("Add", ["x", "b"], ["a"]), ("Relu", ["a"], ["b"]), ("Relu", ["b"], ["y"])], {}), "in a circle"),
    "two values of one name": (net([("Relu", ["x"], ["y"]), ("Relu", ["x"], ["y"])], {}), "computes 'y' twice"),
    "a value from nowhere": (net([("Relu", ["q"], ["y"])], {}), "which nothing computes"),
    "an output from nowhere": (net([("Relu", ["x"], ["z"])], {}), "output that nothing computes"),
    "an output that is constant": (net([("Identity", ["c"], ["y"])], {"c": ONE}), "does not depend on the network's"),
    "a constant as large as a disk": (
        net([("ConstantOfShape", ["s"], ["c"]), ("Add", ["x", "c"], ["y"])], {"s": ints(1 << 30, 1 << 10)}),
        "a constant would be larger",
    ),
    "a range without end": (
        net([("Range", ["a", "b", "a"], ["r"]), ("Add", ["x", "r"], ["y"])], {"a": np.int64(1), "b": FAR}),
        "a constant would be larger",
    ),
    "a giant tile": (net([("Tile", ["x", "t"], ["y"])], {"t": ints(1, 1 << 20, 1 << 20, 1)}), "too large to compute"),
    "a giant scale": (
        net([("Resize", ["x", "", "s"], ["y"])], {"s": np.array([1, 1, 1e8, 1e8], np.float32)}),
        "a scale or a size cannot be",
    ),
    "a giant border": (
        net([("Conv", ["x", "W"], ["y"], {"pads": [1 << 29] * 4})], {"W": normal(3, 4, 2, 2)}),
        "pads do not fit the map",
    ),
    "strides that go back": (
        net([("Conv", ["x", "W"], ["y"], {"strides": [-1, 0]})], {"W": normal(3, 4, 2, 2)}),
        "strides do not fit the map",
    ),
    "no groups": (net([("Conv", ["x", "W"], ["y"], {"group": 0})], {"W": normal(3, 4, 2, 2)}), "0 groups"),
    "a setting of another type": (net([("Elu", ["x"], ["y"], {"alpha": "abc"})], {}), "do not go together"),
    "an axis that is not there": (net([("Softmax", ["x"], ["y"], {"axis": 77})], {}), "axis 77 is not an axis"),
    "the batch's axis": (net([("Softmax", ["x"], ["y"], {"axis": 0})], {}), "keeps the images of a batch apart"),
    "images that are mixed": (net([("Reshape", ["x", "s"], ["y"])], {"s": ints(-1, 7)}), "would be mixed"),
    "a mean of the batch": (net([("ReduceMean", ["x"], ["y"], {"keepdims": 0})], {}), "mix the images of a batch"),
    "a weight of another size": (net([("Add", ["x", "c"], ["y"])], {"c": normal(3, 1, 1)}), "does not go with"),
    "a negative extent": (sized(-1, 5), "has a shape that cannot be"),
    "a giant extent": (sized(1 << 40, 1 << 40), "has a shape that cannot be"),
    "an extent that is too large": (sized(3, 4, 2, 3), "is not as large as its shape says"),
    "no version": (changed(lambda model: model.ClearField("opset_import")), "which version of ONNX's operators"),
    "a weight twice": (changed(lambda it: it.graph.initializer.append(it.graph.initializer[0])), "two weights"),
    "a file in another folder": (outside(location="../x.bin"), "outside of the file's folder"),
    "a file of the system": (outside(location="/etc/hosts"), "outside of the file's folder"),
    "a file on another disk": (outside(location="C:\\x.bin"), "outside of the file's folder"),
    "a file without a name": (outside(), "outside of the file's folder"),
    "a place before the file": (outside(location="x.onnx", offset=-5), "the offset of 'W' is not a number"),
    "a place behind the file": (outside(location="x.onnx", offset=1 << 40), "are not in"),
    "more than the file has": (outside(location="x.onnx", length=1 << 50), "are not in"),
    "half a file": (FLAT.SerializeToString()[:300], "damaged, cut short, or not an ONNX file"),
    "nothing": (b"", "is an empty file, and not an ONNX file"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_reason(name, tmp_path):
    message, reason = REFUSED[name]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the reason follows)
        load(message, tmp_path)
    assert reason in str(caught.value)


def test_a_name_that_is_not_text_is_damage(tmp_path):
    message = net([("Relu", ["x"], ["y"])], {}).SerializeToString()
    with pytest.raises(ValueError, match="damaged"):
        load(message.replace(b"small", b"sm\xffll"), tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(1000))
    folder = tmp_path / "net"
    folder.mkdir()
    try:
        os.symlink(tmp_path / "secret.bin", folder / "w.bin")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(ValueError, match="outside of the file's folder"):
        load(outside(location="w.bin"), folder)


def test_weights_in_a_file_beside_it_are_read(tmp_path):
    copy = changed(lambda model: None)  # which `save` empties
    onnx.save(copy, tmp_path / "x.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    assert (tmp_path / "w.bin").exists()
    beside = planish.load_onnx(tmp_path / "x.onnx").get_weights()
    (tmp_path / "one").mkdir()
    inside = load(CASES["flatten_dense"], tmp_path / "one").get_weights()
    assert all((a == b).all() for a, b in zip(beside, inside, strict=True))


def calls(depth, domain="own"):
    """A function that calls two of the next, and so on: as many nodes as two to the power of `depth`."""
    made = []
    for level in range(depth):
        kind, where = (f"F{level + 1}", domain) if level + 1 < depth else ("Relu", "")
        nodes = [helper.make_node(kind, ["a"], ["t"], domain=where), helper.make_node(kind, ["t"], ["b"], domain=where)]
        made.append(helper.make_function(domain, f"F{level}", ["a"], ["b"], nodes, [helper.make_opsetid("", 18)]))
    return made


def with_functions(functions):
    model = net([("F0", ["x"], ["y"], {"domain": "own"})], {})
    model.functions.extend(functions)
    return model


def test_functions_of_a_file_are_put_where_they_are_called(tmp_path):
    images = np.array([-1, 2], np.float32).reshape(1, 2, 1, 1) * np.ones((1, 1, 6, 5), np.float32)
    model = load(with_functions(calls(2)), tmp_path)
    model.compile(run_eagerly=True)
    maps = np.moveaxis(np.concatenate([images, images], 1), 1, -1)
    np.testing.assert_array_equal(np.asarray(model(maps)), np.maximum(maps, 0))


def test_functions_that_call_themselves_are_refused(tmp_path):
    nodes = [helper.make_node("F0", ["a"], ["b"], domain="own")]
    circle = helper.make_function("own", "F0", ["a"], ["b"], nodes, [helper.make_opsetid("", 18)])
    with pytest.raises(ValueError, match="functions call each other more than 32 deep"):
        load(with_functions([circle]), tmp_path)


def test_functions_that_multiply_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("planish.convert.onnx_reader.functions.MOST_NODES", 100)
    with pytest.raises(ValueError, match="more than 100 operators"):
        load(with_functions(calls(20)), tmp_path)


def test_operators_in_any_order_are_put_into_one(tmp_path):
    message = net([("Relu", ["a"], ["y"]), ("Sigmoid", ["x"], ["a"])], {})
    assert [type(layer).__name__ for layer in load(message, tmp_path).layers] == ["InputLayer", "Activation", "ReLU"]


def test_without_the_package_it_says_what_to_install(tmp_path):
    onnx.save(FLAT, tmp_path / "x.onnx")
    code = (
        "import sys; sys.modules['onnx'] = None\nimport planish\n"
        f"try:\n    planish.load_onnx({str(tmp_path / 'x.onnx')!r})\nexcept ImportError as error:\n    print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'planish[onnx]'" in told


def test_another_data_format_is_refused(tmp_path):
    onnx.save(FLAT, tmp_path / "x.onnx")
    with pytest.raises(ValueError, match=r"expected: +'channels_last' or 'channels_first'"):
        planish.load_onnx(tmp_path / "x.onnx", data_format="nchw")


def doubled(times):
    """A constant that is put behind itself again and again."""
    parts = [("Concat", [f"c{n}", f"c{n}"], [f"c{n + 1}"], {"axis": 0}) for n in range(times)]
    return net([*parts, ("Add", ["x", f"c{times}"], ["y"])], {"c0": np.zeros(1, np.float32)})


def test_constants_that_double_are_bounded(tmp_path):
    with pytest.raises(ValueError, match=r"constants of the network would be far larger|a constant would be larger"):
        load(doubled(40), tmp_path)


def test_a_product_of_two_constants_is_not_computed(tmp_path):
    arrays = {"a": np.zeros((40_000, 1), np.float32), "b": np.zeros((1, 40_000), np.float32)}
    with pytest.raises(ValueError, match="both matrices are constants"):
        load(net([("MatMul", ["a", "b"], ["c"]), ("Add", ["x", "c"], ["y"])], arrays), tmp_path)


def test_two_inputs_of_one_name_are_refused(tmp_path):
    message = net([("Relu", ["x"], ["y"])], {})
    message.graph.input.append(message.graph.input[0])
    with pytest.raises(ValueError, match="has two inputs of one name"):
        load(message, tmp_path)
