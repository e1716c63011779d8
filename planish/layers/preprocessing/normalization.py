"""Inputs brought to mean 0 and variance 1 by what is known of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from planish import config, primitives
from planish.errors import explain
from planish.graph.node import Node, dtype_of_numbers
from planish.layers.base import arguments, axes, chain
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.layers.preprocessing import adapting
from planish.tensor import tensor
from planish.variable import Variable, Weight

_REMEDY = "axis=-1 for a mean of each channel, axis=None for one of all"


class Normalization(Layer):
    """`(x - mean) / sqrt(variance)`, with a mean and a variance for each entry of `axis`, counted with the batch axis:
    one axis or several; None: one of each for all.

    `mean` and `variance` are given, both or neither, or found by `adapt`. `invert`: back from normalized values to
    others. ValueError for images of other sizes along `axis`.

    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> print(layer(np.array([[3.0, 20.0]])))
    [[1. 0.]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        none = axis is None or (isinstance(axis, (list, tuple)) and not axis)
        self.axis = () if none else tuple(axes.as_list(axes.checked(self.label, axis)))
        self.invert = arguments.flag(self.label, "invert", invert)
        self.input_mean, self.input_variance = self._numbers("mean", mean), self._numbers("variance", variance)
        self._check_given()
        self.adapt_mean: Variable
        self.adapt_variance: Variable
        self.count: Variable
        self._kept: tuple[int, ...] = ()
        self._beside: Shape = ()

    def _numbers(self, name: str, value: Any) -> NDArray[Any] | None:
        if value is None:
            return None
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "fiu" or not np.isfinite(numbers).all():
            raise arguments.wrong_argument(self.label, name, "finite numbers", value)
        if name == "variance" and (numbers < 0).any():
            raise arguments.wrong_argument(self.label, name, "numbers from 0 on", value)
        return numbers

    def _check_given(self) -> None:
        mean, variance = self.input_mean, self.input_variance
        if (mean is None) != (variance is None):
            given, other = ("mean", "variance") if variance is None else ("variance", "mean")
            raise ValueError(
                explain(
                    layer=self.label,
                    what=f"argument '{given}' is given without '{other}'",
                    expected="both, or neither and a call of adapt",
                    remedy="Normalization(mean=[0.5], variance=[0.08])\n"
                    "or layer = Normalization(); layer.adapt(images)",
                )
            )
        if mean is not None and variance is not None and mean.shape != variance.shape:
            raise arguments.wrong_argument(self.label, "variance", f"numbers of mean's shape {mean.shape}", variance)
        if mean is not None and mean.ndim > len(self.axis):
            raise arguments.wrong_argument(
                self.label, "mean", f"as many axes as axis={self.axis} names, or fewer", mean, "axis=-1, or a number"
            )

    def check_input(self, shape: Shape) -> None:
        places = axes.of_images(self, self.axis, shape, _REMEDY)
        sizes = tuple(shape[place] for place in sorted(places))
        if self.built and sizes != self._sizes:
            fresh = f"Normalization(axis={self.axis})"
            raise self.mistake(
                "the layer was built for other sizes",
                shape,
                expected=f"{self._sizes} along axis {self.axis}",
                received=sizes,
                remedy=f"a new layer in place of {self.label}: {fresh}",
            )

    @property
    def _sizes(self) -> Shape:
        return tuple(self._beside[place] for place in self._kept)

    def create_weights(self, shape: Shape) -> None:
        self._kept = tuple(sorted(axes.of_images(self, self.axis, shape, _REMEDY)))
        self._beside = axes.beside(shape, self._kept)
        if self.input_mean is not None:
            self._given(self.input_mean, shape)
            return
        self.adapt_mean = self.add_weight("mean", self._sizes, "zeros", trainable=False)
        self.adapt_variance = self.add_weight("variance", self._sizes, "ones", trainable=False)
        path = chain.weight_path(self, self.name, "count")
        self.count = Weight("count", path, (), "int64", trainable=False)  # Keras's files have it
        self._variables.append(self.count)

    def _given(self, numbers: NDArray[Any], shape: Shape | None = None) -> NDArray[Any]:
        """The argument `mean` or `variance`, to be broadcast with an image: its axes are the last of those kept."""
        extents = [1] * len(self._beside)
        for place, size in zip(reversed(self._kept), reversed(numbers.shape), strict=False):
            extents[place] = size
        with suppress(ValueError):
            return np.broadcast_to(numbers.astype(dtype_of_numbers()).reshape(extents), self._beside)
        raise self.mistake(
            "mean and variance do not fit the input",
            shape or self._beside,
            expected=f"numbers of shape {self._sizes}, or one number",
            received=f"numbers of shape {numbers.shape}",
        )

    # -- mean and variance -------------------------------------------------------------------------------------------

    def adapt(self, data: Any) -> None:
        """Finds mean and variance of `data`: an array [images, ...], a data set, a PyDataset, or batches one by one.

        What was found before is replaced. ValueError if the layer was given them, for data of other sizes, without
        images or without end, and for numbers that are not finite; TypeError for anything but images.
        """
        if self.input_mean is not None:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="adapt was called on a layer that was given its mean and variance",
                    remedy=f"Normalization(axis={self.axis}), and then adapt",
                )
            )
        moments = self._moments(adapting.batches_of(self.label, data))
        for variable, found in ((self.adapt_mean, moments.mean), (self.adapt_variance, moments.variance)):
            variable.assign(found)

    def _moments(self, batches: Iterator[NDArray[Any]]) -> adapting.Moments:
        moments = None
        for batch in batches:
            self.build((None, *batch.shape[1:]))
            if moments is None:
                moments = adapting.Moments([axis for axis in range(batch.ndim) if axis - 1 not in self._kept])
            moments.add(batch)
        if moments is None or not moments.count:
            raise ValueError(explain(layer=self.label, what="adapt got no images"))
        if not np.isfinite([*np.ravel(moments.mean), *np.ravel(moments.variance)]).all():
            raise ValueError(
                explain(layer=self.label, what="adapt got values that are not finite", expected="finite numbers")
            )
        return moments

    @property
    def mean(self) -> Any:
        """The mean, with the axes of a batch; None before the layer is built."""
        return self._shown(self.input_mean, "adapt_mean")

    @property
    def variance(self) -> Any:
        """The variance, with the axes of a batch; None before the layer is built."""
        return self._shown(self.input_variance, "adapt_variance")

    def _shown(self, given: NDArray[Any] | None, name: str) -> Any:
        if not self.built:
            return None
        values = getattr(self, name).value.reshape(self._beside) if given is None else self._given(given)
        return tensor(values[None].copy())

    def call(self, x: Node, context: CallContext) -> Node:
        if self.input_mean is not None and self.input_variance is not None:
            mean = primitives.table(self._given(self.input_mean))
            least = np.asarray(config.epsilon(), dtype_of_numbers())
            spread = np.maximum(np.sqrt(self._given(self.input_variance)), least)
            deviation = primitives.table(spread)
        else:
            mean = primitives.reshape(self.adapt_mean.node, self._beside)
            found = primitives.maximum(primitives.sqrt(self.adapt_variance.node), config.epsilon())
            deviation = primitives.reshape(found, self._beside)
        if self.invert:
            return primitives.add(mean, primitives.multiply(x, deviation))
        return primitives.divide(primitives.subtract(x, mean), deviation)

    def get_config(self) -> dict[str, Any]:
        mean, variance = (None if given is None else given.tolist() for given in (self.input_mean, self.input_variance))
        return {**super().get_config(), "axis": self.axis, "invert": self.invert, "mean": mean, "variance": variance}
