"""Records what PyTorch's tracer says of real modules, and what they give, for tests without PyTorch.

python tests/convert/record_torch.py, where PyTorch is, writes tests/convert/torch_traces.json and torch_arrays.npz.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "parity")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch_modules import random_case, randomize  # noqa: E402

from planish.convert.torch_reading import tracing  # noqa: E402
from planish.convert.torch_reading.values import Extent, Measured  # noqa: E402

SEEDS = (0, 3, 4, 7, 9, 10)
IMAGES = 3


def encoded(item):
    """An argument, or something measured, as JSON has it."""
    if isinstance(item, torch.fx.Node):
        return {"node": item.name}
    if isinstance(item, slice):
        return {"slice": [encoded(each) for each in (item.start, item.stop, item.step)]}
    if isinstance(item, Extent):
        return {"extent": item.name}
    if isinstance(item, (tuple, list)):
        kind = "shape" if isinstance(item, Measured) else type(item).__name__
        return {kind if kind in ("shape", "list") else "tuple": [encoded(each) for each in item]}
    if item is Ellipsis:
        return {"ellipsis": True}
    return item if item is None or isinstance(item, (int, float, str, bool)) else {"other": str(item)}


def described(module):
    """The class of a module, and its settings."""
    plain = (int, float, str, bool, tuple, list, type(None))
    settings = {
        name: encoded(value)
        for name, value in vars(module).items()
        if isinstance(value, plain) and (not name.startswith("_") or name == "_reversed_padding_repeated_twice")
    }
    arrays = [*module._parameters.items(), *module._buffers.items()]
    return {
        "kind": type(module).__name__,
        "settings": settings,
        "arrays": [name for name, value in arrays if value is not None],
        "nothing": [name for name, value in arrays if value is None],
    }


def recorded(seed, arrays):
    """A case; its arrays go into `arrays`."""
    module, shape = random_case(seed)
    randomize(module)
    module.eval()
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(IMAGES, *shape)).astype(np.float32))
    trace = tracing.traced(module)
    tracing.measured(module, trace, [[x[:2]], [x]])
    used = {str(node.target) for node in trace.nodes if node.op == "call_module"}
    for name, tensor in module.state_dict().items():
        arrays[f"{seed}/{name}"] = tensor.numpy()
    with torch.no_grad():
        arrays[f"{seed}:x"], arrays[f"{seed}:y"] = x.numpy(), module(x).numpy()
    nodes = [
        {
            "op": node.op,
            "name": node.name,
            "target": node.target if isinstance(node.target, str) else node.target.__name__,
            "args": encoded(node.args),
            "kwargs": {key: encoded(value) for key, value in node.kwargs.items()},
            "measured": encoded(trace.measured.get(node)),
        }
        for node in trace.nodes
    ]
    modules = {path: described(each) for path, each in module.named_modules() if path in used}
    return {"seed": seed, "shape": shape, "nodes": nodes, "modules": modules, "state": [*module.state_dict()]}


def main():
    arrays = {}
    cases = [recorded(seed, arrays) for seed in SEEDS]
    (HERE / "torch_traces.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n", encoding="utf-8")
    np.savez_compressed(HERE / "torch_arrays.npz", **arrays)


if __name__ == "__main__":
    main()
