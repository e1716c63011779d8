"""Maps of another size. Whole multiples are ONNX's Resize; other sizes are products with the matrices of planish's own
weights, or picked pixels, so that results agree to the last bits."""

from __future__ import annotations

import numpy as np

from planish.convert.onnx_writer.layouts import CHANNELS_FIRST
from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.resampling import nearest
from planish.primitives.resize2d import Resize2DSettings, matrices

_MODES = {
    "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
}


@writes("resize2d")
def _resize2d(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own = Resize2DSettings.of(node)
    name = w.read(x, CHANNELS_FIRST)
    pairs = [*zip(x.shape[:2], own.size, strict=True)]
    if own.interpolation in _MODES and all(size % extent == 0 for extent, size in pairs) and node.batched:
        scales = w.array([1, 1, *(size // extent for extent, size in pairs)], np.float32)
        name = w.emit("Resize", name, None, scales, **_MODES[own.interpolation])
    elif own.interpolation == "nearest":
        for place, (extent, size) in enumerate(pairs):
            if extent != size:
                name = w.emit("Gather", name, w.integers(nearest(extent, size).tolist()), axis=1 + node.batched + place)
    else:
        down, across = matrices(x.shape, own.size, own.interpolation)
        name = name if pairs[0][0] == pairs[0][1] else w.emit("MatMul", w.array(down), name)
        name = name if pairs[1][0] == pairs[1][1] else w.emit("MatMul", name, w.array(across.T))
    w.give(node, name, CHANNELS_FIRST)
