"""What convolutions of all kinds share: windows over images or over sequences, which are images of one row."""

from __future__ import annotations

from typing import Any, ClassVar

from planish import activations, primitives, regularizers
from planish.graph.node import Node
from planish.layers.base import arguments, misfits
from planish.layers.base.image import (
    Padding,
    as_map,
    axes_of,
    from_channels_last,
    from_map,
    last_shape,
    to_channels_last,
    window_padding,
)
from planish.layers.base.kernel_layer import KernelLayer
from planish.layers.base.layer import Shape
from planish.variable import Variable


class WindowLayer(KernelLayer):
    """Base of convolutions. `rank` is the number of axes that windows move along: 2, 1 for sequences, 3 for volumes."""

    rank: ClassVar[int] = 2
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def take_window(self, kernel_size: Any, strides: Any, padding: Any, data_format: Any, dilation_rate: Any) -> None:
        """Checks and keeps the arguments about windows."""
        self.kernel_size = arguments.extents(self.label, "kernel_size", kernel_size, self.rank)
        self.strides = arguments.extents(self.label, "strides", strides, self.rank)
        self.padding = arguments.choice(self.label, "padding", padding, self.paddings)
        self.data_format = arguments.data_format(self.label, data_format)
        self.dilation_rate = arguments.extents(self.label, "dilation_rate", dilation_rate, self.rank)

    def refuse_strides_with_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise arguments.wrong_argument(
                self.label,
                "dilation_rate",
                f"1 where strides are more than 1 (strides={self.strides})",
                self.dilation_rate,
                "strides=1, or dilation_rate=1",
            )

    def window_config(self) -> dict[str, Any]:
        """The arguments about windows, in Keras's order."""
        return {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

    def window_layer_config(self) -> dict[str, Any]:
        """The arguments about windows and weights."""
        return {
            **self.window_config(),
            **self.weights_config(),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }

    def check_rank(self, shape: Shape) -> None:
        self.require_rank(shape, self.rank + 1, self._axes())

    def _axes(self) -> str:
        if self.rank == 2:
            return axes_of(self.data_format)
        space = "steps" if self.rank == 1 else "depth, height, width"
        return f"(batch, channels, {space})" if self.data_format == "channels_first" else f"(batch, {space}, channels)"

    def channels(self, shape: Shape) -> int:
        return last_shape(shape, self.data_format)[-1]

    def check_channels(self, shape: Shape, built: int, fresh: str) -> None:
        """ValueError unless the images have the channels that the layer was built for; `fresh` is a new layer."""
        if self.channels(shape) != built:
            raise self.built_for_another("channels", built, self.channels(shape), shape, fresh)

    def check_span(self, shape: Shape) -> None:
        """ValueError for an image that has no place for a window."""
        size, spans = last_shape(shape, self.data_format)[:-1], self._spans()
        if self.padding != "valid" or all(span <= extent for span, extent in zip(spans, size, strict=True)):
            return
        smaller = tuple(map(min, self.kernel_size, size))
        if self.rank == 2:
            remedy = self.span_remedy(f"padding='same', or kernel_size={smaller}, or larger images")
            raise self.too_small(
                f"the kernel spans {_times(spans)} pixels, more than the {_times(size)} of its input",
                shape,
                expected=f"a map of {_times(spans)} or more",
                received=_times(size),
                **misfits.too_small(self.data_format, shape, remedy),
            )
        unit, which, larger = "voxels", str(smaller), "larger volumes"
        if self.rank == 1:
            unit, which, larger = "steps", str(smaller[0]), "longer sequences"
        raise self.too_small(
            f"the kernel spans {_times(spans)} {unit}, more than the {_times(size)} of its input",
            shape,
            expected=f"{_times(spans)} {unit} or more",
            received=_times(size),
            remedy=self.span_remedy(f"padding='same', or kernel_size={which}, or {larger}"),
        )

    def span_remedy(self, usual: str) -> str:
        """What to do about an image that is smaller than a window."""
        return usual

    def _spans(self) -> tuple[int, ...]:
        return tuple((size - 1) * rate + 1 for size, rate in zip(self.kernel_size, self.dilation_rate, strict=True))

    def as_pair(self, extents: tuple[int, ...], rows: int = 1) -> tuple[int, int]:
        """A number for rows and one for columns: a sequence is one row."""
        return (rows, extents[0]) if self.rank == 1 else (extents[0], extents[1])

    def as_map(self, x: Node) -> Node:
        """The image as [rows, columns, channels]."""
        return as_map(to_channels_last(x, self.data_format))

    def from_map(self, y: Node) -> Node:
        return from_channels_last(from_map(y, self.rank), self.data_format)

    def as_kernel(self, weight: Variable) -> Node:
        """The weight as [rows, columns, .., ..]."""
        return weight.node if self.rank == 2 else primitives.reshape(weight.node, (1, *weight.shape))

    def borders(self, size: Shape) -> Padding:
        """The zeros around a map of that size."""
        window, dilation = self.as_pair(self.kernel_size), self.as_pair(self.dilation_rate)
        if self.padding == "causal":
            return (0, 0), ((window[1] - 1) * dilation[1], 0)
        return window_padding(self.padding, size, window, self.as_pair(self.strides), dilation)

    def convolved(self, x: Node, kernel: Node, groups: int) -> Node:
        """The map convolved with `kernel`, as the arguments about windows say."""
        strides, dilation = self.as_pair(self.strides), self.as_pair(self.dilation_rate)
        return primitives.conv2d(x, kernel, strides, self.borders(x.shape[:2]), dilation, groups)

    def finished(self, y: Node) -> Node:
        """The map with bias and activation, in the user's order of the axes. A function of single elements may come
        before the channels move back; others need that order."""
        y = self.biased(y)
        if activations.is_elementwise(self.activation):
            return self.from_map(activations.applied(self.activation, y))
        return activations.applied(self.activation, self.from_map(y))


def _times(extents: tuple[int, ...]) -> str:
    return "x".join(map(str, extents))
