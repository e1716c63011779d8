"""Damage to files: bytes that are flipped, cut and moved, and what only a format's own structure allows.

Every function takes a `random.Random`, from which all that it does follows, and returns new contents.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

Dice = random.Random
Mutate = Callable[[Dice, bytes], bytes]

SIZES = (
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF,
    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1,
)  # fmt: skip
_NAMES = (
    "Dense",
    "Conv2D",
    "Lambda",
    "Sequential",
    "Functional",
    "Flatten",
    "InputLayer",
    "BatchNormalization",
    "os.system",
)
_MOST_NUMBERS = 100_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


# -- any bytes ---------------------------------------------------------------------------------------------------------


def any_bytes(dice: Dice, contents: bytes) -> bytes:
    """One kind of damage to the bytes, at one place or a few."""
    changed = bytearray(contents)
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        _damage(dice, changed)
    return bytes(changed)


def _damage(dice: Dice, changed: bytearray) -> None:
    place, length = dice.randrange(len(changed) + 1), dice.choice((1, 2, 4, 8, 64, 1000))
    kind = dice.randrange(9)
    if kind <= 1 and changed:
        changed[place % len(changed)] ^= 1 << dice.randrange(8)
    elif kind == 2 and changed:
        changed[place % len(changed)] = dice.choice((0, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    elif kind == 3:
        del changed[place:]
    elif kind == 4:
        del changed[place : place + length]
    elif kind == 5:
        start = dice.randrange(len(changed) + 1)
        changed[place:place] = changed[start : start + length]
    elif kind == 6:
        start = dice.randrange(len(changed) + 1)
        piece = changed[start : start + length]
        changed[place : place + len(piece)] = piece
    elif kind == 7:
        changed[place:place] = dice.randbytes(length)
    else:
        nbytes = dice.choice((1, 2, 4, 8))
        size = dice.choice(SIZES) & ((1 << 8 * nbytes) - 1)
        changed[place : place + nbytes] = size.to_bytes(nbytes, dice.choice(("little", "big")))


# -- JSON --------------------------------------------------------------------------------------------------------------


def json_text(dice: Dice, text: bytes) -> bytes:
    """Values, keys and items of JSON changed; sometimes the text itself."""
    if dice.random() < 0.1:
        return any_bytes(dice, text)
    try:
        value = json.loads(text)
    except ValueError:
        return any_bytes(dice, text)
    try:
        for _ in range(dice.choice((1, 1, 2, 4))):
            value = _changed_value(dice, value)
        return json.dumps(value).encode()
    except RecursionError:  # several depths one in the other
        return b"[" * 5000


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        found.append((value, key))
        _places(item, found)
    return found


def _changed_value(dice: Dice, value: Any) -> Any:
    places = _places(value, [])
    if not places or dice.random() < 0.01:
        return _odd_value(dice, value)
    container, key = dice.choice(places)
    kind = dice.randrange(7)
    if kind <= 2:
        container[key] = _odd_value(dice, container[key])
    elif kind == 3:
        del container[key]
    elif kind == 4:
        other, there = dice.choice(places)
        if (isinstance(other, dict) and there in other) or (isinstance(other, list) and there < len(other)):
            container[key] = json.loads(json.dumps(other[there]))
    elif kind == 5 and isinstance(container, dict):
        container[dice.choice((f"{key}_", "name", "class_name", "module", "shape", "", "config"))] = container.pop(key)
    elif isinstance(container, list):
        container.insert(dice.randrange(len(container) + 1), json.loads(json.dumps(container[key])))
    return value


def _odd_value(dice: Dice, value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and dice.random() < 0.6:
        return dice.choice(
            (0, -1, value + 1, value * 2, value * 1000, 2**31, 2**63, 10**30, 1e308, -value, float("nan"), 0.5)
        )
    if isinstance(value, str) and dice.random() < 0.5:
        return dice.choice((value + "_", "", "\0", "../../x", "a" * 10_000, dice.choice(_NAMES), "é\ud800"))
    deep: Any = []
    if dice.random() < 0.05:
        for _ in range(900):
            deep = [deep]
    return dice.choice(
        (
            None,
            True,
            False,
            0,
            -1,
            3,
            10**12,
            10**30,
            float("inf"),
            "",
            "x",
            [],
            {},
            [value],
            {"class_name": value},
            deep,
        )
    )


# -- zips --------------------------------------------------------------------------------------------------------------


def zipped(members: list[tuple[str, bytes]], packing: int = zipfile.ZIP_STORED) -> bytes:
    """A zip that depends on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, contents in members:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = packing
            archive.writestr(info, contents)
    return buffer.getvalue()


def members_of(contents: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def keras_zip(dice: Dice, contents: bytes) -> bytes:
    """A `.keras` file whose members are changed, each in its own way, or missing, or there twice."""
    if dice.random() < 0.2:
        return any_bytes(dice, contents)
    members = members_of(contents)
    place = dice.choice((0, 1, 1, 1, 1, 2, 2, 2)) % len(members)
    name, inside = members[place]
    kind = dice.randrange(16)
    if kind == 0:
        del members[place]
    elif kind == 1:
        members.append((name, dice.choice((inside, b"", b"{}"))))
    elif kind == 2:
        members[place] = (dice.choice((f"../{name}", f"/{name}", name.upper(), f"{name}\0")), inside)
    elif kind == 3:
        members[place] = (name, b"\0" * dice.choice((1 << 20, 8 << 20)))
    else:
        members[place] = (name, json_text(dice, inside) if name.endswith(".json") else hdf5(dice, inside))
    return zipped(members, dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


# -- HDF5 --------------------------------------------------------------------------------------------------------------


def hdf5(dice: Dice, contents: bytes) -> bytes:
    """An HDF5 file whose groups, arrays, links and attributes are changed, or its bytes."""
    if dice.random() < 0.4:
        return any_bytes(dice, contents)
    buffer = io.BytesIO(contents)
    try:
        with h5py.File(buffer, "r+") as file:
            for _ in range(dice.choice((1, 1, 2))):
                _change_object(dice, file)
    except (OSError, KeyError, ValueError, RuntimeError, TypeError):
        return any_bytes(dice, contents)
    return buffer.getvalue()


def _change_object(dice: Dice, file: h5py.File) -> None:
    names: list[str] = []
    file.visit(names.append)
    name = dice.choice(sorted(names)) if names else "/"
    attributes = file[name].attrs if dice.random() < 0.5 else file.attrs
    if dice.random() < 0.4 and len(attributes):
        _change_attribute(dice, attributes)
    elif name != "/":
        _change_link(dice, file, name)


def _change_attribute(dice: Dice, attributes: h5py.AttributeManager) -> None:
    name = dice.choice(sorted(attributes))
    value = attributes[name]
    del attributes[name]
    kind = dice.randrange(6)
    if kind == 0:
        return
    if isinstance(value, str | bytes) and kind < 5:
        text = value.encode() if isinstance(value, str) else value
        attributes[name] = np.bytes_(json_text(dice, text)) if len(text) < 60_000 else text
    elif isinstance(value, np.ndarray) and value.size and kind < 4:
        changed = [*value.ravel()]
        place = dice.randrange(len(changed))
        if kind == 1:
            del changed[place]
        elif kind == 2:
            changed.append(changed[place])
        else:
            changed[place] = dice.choice((b"", b"..", b"/", b"x", b"\xff\xfe", b"a/../../b"))
        attributes[name] = np.array(changed) if changed else np.zeros(0, "S1")
    else:
        attributes[name] = dice.choice(
            (3, 1.5, np.zeros((2, 2)), b"", "x" * 60_000, np.array([b"", b"x"]), h5py.Empty("f"))
        )


def _change_link(dice: Dice, file: h5py.File, name: str) -> None:
    old, kind = file[name], dice.randrange(12)
    parent, own = old.parent, name.rpartition("/")[2]
    shape = getattr(old, "shape", None) or ()
    shape = shape if np.prod(shape, dtype=float) < _MOST_NUMBERS else (2,)
    del parent[own]
    if kind == 0:
        return
    if kind == 1:
        parent[own] = h5py.SoftLink(dice.choice(("/", f"/{name}", "/layers", ".")))
    elif kind == 2:
        parent[own] = h5py.ExternalLink(dice.choice(("/etc/passwd", "/dev/zero", "other.h5")), "/x")
    elif kind == 3:
        parent[own] = dice.choice((parent, file))  # a circle
    elif kind == 4:
        parent.create_dataset(
            own, dice.choice((shape, (1 << 40,))), dice.choice(("f4", "f8", "i1", "S5", "c8")), chunks=True
        )
    elif kind == 5:
        parent.create_dataset(own, shape or (1,), "f4", chunks=tuple(max(each, 1) * 64 for each in shape) or (64,),
                              maxshape=(None,) * (len(shape) or 1), compression="gzip")  # fmt: skip
    elif kind == 6:
        parent[own] = dice.choice((h5py.Empty("f"), "text", np.zeros(0, "f4"), np.float32(3), np.array([b"a"])))
    elif kind == 7:
        parent.create_group(own)
    elif kind == 8:
        parent.create_dataset(own, shape, "f4", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)] if shape else None)
    elif kind == 9:
        parent[f"{own}_"] = old
    elif kind == 10:
        parent[own] = np.full(shape, dice.choice((np.nan, np.inf, 1e38)), dice.choice(("f4", "f8", ">f4")))
    else:
        parent[own] = np.zeros((*shape[::-1], dice.choice((1, 2))), "f4")


# -- safetensors -------------------------------------------------------------------------------------------------------


def safetensors(dice: Dice, contents: bytes) -> bytes:
    """A header with other entries, or one of another length than it says."""
    if dice.random() < 0.3:
        return any_bytes(dice, contents)
    (length,) = struct.unpack("<Q", contents[:8])
    header = json_text(dice, contents[8 : 8 + length])
    told = len(header) if dice.random() < 0.9 else dice.choice(SIZES)
    return struct.pack("<Q", told) + header + contents[8 + length :]
