"""PyTorch's modules and planish's models of them, in one process that has both: what `compare_torch.py` runs."""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch_modules import random_case, randomize
from torchvision_nets import calibrated, torchvision_of

import planish

APART = 1e-4
NETS = {
    "resnet18": {}, "resnet50": {}, "mobilenet_v2": {}, "mobilenet_v3_small": {}, "mobilenet_v3_large": {},
    "efficientnet_b0": {}, "squeezenet1_1": {}, "densenet121": {}, "vgg16": {}, "googlenet": {"init_weights": False},
    "shufflenet_v2_x1_0": {}, "regnet_y_400mf": {}, "mnasnet0_5": {}, "convnext_tiny": {},
}  # fmt: skip


def differences(module: Any, shape: tuple[int, ...]) -> Iterator[str]:
    """What differs, in words."""
    state, mode = copy.deepcopy(module.state_dict()), [each.training for each in module.modules()]
    before = torch.get_rng_state()
    model = planish.convert.from_torch(module, shape)
    if not torch.equal(before, torch.get_rng_state()):
        yield "PyTorch's random numbers are others afterwards"
    if mode != [each.training for each in module.modules()]:
        yield "the module is in another mode afterwards"
    yield from _predictions(module, model, shape)
    yield from _state(module, model, state)


def _predictions(module: Any, model: Any, shape: tuple[int, ...]) -> Iterator[str]:
    x = _images(4, shape)
    evaluated = copy.deepcopy(module).eval()
    with torch.no_grad():
        theirs = evaluated(torch.from_numpy(x)).numpy()
    stays = len(shape) == 2 and model.input_shape[1:] == shape  # a sequence that is turned by the module itself
    ours = model.predict(x if stays else np.moveaxis(x, 1, -1), verbose=0)
    scale = float(np.abs(theirs).max())
    apart = float(np.abs(ours - theirs).max()) / scale
    seen = float(np.ptp(theirs, axis=0).max()) / scale
    print(f"    {apart:.1e} apart, images differ by {seen:.1e}", flush=True)
    if not apart <= APART:
        yield f"predictions are {apart:.2g} apart"


def _images(count: int, shape: tuple[int, ...]) -> Any:
    """The first of them are the same for any count."""
    return np.random.default_rng(9).normal(0.3, 1.5, (count, *shape)).astype(np.float32)


def _state(module: Any, model: Any, state: dict[str, Any]) -> Iterator[str]:
    """Both directions, bit by bit."""
    back = planish.convert.to_torch_state_dict(model)
    fresh = copy.deepcopy(module)
    with torch.no_grad():
        for each in (*fresh.parameters(), *fresh.buffers()):
            each.zero_()
    fresh.load_state_dict(back)
    wrong = [name for name, tensor in fresh.state_dict().items() if not torch.equal(tensor, state[name])]
    if wrong:
        yield f"the state dict gives other numbers: {wrong[:3]}"
    made = planish.convert.from_state_dict(state, like=model)  # a copy with fresh weights, all of which are assigned
    pairs = zip(made.weights, model.weights, strict=True)
    others = [ours.path for ours, theirs in pairs if not np.array_equal(ours.numpy(), theirs.numpy())]
    if others:
        yield f"the model of the state dict has other numbers: {others[:3]}"


def _cases(arguments: argparse.Namespace) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    if not arguments.seeds:
        nets = torchvision_of(torch).models
        for name in arguments.nets or NETS:
            torch.manual_seed(0)
            module = getattr(nets, name)(num_classes=20, **NETS[name])
            randomize(module)
            shape = (3, arguments.size, arguments.size)
            calibrated(torch, module, torch.from_numpy(_images(16, shape)))
            yield name, module, shape
    if not arguments.nets:
        for seed in arguments.seeds or range(arguments.first_seed, arguments.first_seed + arguments.modules):
            module, shape = random_case(seed)
            yield f"seed {seed}, {shape}", module, shape


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", help="these nets only; without names, all of them and random modules")
    parser.add_argument("--modules", type=int, default=80)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", help="these modules only")
    parser.add_argument("--size", type=int, default=96, help="of the images of nets")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    count = differing = 0
    for name, module, shape in _cases(arguments):
        start = time.perf_counter()
        print(name, flush=True)
        try:
            found = list(differences(module, shape))
        except (ValueError, RuntimeError) as error:
            found = [f"{type(error).__name__}: {error}"]
        count, differing = count + 1, differing + bool(found)
        print(f"    {'; '.join(found) or 'agrees'} ({time.perf_counter() - start:.1f} s)", flush=True)
        if found and name.startswith("seed"):
            print(module, flush=True)
    print(f"{count - differing} of {count} modules agree")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
