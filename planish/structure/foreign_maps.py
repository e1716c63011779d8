"""Operators with windows over maps, as mirrored layers."""

from __future__ import annotations

import math

from planish.layers.base.layer import Layer
from planish.structure.foreign_site import Site, mirrors
from planish.structure.mirrored_maps import (
    AdaptivePool,
    Convolution,
    Padded,
    Pool,
    Resized,
    Sides,
    TransposedConvolution,
)


def _sides(site: Site, rank: int) -> Sides:
    """The borders of each axis of space."""
    pads = tuple(site.setting("pads", (0,) * (2 * rank)))
    return tuple(zip(pads[:rank], pads[rank:], strict=True))


@mirrors("Conv")
def _convolution(site: Site) -> Layer:
    shape = site.shape(1)
    if shape is None:
        raise site.unknown()
    groups, kernel = site.setting("group", 1), tuple(site.setting("kernel_shape", shape[2:]))
    ones, lazy = (1,) * len(kernel), len(shape) < 3
    return Convolution(
        site.called,
        site.name,
        channels=None if lazy else shape[1] * groups,
        filters=site.setting("filters", None) if lazy else shape[0],
        kernel_size=kernel,
        strides=tuple(site.setting("strides", ones)),
        padding=_sides(site, len(kernel)),
        dilation=tuple(site.setting("dilations", ones)),
        groups=groups,
        bias=len(site.operation.inputs) > 2,
    )


@mirrors("ConvTranspose")
def _transposed(site: Site) -> Layer:
    shape = site.shape(1)
    if shape is None or len(shape) not in (3, 4):
        raise site.unknown()
    rank, groups = len(shape) - 2, site.setting("group", 1)
    return TransposedConvolution(
        site.called,
        site.name,
        channels=shape[0],
        filters=shape[1] * groups,
        kernel_size=shape[2:],
        strides=tuple(site.setting("strides", (1,) * rank)),
        padding=_sides(site, rank),
        more=tuple(site.setting("output_padding", (0,) * rank)),
        dilation=tuple(site.setting("dilations", (1,) * rank)),
        groups=groups,
        bias=len(site.operation.inputs) > 2,
    )


@mirrors("MaxPool", "AveragePool")
def _pool(site: Site) -> Layer:
    window = tuple(site.setting("kernel_shape", ()))
    padding = _sides(site, len(window))
    if any(before != behind for before, behind in padding):
        raise site.unknown()
    return Pool(
        site.called,
        site.name,
        largest=site.kind == "MaxPool",
        window=window,
        strides=tuple(site.setting("strides", (1,) * len(window))),
        padding=tuple(before for before, _ in padding),
        dilation=tuple(site.setting("dilations", (1,) * len(window))),
        ceil=bool(site.setting("ceil_mode", 0)),
    )


@mirrors("GlobalAveragePool", "GlobalMaxPool")
def _whole_map(site: Site) -> Layer:
    return AdaptivePool(site.called, site.name, largest=site.kind == "GlobalMaxPool", size=None)


@mirrors("AdaptiveAveragePool", "AdaptiveMaxPool")
def _adaptive(site: Site) -> Layer:
    size = tuple(site.setting("output_size", ()))
    return AdaptivePool(site.called, site.name, largest=site.kind == "AdaptiveMaxPool", size=size)


@mirrors("Pad")
def _padded(site: Site) -> Layer:
    pads, axes = site.integers(1), site.integers(3)
    half = len(pads) // 2
    pairs = zip(pads[:half], pads[half:], strict=True)
    sides = dict(zip(axes or range(-half, 0), pairs, strict=True))
    return Padded(site.called, site.name, sides={axis: pair for axis, pair in sides.items() if any(pair)})


@mirrors("Resize")
def _resized(site: Site) -> Layer:
    scales, sizes = site.numbers(2), site.integers(3)
    if not scales and not sizes:
        raise site.unknown()
    axes = site.setting("axes", None)
    skipped = 0 if axes is not None else 2  # the batch and the channels

    def size_for(extents: tuple[int, ...]) -> tuple[int, ...]:
        if sizes:
            return sizes[skipped:]
        factors = scales[skipped:] if len(scales) - skipped == len(extents) else scales[-1:] * len(extents)
        return tuple(math.floor(extent * scale) for extent, scale in zip(extents, factors, strict=True))

    taps = {"nearest": 1, "linear": 2}.get(str(site.setting("mode", "nearest")), 4)
    aligned = site.setting("coordinate_transformation_mode", "half_pixel") == "align_corners"
    return Resized(site.called, site.name, size_for=size_for, taps=taps, aligned=aligned)
