"""How programs for x86-64 are called on Windows.

Programs have the convention of Linux and macOS. That of Windows has arguments in other registers (RCX, RDX, R8, R9, and
on the stack, instead of RDI, RSI, RDX, RCX, R8), and expects RDI, RSI and XMM6 to XMM15 unchanged after a call. So each
function gets an entry in front of it, which moves the arguments and keeps the registers. A thread's stack grows by the
page there, in order, so an entry touches the pages that programs use before they are needed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

STACK_NBYTES = 1 << 16
"""Of the stack, at most, that a program may use (`tests/codegen/test_self_contained.py`)."""

_PAGE_NBYTES = 4096
_SAVED = range(6, 16)  # of the registers XMM
_ROOM = 16 * len(_SAVED) + 8  # beside RDI, RSI and the return address, a multiple of 16 bytes
_FIFTH_ARGUMENT = _ROOM + 8 * (2 + 1 + 4)  # behind RDI, RSI, the return address, and room for the four in registers


def _move(register: int, *, save: bool) -> bytes:
    """movaps [rsp + d], xmm, or the other way round."""
    extended = b"\x44" if register >= 8 else b""
    operation = b"\x0f\x29" if save else b"\x0f\x28"
    return extended + operation + bytes([0x84 | (register & 7) << 3, 0x24]) + struct.pack("<i", 16 * (register - 6))


def _touch(nbytes: int) -> bytes:
    """test [rsp - nbytes], eax"""
    return b"\x85\x84\x24" + struct.pack("<i", -nbytes)


_BEFORE = b"".join(
    (
        b"\x57\x56",  # push rdi; push rsi
        b"\x48\x81\xec" + struct.pack("<i", _ROOM),  # sub rsp, room
        *(_move(register, save=True) for register in _SAVED),
        *map(_touch, range(_PAGE_NBYTES, STACK_NBYTES + 1, _PAGE_NBYTES)),
        b"\x48\x89\xcf\x48\x89\xd6",  # mov rdi, rcx; mov rsi, rdx
        b"\x4c\x89\xc2\x4c\x89\xc9",  # mov rdx, r8; mov rcx, r9
        b"\x4c\x8b\x84\x24" + struct.pack("<i", _FIFTH_ARGUMENT),  # mov r8, [rsp + fifth]
    )
)
_AFTER = b"".join(
    (
        *(_move(register, save=False) for register in _SAVED),
        b"\x48\x81\xc4" + struct.pack("<i", _ROOM),  # add rsp, room
        b"\x5e\x5f\xc3",  # pop rsi; pop rdi; ret
    )
)


def with_entries(code: bytes, functions: Mapping[str, int]) -> tuple[bytes, dict[str, int]]:
    """The code with an entry for each function behind it, and where these begin. They take five arguments at most,
    pointers and integers."""
    image, entries = bytearray(code), {}
    for name, place in functions.items():
        image += bytes(-len(image) % 16)
        entries[name] = len(image)
        image += _BEFORE
        image += b"\xe8" + struct.pack("<i", place - (len(image) + 5))  # call
        image += _AFTER
    return bytes(image), entries


def for_programs(function: int) -> bytes:
    """Code by which a program calls a function of Windows, at an address, that takes nothing."""
    return b"".join(
        (
            b"\x48\x83\xec\x28",  # sub rsp, 40: the room that a function of Windows may use, and 8 to a multiple of 16
            b"\x48\xb8" + struct.pack("<Q", function),  # mov rax, function
            b"\xff\xd0\x48\x83\xc4\x28\xc3",  # call rax; add rsp, 40; ret
        )
    )
