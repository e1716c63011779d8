"""Uniform random numbers in [0, 1) that depend only on seed, stream, image and element, not on threads or order.

The counter-based generator, in 32-bit arithmetic that wraps around (`mix` ends a multiply-xorshift hash):

    key   = mix(seed ^ 0x9E3779B9 * (stream + 1))
    row   = mix(key + image * 0x85EBCA6B)
    bits  = mix(row ^ (element * 0xC2B2AE35 + 0x27D4EB2F))
    value = (bits >> 8) * 2**-24
    mix(h): h ^= h >> 16; h *= 0x7FEB352D; h ^= h >> 15; h *= 0x846CA68B; h ^= h >> 16

`image` is the position in the batch, `element` the flat index in the image's tensor. The constants of `mix` are from
Chris Wellons' search for low-bias 32-bit hash functions ("Prospecting for hash functions", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.mistake import mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register

STREAM_STEP, IMAGE_STEP, ELEMENT_STEP, ELEMENT_START = 0x9E3779B9, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F
MIX_MULTIPLIERS = (0x7FEB352D, 0x846CA68B)
_WORD = 0xFFFFFFFF


def mix(word: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A bijection of 32-bit words that makes every bit of the argument change about half the bits of the result."""
    word = word ^ (word >> np.uint32(16))
    word = word * np.uint32(MIX_MULTIPLIERS[0])
    word = word ^ (word >> np.uint32(15))
    word = word * np.uint32(MIX_MULTIPLIERS[1])
    return word ^ (word >> np.uint32(16))


class RandomUniformSettings(Settings):
    shape: tuple[int, ...]
    stream: int


def _infer(inputs: Sequence[TensorType], settings: RandomUniformSettings) -> TensorType:
    (seed,) = inputs
    if seed != TensorType((), "i32", batched=False) or min(settings.shape, default=1) < 1:
        raise mistake(
            "random numbers need a seed that is an i32 scalar, and a shape with elements",
            received=f"{seed}, shape {settings.shape}",
        )
    return TensorType(settings.shape)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    seed = np.asarray(arrays[0]).astype(np.int64).astype(np.uint32).reshape(1)
    salt = np.uint32(STREAM_STEP * (RandomUniformSettings.of(node).stream + 1) & _WORD)
    images = np.arange(environment.batch_size, dtype=np.uint32)[:, None]
    elements = np.arange(node.type.size, dtype=np.uint32)[None, :]
    rows = mix(mix(seed ^ salt) + images * np.uint32(IMAGE_STEP))
    bits = mix(rows ^ (elements * np.uint32(ELEMENT_STEP) + np.uint32(ELEMENT_START)))
    values: NDArray[Any] = (bits >> np.uint32(8)).astype(environment.dtype) * environment.dtype.type(2.0**-24)
    return values.reshape(environment.batch_size, *node.shape)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register(
    Primitive(
        name="random_uniform",
        settings=RandomUniformSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.nothing,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def random_uniform(seed: Node, shape: Sequence[int], stream: int) -> Node:
    """f32[N, *shape] from a seed (i32 scalar) and the number of the stream, which differs between users of one seed."""
    return make(
        "random_uniform",
        [seed],
        RandomUniformSettings(shape=tuple(int(extent) for extent in shape), stream=int(stream)),
    )
