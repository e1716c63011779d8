"""A compiled program: its code, and what whoever runs it has to provide. It says nothing of how it was made."""

from __future__ import annotations

from typing import NamedTuple

from planish_runtime.native import NativeCode


class Compiled(NamedTuple):
    """A program ready to be called. Sizes in bytes.

    `arguments` are the arrays that it reads and writes, in order ("input x", "parameter conv2d/kernel"). `batched` are
    the outputs with a row for each image; a training program has a row of the others for each step, and takes batches
    of up to `max_batch` images. It stops at an image of a `checked` input that holds NaN or infinity. `multiply_adds`
    are the products of kernels with one image in the forward pass: how much work an image is. Threads can share the
    work inside of images if these are at most `most_cut`; `prepares_together` says whether they can share what is made
    of the weights.
    """

    code: NativeCode
    arguments: tuple[str, ...]
    batched: tuple[str, ...]
    max_batch: int
    arena_nbytes: int
    scratch_nbytes: int
    block: int
    multiply_adds: int
    checked: tuple[str, ...]
    most_cut: int
    prepares_together: bool = False
