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
