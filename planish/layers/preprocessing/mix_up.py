"""Images that are mixed with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.preprocessing import betas
from planish.layers.preprocessing.augmentation import BoxOptions
from planish.layers.preprocessing.mixing import Mix, Mixing


class MixUp(Mixing):
    """In training, each image of a batch is a mean of itself and of another one, and its labels likewise (Zhang et al.,
    2017).

    `alpha`: the weights are drawn from a beta distribution with these parameters, above 0: the smaller, the nearer they
    are to 0 and 1. A layer with a `seed` draws the same at the same step in every run. `data_format`: 'channels_last'
    or 'channels_first'. It takes images, or {"images": ..., "labels": ...} with labels [n, classes].

    >>> mixed = keras.layers.MixUp()({"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}, training=True)
    >>> mixed["images"].shape, mixed["labels"].sum(-1).tolist()
    ((2, 4, 4, 3), [1.0, 1.0])
    """

    numbers_drawn = 2

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **options: Unpack[BoxOptions]
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.alpha = arguments.number(self.label, "alpha", alpha)
        if self.alpha <= 0.0:
            raise arguments.wrong_argument(self.label, "alpha", "a number above 0", alpha)

    def mix(self, images: Node, drawn: Sequence[Node]) -> Mix:
        weight = betas.quantile(drawn[0], self.alpha)
        return weight, weight

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}
