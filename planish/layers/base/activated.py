"""Layers whose `activation` may be set at any time: `model.layers[-1].activation = None` before Grad-CAM."""

from __future__ import annotations

from typing import Any

from planish import activations
from planish.layers.base.layer import Layer


class Activated(Layer):
    """Base of layers with an `activation`. Setting it takes what the constructors take; programs are made anew."""

    activation: activations.Activation

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "activation":
            return super().__setattr__(name, value)
        super().__setattr__(name, activations.get(value))
        return self.structure_changed()
