"""Images whose brightness, contrast, saturation and hue change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.layers.preprocessing.random_brightness import RandomBrightness
from planish.layers.preprocessing.random_contrast import RandomContrast
from planish.layers.preprocessing.random_hue import RandomHue
from planish.layers.preprocessing.random_saturation import RandomSaturation

Factor = float | tuple[float, float] | None


class RandomColorJitter(Augmentation):
    """In training, brightness, contrast, saturation and hue of an image are changed, one after the other.

    `brightness_factor`, `contrast_factor`, `saturation_factor` and `hue_factor` are those of `RandomBrightness`,
    `RandomContrast`, `RandomSaturation` and `RandomHue`; None leaves one out. Pixels are in `value_range`. A layer with
    a `seed` draws the same at the same step in every run. `data_format`: 'channels_last' or 'channels_first'.

    >>> jitter = keras.layers.RandomColorJitter(brightness_factor=0.2, hue_factor=0.1)
    >>> jitter(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        brightness_factor: Factor = None,
        contrast_factor: Factor = None,
        saturation_factor: Factor = None,
        hue_factor: Factor = None,
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.value_range = augmentation.value_range(self.label, value_range)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        kinds = (RandomBrightness, RandomContrast, RandomSaturation, RandomHue)
        factors = (brightness_factor, contrast_factor, saturation_factor, hue_factor)
        self._parts: list[Augmentation] = [
            kind(factor, self.value_range) for kind, factor in zip(kinds, factors, strict=True) if factor is not None
        ]
        self.numbers_drawn = max(1, sum(part.numbers_drawn for part in self._parts))

    def check_map(self, shape: Shape) -> None:
        for part in self._parts:
            part.check_map(shape)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        for part, own in augmentation.shared_out(self._parts, drawn):
            x = part.transformed(x, own)
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "brightness_factor": self.brightness_factor,
            "contrast_factor": self.contrast_factor,
            "saturation_factor": self.saturation_factor,
            "hue_factor": self.hue_factor,
        }
