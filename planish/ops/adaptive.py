"""Pools of sequences, images and volumes that give as many windows as one asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import config, primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.interpreted import interpreted
from planish.ops.operation import NN, Value

Pool = Callable[..., Node]
Sizes = int | Sequence[int]


def _pooled(pool: Pool, inputs: Any, output_size: Sizes, data_format: str | None) -> Node:
    x = nodes.node_of(inputs)
    spatial = len(x.shape) - 1
    if spatial not in (1, 2, 3) or not x.batched:
        raise nodes.mistake(
            "ops: adaptive pools take sequences, images or volumes",
            expected="(batch, *space, channels) with one to three axes of space",
            received=nodes.full_shape(x),
        )
    first = int((data_format or config.image_data_format()) == "channels_first")
    for axis, count in enumerate(_counts(output_size, spatial), first):
        x = primitives.adaptive_pool(x, axis, count, pool)
    return x


def _counts(output_size: Sizes, spatial: int) -> list[int]:
    given = [output_size] * spatial if isinstance(output_size, int | np.integer) else [*output_size]
    counts = [int(count) for count in given if isinstance(count, int | np.integer) and count > 0]
    if len(counts) != spatial or len(given) != spatial:
        raise nodes.mistake(
            "ops: output_size has a positive number for each spatial axis", expected=spatial, received=output_size
        )
    return counts


@interpreted(NN)
def adaptive_average_pool(inputs: Value, output_size: Sizes, data_format: str | None = None) -> Any:
    """The mean of each of `output_size` windows: window i reaches from floor(i * extent / size) to
    ceil((i + 1) * extent / size)."""
    return _pooled(primitives.average_pool2d, inputs, output_size, data_format)


@interpreted(NN)
def adaptive_max_pool(inputs: Value, output_size: Sizes, data_format: str | None = None) -> Any:
    """The largest value of each of `output_size` windows, which are those of `adaptive_average_pool`."""
    return _pooled(primitives.max_pool2d, inputs, output_size, data_format)
