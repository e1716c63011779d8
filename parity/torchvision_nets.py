"""torchvision, also beside a PyTorch that its compiled operators are not made for."""

from __future__ import annotations

import importlib
from typing import Any


def torchvision_of(torch: Any) -> Any:
    """torchvision; its compiled operators find objects, are not needed here, and may not fit the PyTorch there is."""
    register = torch.library.register_fake

    def registered(name: str, *arguments: Any, **settings: Any) -> Any:
        decorate = register(name, *arguments, **settings)

        def tried(function: Any) -> Any:
            try:
                return decorate(function)
            except RuntimeError:
                return function

        return tried

    torch.library.register_fake = registered
    return importlib.import_module("torchvision")


def calibrated(torch: Any, module: Any, images: Any) -> None:
    """Normalizations get the statistics of these images, as those of trained nets have them: else what is seen of an
    image fades from layer to layer, and every image has the same scores, or rounding grows from layer to layer."""
    norms = [each for each in module.modules() if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)]
    training, momentums = module.training, [each.momentum for each in norms]
    for each in norms:
        each.momentum = 1.0
    with torch.no_grad():
        module.train()(images)
    for each, momentum in zip(norms, momentums, strict=True):
        each.momentum = momentum
    module.train(training)
