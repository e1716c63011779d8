"""Vectors of pixels in channels-last order, and the same elements with a vector for each channel, in registers.

separated:   planes[c][lane] = flat[lane * channels + c]        interleaved: the way back

`flat` are `channels` vectors laid end to end. Each result takes its lanes from its sources one after another, two
vectors at a time: one instruction each on AVX-512.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Value


def separated(f: Function, flat: Sequence[Value]) -> list[Value]:
    """A vector of each channel."""
    channels = len(flat)
    wanted = [[divmod(lane * channels + c, f.lanes) for lane in range(f.lanes)] for c in range(channels)]
    return [_gathered(f, flat, places) for places in wanted]


def interleaved(f: Function, planes: Sequence[Value]) -> list[Value]:
    """The channels of each pixel side by side."""
    channels = len(planes)
    places = [divmod(element, channels) for element in range(channels * f.lanes)]
    turned = [(channel, lane) for lane, channel in places]
    return [_gathered(f, planes, turned[first : first + f.lanes]) for first in range(0, len(turned), f.lanes)]


def _gathered(f: Function, sources: Sequence[Value], places: Sequence[tuple[int, int]]) -> Value:
    """The vector whose lanes are (source, lane of it)."""
    numbers = list(dict.fromkeys(source for source, _ in places))
    first, *others = numbers
    if not others:
        lanes = [lane for _, lane in places]
        same = lanes == list(range(f.lanes))
        return sources[first] if same else f.shuffle(sources[first], sources[first], lanes)
    second, *others = others
    among = {first: 0, second: f.lanes}
    result = f.shuffle(sources[first], sources[second], [among.get(source, 0) + lane for source, lane in places])
    for number in others:
        lanes = [f.lanes + lane if source == number else own for own, (source, lane) in enumerate(places)]
        result = f.shuffle(result, sources[number], lanes)
    return result


def shuffle_cycles(channels: int, lanes: int) -> float:
    """The cost of either direction for a vector of pixels: one a shuffle, measured with AVX-512 and with AVX2."""
    return float(channels * (min(channels, lanes) - 1))
