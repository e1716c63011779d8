"""ONNX files that are damaged: what is said names the file."""

import sys
from pathlib import Path

import onnx
import pytest

from planish.models import load_model

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "fuzz"))

import onnx_files


@pytest.mark.parametrize("change", ["operator", "array", "kind of numbers", "settings"])
def test_what_is_wrong_with_a_part_says_in_which_file(tmp_path, change):
    chain = onnx.load_from_string(onnx_files.made()[0])
    if change == "operator":
        chain.graph.node[1].op_type = "Rele"
    elif change == "array":
        chain.graph.initializer[0].dims[0] = 2**40
    elif change == "kind of numbers":
        chain.graph.initializer[0].data_type = 0
    else:
        chain.graph.node[2].attribute[0].ints.extend([3, 3, 3])
    path = tmp_path / "x.onnx"
    path.write_bytes(chain.SerializeToString())
    with pytest.raises(ValueError, match=r"x\.onnx'"):
        load_model(path)
