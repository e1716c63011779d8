"""Images with a rectangle of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation, bands, betas
from planish.layers.preprocessing.augmentation import BoxOptions
from planish.layers.preprocessing.mixing import Mix, Mixing


class CutMix(Mixing):
    """In training, a rectangle of each image of a batch is that of another one, and its labels are a mean of both,
    weighted by the areas (Yun et al., 2019).

    `factor`: the share of the image that is kept is drawn from a beta distribution, whose parameter is drawn between
    these two numbers from 0 to 1; one number f stands for (0, f). A layer with a `seed` draws the same at the same step
    in every run. `data_format`: 'channels_last' or 'channels_first'. It takes images, or
    {"images": ..., "labels": ...} with labels [n, classes].

    >>> mixed = keras.layers.CutMix()({"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}, training=True)
    >>> mixed["images"].shape, mixed["labels"].shape
    ((2, 4, 4, 3), (2, 2))
    """

    numbers_drawn = 4 + 2 * betas.TRIES

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)

    def mix(self, images: Node, drawn: Sequence[Node]) -> Mix:
        left, top, parameter, *rest = drawn
        alpha = primitives.add(between(parameter, *self.factor), 1e-6)
        side = primitives.sqrt(primitives.subtract(1.0, betas.drawn(alpha, rest)))
        covered = bands.box((side, side), (top, left), images.shape)
        return primitives.subtract(1.0, primitives.truth(covered)), primitives.subtract(1.0, primitives.square(side))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
