"""Static libraries: an object file in the form of `ar`, with the table of its functions that linkers look into.

The form is that of System V and GNU, the same bytes for the same object: no time, no owner.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_MAGIC, _LONGEST = b"!<arch>\n", 15  # characters of a member's name that its head has room for


def archive(name: str, code: bytes, functions: Sequence[str]) -> bytes:
    """A library of one object file, called `name`, which has these functions."""
    text = name.encode()
    long = len(text) > _LONGEST
    names = _member(b"//", text + b"/\n") if long else b""
    symbols = b"".join(each.encode() + b"\0" for each in functions)
    table_nbytes = 4 + 4 * len(functions) + len(symbols)
    begin = len(_MAGIC) + _HEAD_NBYTES + table_nbytes + table_nbytes % 2 + len(names)
    places = struct.pack(f">{1 + len(functions)}I", len(functions), *[begin] * len(functions))
    return b"".join([_MAGIC, _member(b"/", places + symbols), names, _member(b"/0" if long else text + b"/", code)])


_HEAD_NBYTES = 60


def _member(name: bytes, content: bytes) -> bytes:
    """Name, time, owner, group, mode, bytes; then the content, of which an odd byte is made even."""
    fields = (name.ljust(16), b"0".ljust(12), b"0".ljust(6), b"0".ljust(6), b"644".ljust(8), b"%d" % len(content))
    head = b"".join(fields).ljust(_HEAD_NBYTES - 2) + b"`\n"
    return head + content + b"\n" * (len(content) % 2)
