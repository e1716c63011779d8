"""A program as text, before LLVM makes code of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """Text of the module, and what the runtime has to provide.

    Memory in bytes, and an address per argument in order. `checked` are the inputs that a kernel checks for values that
    are not finite. Up to `most_cut` images can be shared inside of an image. `prepares_together`: threads can share
    what is made of the weights. Of a shipped program, `packed_nbytes` are the sizes of packed weights by their numbers,
    `run_arena_nbytes` is what the arena needs once these are there, and `read` are the arguments that computing images
    needs, and the layers that use each first.
    """

    text: str
    arguments: tuple[str, ...]
    arena_nbytes: int
    scratch_nbytes: int
    block: int
    checked: tuple[str, ...]
    most_cut: int
    prepares_together: bool
    run_arena_nbytes: int
    packed_nbytes: dict[str, int]
    read: dict[str, tuple[str, ...]]
