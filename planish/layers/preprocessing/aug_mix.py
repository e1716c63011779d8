"""Images mixed with what chains of changes make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation, betas
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.layers.preprocessing.drawn_ways import DrawnWays


class AugMix(Augmentation):
    """In training, an image is mixed with what `num_chains` chains of `chain_depth` changes make of it (Hendrycks et
    al., 2020).

    Each change is drawn from those of RandAugment, or is none; without `all_ops`, brightness, colors, contrast and
    sharpness stay. `factor`: how strong they are, from 0 to 1; one number f stands for (0, f). The weights of the
    chains are drawn, and so is that of the image itself: the larger `alpha`, the more alike they are. Pixels are in
    `value_range`. `interpolation`: 'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in
    every run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.AugMix(num_chains=1, chain_depth=1)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: float | tuple[float, float] = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.value_range = augmentation.value_range(self.label, value_range)
        self.num_chains = arguments.integer(self.label, "num_chains", num_chains)
        self.chain_depth = arguments.integer(self.label, "chain_depth", chain_depth)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.alpha = arguments.number(self.label, "alpha", alpha)
        if self.alpha <= 0.0:
            raise arguments.wrong_argument(self.label, "alpha", "a number above 0", alpha)
        self.all_ops = arguments.flag(self.label, "all_ops", all_ops)
        self._ways = DrawnWays(self.factor, self.value_range, interpolation, colors=self.all_ops, idle=True)
        self.interpolation = self._ways.interpolation
        self.numbers_drawn = self.num_chains * (1 + self.chain_depth * self._ways.numbers_drawn)

    def check_map(self, shape: Shape) -> None:
        if self.all_ops:
            augmentation.require_colors(self, shape)
        self._ways.check_map(shape)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        share, *of_chains = drawn[: self.num_chains]
        each = self.chain_depth * self._ways.numbers_drawn
        chains = [drawn[start : start + each] for start in range(self.num_chains, len(drawn), each)]
        own = betas.quantile(share, self.alpha)
        y, left = primitives.multiply(x, own), primitives.subtract(1.0, own)
        for weight, numbers in zip(self._weights(of_chains), chains, strict=True):
            y = primitives.add(y, primitives.multiply(self._chain(x, numbers), primitives.multiply(weight, left)))
        return augmentation.clipped(y, self.value_range)

    def _weights(self, draws: Sequence[Node]) -> list[Node]:
        """Those of the chains, which add up to one: each is a part of what those before it have left (a Dirichlet
        distribution)."""
        left, weights = primitives.constant(1.0), []
        for others, draw in zip(range(len(draws), 0, -1), draws, strict=True):
            part = betas.quantile(draw, self.alpha, others * self.alpha)
            weights.append(primitives.multiply(left, part))
            left = primitives.multiply(left, primitives.subtract(1.0, part))
        return [*weights, left]

    def _chain(self, x: Node, drawn: Sequence[Node]) -> Node:
        each = self._ways.numbers_drawn
        for start in range(0, len(drawn), each):
            x = self._ways.changed(x, drawn[start : start + each])
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "num_chains": self.num_chains,
            "chain_depth": self.chain_depth,
            "factor": self.factor,
            "alpha": self.alpha,
            "all_ops": self.all_ops,
            "interpolation": self.interpolation,
        }
