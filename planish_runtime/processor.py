"""What the processor here can do, and whether that is enough for a program.

Systems tell it in different ways, and some not at all. So on x86-64 the processor itself is asked, by a few
instructions that each of them has (CPUID, and XGETBV where the system says that there is one). What they give are words
of bits.
"""

from __future__ import annotations

import ctypes
import functools
import platform
from collections.abc import Sequence

from planish_runtime.native import Mapped, NativeCode

WORDS = 9
"""The highest leaf; of leaf 1: ecx, edx; of leaf 7: ebx, ecx, edx; of leaf 80000001: ecx, edx; the registers that the
system keeps (XCR0)."""


def _bits(*places: int) -> int:
    return sum(1 << place for place in places)


_TELLING = (
    7,
    _bits(0, 1, 9, 12, 13, 19, 20, 22, 23, 25, 27, 28, 29),  # SSE3 to SSE4.2, PCLMUL, FMA, MOVBE, AES, AVX, F16C
    0,
    _bits(3, 5, 8, 16, 17, 19, 21, 28, 29, 30, 31),  # BMI, AVX2, AVX-512, ADX, SHA
    _bits(1, 6, 8, 9, 10, 11, 12, 14),  # AVX-512 of bytes and bits, GFNI, VAES, VNNI
    _bits(8, 23),  # VP2INTERSECT, FP16
    _bits(0, 5, 6, 8, 11, 16, 21),  # LAHF, LZCNT, and what AMD added
    0,
    _bits(1, 2, 5, 6, 7),  # vector registers that the system keeps
)
"""The bits that say which instructions may be used, and not how a system manages its memory."""

_ASKING = bytes.fromhex(
    "53 4989f8 31c0 0fa2 418900"  # push rbx; mov r8, rdi; xor eax, eax; cpuid; mov [r8], eax
    "b801000000 31c9 0fa2 41894804 41895008 4189c9"  # leaf 1: [r8+4] = ecx; [r8+8] = edx; r9d = ecx
    "b807000000 31c9 0fa2 4189580c 41894810 41895014"  # leaf 7: ebx, ecx, edx
    "b801000080 31c9 0fa2 41894818 4189501c"  # leaf 80000001: ecx, edx
    "410fbae11b 7309 31c9 0f01d0 41894020"  # if bit 27 of r9d is set: [r8+32] = XCR0
    "5b c3"  # pop rbx; ret
)

_SSE = _bits(0, 9, 13, 19, 20, 23)
_AVX2 = _SSE | _bits(12, 22, 27, 28, 29)
_BITS, _AVX512 = _bits(3, 5, 8), _bits(16, 17, 28, 30, 31)

NEEDS: dict[str, tuple[int, ...]] = {
    "x86-64-v2": (0, _SSE, 0, 0, 0, 0, 1, 0, 0),
    "x86-64-v3": (7, _AVX2, 0, _BITS, 0, 0, _bits(0, 5), 0, _bits(1, 2)),
    "x86-64-v4": (7, _AVX2, 0, _BITS | _AVX512, 0, 0, _bits(0, 5), 0, _bits(1, 2, 5, 6, 7)),
}
"""What the levels of x86-64 ask for, as its ABI has them."""


def architecture() -> str:
    """ "x86_64", "aarch64", or what else the system calls it."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}.get(name, name)


@functools.cache
def abilities() -> tuple[int, ...]:
    """The words that the processor gives; nothing but zeros where it is not an x86-64."""
    words = (ctypes.c_uint32 * WORDS)()
    if architecture() == "x86_64":
        code = NativeCode(Mapped(_ASKING, {"ask": 0}))  # which has to be there as long as it runs
        code.function("ask", [ctypes.c_void_p])(ctypes.addressof(words))
    found = list(words)
    if found[0] < 7:  # it has no leaf 7, and gave those of another one
        found[3:6] = 0, 0, 0
    return tuple(found)


def telling(words: Sequence[int]) -> tuple[int, ...]:
    """What a program needs that may use everything that a processor with these words has."""
    return (min(words[0], _TELLING[0]), *(word & bits for word, bits in zip(words[1:], _TELLING[1:], strict=True)))


def can_run(needed: Sequence[int]) -> bool:
    """Whether this processor has all of what a program needs; the first word is a number, the others are bits."""
    here = abilities()
    return here[0] >= needed[0] and all(word & own == word for word, own in zip(needed[1:], here[1:], strict=True))
