"""What layers share that draw one number, from -1 to 1, for the colors of an image."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions


class ColorAugmentation(Augmentation):
    """Takes images in color; `factor` and `value_range` are what its layers say of them."""

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, -1.0, 1.0, strict=False)
        self.value_range = augmentation.value_range(self.label, value_range)

    def check_map(self, shape: Shape) -> None:
        augmentation.require_colors(self, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
