"""What ONNX files consist of, by their paths."""

import onnx
import pytest

import planish
from tests.convert.onnx_graphs import ints, net, normal


def written(folder, shape):
    """A convolution, a Flatten and a Gemm."""
    nodes = [
        ("Conv", ["x", "k"], ["map"], {"name": "conv"}),
        ("Reshape", ["map", "whole"], ["flat"], {"name": "flat"}),
        ("Gemm", ["flat", "w"], ["y"], {"name": "scores", "transB": 1}),
    ]
    weights = {"k": normal(3, 2, 3, 3), "whole": ints(0, -1), "w": normal(4, 36)}
    onnx.save(net(nodes, weights, shape), folder / "net.onnx")
    return folder / "net.onnx"


def test_the_table_has_the_layers_of_the_loaded_model(tmp_path):
    path = written(tmp_path, ("n", 2, 6, 5))
    found = planish.shapes(path)
    assert found.chain == ("(6, 5, 2) -> Conv2D 'conv' (4, 3, 3) -> Flatten 'flat' (36,) -> Dense 'scores' (4,)")
    assert found.steps == planish.shapes(planish.load_onnx(path)).steps
    assert found.pair.features == 36


def test_extents_that_the_file_leaves_open_are_given_in_its_order(tmp_path):
    path = written(tmp_path, ("n", 2, "rows", "columns"))
    assert planish.shapes(str(path), (2, 6, 5)).input_shape == (6, 5, 2)
    assert planish.flat_features(path, (2, 6, 5)).shape == (4, 3, 3)
    assert planish.flatten_map(path, input_shape=(2, 6, 5)).size == 36
    with pytest.raises(ValueError, match=r"remedy: +input_shape=\(2, 224, 224\)"):
        planish.shapes(path)


def test_another_shape_than_the_file_says_is_refused_with_its_name(tmp_path):
    path = written(tmp_path, ("n", 2, 6, 5))
    with pytest.raises(ValueError, match=r"net\.onnx.*has another shape"):
        planish.shapes(path, (6, 5, 2))
