"""Damage to messages of protocol buffers, which ONNX files are, and how such messages are written."""

from __future__ import annotations

from typing import Any

import mutants
from mutants import Dice


def damaged(dice: Dice, contents: bytes) -> bytes:
    """A message with fields changed, left out or doubled, at any depth; lengths around them stay right."""
    if dice.random() < 0.3:
        return mutants.any_bytes(dice, contents)
    for _ in range(dice.choice((1, 1, 2, 3))):
        contents = _changed_message(dice, contents, 0)
    return contents


def _changed_message(dice: Dice, contents: bytes, depth: int) -> bytes:
    fields = fields_of(contents)
    if not fields:
        return mutants.any_bytes(dice, contents)
    place = dice.randrange(len(fields))
    number, wire, value = fields[place]
    if wire == 2 and depth < 6 and dice.random() < 0.75 and fields_of(value):
        fields[place] = (number, wire, _changed_message(dice, value, depth + 1))
    else:
        _change_field(dice, fields, place)
    return b"".join(_field(*field) for field in fields)


def _change_field(dice: Dice, fields: list[tuple[int, int, Any]], place: int) -> None:
    number, wire, value = fields[place]
    kind = dice.randrange(6)
    if kind == 0:
        del fields[place]
    elif kind == 1:
        fields.insert(dice.randrange(len(fields) + 1), fields[place])
    elif kind == 2:
        fields[place] = (dice.randrange(1, 30), wire, value)
    elif wire == 0:
        fields[place] = (number, wire, dice.choice((0, 1, 2, 7, 11, 16, value + 1, *mutants.SIZES)))
    elif wire == 2:
        words = (
            b"",
            b"x",
            b"Relu",
            b"Reshape",
            b"Conv",
            b"../../x",
            mutants.any_bytes(dice, value),
            value * 2,
            value[: len(value) // 2],
        )
        fields[place] = (number, wire, dice.choice(words))
    else:
        fields[place] = (number, wire, dice.randbytes(len(value)))


def fields_of(contents: bytes) -> list[tuple[int, int, Any]]:
    """(number, wire type, value) of a message's fields; none if it is not one."""
    fields: list[tuple[int, int, Any]] = []
    place = 0
    while place < len(contents):
        tag, place = _varint(contents, place)
        number, wire = tag >> 3, tag & 7
        if place < 0 or not number or wire not in (0, 1, 2, 5):
            return []
        if wire == 0:
            value, place = _varint(contents, place)
        else:
            length, place = _varint(contents, place) if wire == 2 else ({1: 8, 5: 4}[wire], place)
            if place < 0 or place + length > len(contents):
                return []
            value, place = contents[place : place + length], place + length
        if place < 0:
            return []
        fields.append((number, wire, value))
    return fields


def _varint(contents: bytes, place: int) -> tuple[int, int]:
    value = 0
    for used, byte in enumerate(contents[place : place + 10]):
        value |= (byte & 0x7F) << 7 * used
        if byte < 0x80:
            return value, place + used + 1
    return 0, -1


def _written(value: int) -> bytes:
    written = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _field(number: int, wire: int, value: Any) -> bytes:
    inside = _written(value) if wire == 0 else (_written(len(value)) if wire == 2 else b"") + value
    return _written(number << 3 | wire) + inside


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of numbers, and of texts or other messages."""
    return b"".join(_field(number, 0 if isinstance(value, int) else 2, value) for number, value in fields)
