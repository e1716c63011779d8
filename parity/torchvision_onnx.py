"""ONNX files, and what ONNX Runtime gives for them: `python parity/torchvision_onnx.py FOLDER COUNT FIRST [NET ...]`.

It runs in an environment with PyTorch, torchvision, onnx and ONNX Runtime. The files are exports of torchvision's nets
with random weights, whose batch normalizations have statistics that matter, and random networks (`random_onnx.py`).
"""

from __future__ import annotations

import importlib
import itertools
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from random_onnx import drawn
from torchvision_nets import calibrated, torchvision_of

BATCH = 2
# (net, side of the images, version of ONNX's operators)
NETS = (
    *(("resnet18", side, version) for side, version in ((224, 13), (97, 17), (224, 18))),
    ("resnet50", 224, 17), ("mobilenet_v2", 224, 17), ("mobilenet_v2", 97, 13), ("mobilenet_v3_small", 97, 13),
    ("mobilenet_v3_large", 224, 17), ("efficientnet_b0", 224, 17), ("squeezenet1_0", 224, 13),
    ("squeezenet1_1", 97, 17), ("densenet121", 224, 17), ("vgg16", 224, 13), ("googlenet", 224, 17),
    ("shufflenet_v2_x1_0", 224, 17), ("regnet_y_400mf", 224, 17), ("mnasnet1_0", 224, 17), ("convnext_tiny", 224, 17),
)  # fmt: skip


def answered(path: Path, images: Any) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: images})
    np.savez(path.with_suffix(".npz"), x=images, **{f"y{place}": each for place, each in enumerate(outputs)})


def random_networks(folder: Path, count: int, first: int) -> None:
    """`count` of them; those that ONNX Runtime refuses itself are left out."""
    seeds, made = itertools.count(first), 0
    while made < count:
        made += _random_network(folder, next(seeds))


def _random_network(folder: Path, seed: int) -> bool:
    model = drawn(seed)
    path = folder / f"random-{seed}.onnx"
    onnx.save(model, path)
    extents = [extent.dim_value or BATCH for extent in model.graph.input[0].type.tensor_type.shape.dim]
    try:
        answered(path, np.random.default_rng(seed).normal(size=extents).astype(np.float32))
    except Exception as error:
        print(f"ONNX Runtime refuses {path.name}: {str(error)[:200]}")
        path.unlink()
        return False
    return True


def exported(folder: Path, name: str, side: int, version: int) -> None:
    torch = importlib.import_module("torch")
    torchvision = torchvision_of(torch)
    torch.manual_seed(0)
    settings = {"aux_logits": False, "init_weights": True} if name == "googlenet" else {}
    module = getattr(torchvision.models, name)(weights=None, **settings).eval()
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.weight.uniform_(0.7, 1.3)
                part.bias.normal_(0, 0.2)
    calibrated(torch, module, torch.randn(8, 3, 96, 96))
    images, path = torch.randn(BATCH, 3, side, side), folder / f"{name}-{side}-{version}.onnx"
    by_tracing = version < 18
    axes: dict[str, Any] = {"dynamic_axes": {"x": {0: "n"}, "y": {0: "n"}}} if by_tracing else {"external_data": False}
    axes |= {"input_names": ["x"], "output_names": ["y"]} if by_tracing else {}
    torch.onnx.export(module, (images,), str(path), dynamo=not by_tracing, opset_version=version, **axes)
    answered(path, images.numpy())


def main() -> None:
    folder, count, first, *nets = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
    warnings.filterwarnings("ignore")
    random_networks(folder, count, first)
    for name, side, version in NETS:
        if name in nets or "all" in nets:
            try:
                exported(folder, name, side, version)
            except Exception as error:
                (folder / f"{name}-{side}-{version}.failed").write_text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
