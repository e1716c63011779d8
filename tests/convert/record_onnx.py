"""Records what ONNX Runtime gives for the small networks: `python -m tests.convert.record_onnx`, where that is."""

from pathlib import Path

import numpy as np
import onnxruntime

from tests.convert import onnx_layers, onnx_layouts, onnx_shapes
from tests.convert.onnx_graphs import CASES, image

TABLES = (onnx_layers, onnx_layouts, onnx_shapes)  # they fill `CASES`

FILE = Path(__file__).parent / "recorded_onnx.npz"


def answers():
    for name, model in CASES.items():
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        for place, value in enumerate(session.run(None, {"x": image(name)})):
            yield f"{name}:{place}", value


if __name__ == "__main__":
    np.savez_compressed(FILE, **dict(answers()))
