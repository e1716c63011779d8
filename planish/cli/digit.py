"""Turns a photograph or scan of a digit into one like MNIST's: white on black, in a box of 20x20 pixels that lies
with its centre of mass in the middle of 28x28.

paper removed -> ink and specks told apart -> cropped -> 20x20 -> centred in 28x28
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.utils.image_modes import pixels
from planish.utils.resizing import resized

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE, _BOX = 28, 20
_WHITE = 255.0

_LARGEST_LOOKED_AT = 256  # pixels of a side: a digit that fills a tenth of a photograph still has more than it needs
_PAPER = 1 / 3  # of the shorter side: anything wider is not the stroke of a pen
_FAINTEST_INK = 12.0  # of 255
_SMALLEST_PIECE = 1 / 20  # of the largest one
_BINS = 256


def like_mnist(path: str) -> NDArray[np.uint8]:
    """The digit in an image file: [28, 28, 1].

    ValueError if nothing in it stands out from the paper; also the errors of reading it.
    """
    grey = pixels(path, "grayscale").astype(np.float32)
    ink = _ink(_small(grey)[..., 0])
    kept = _pieces_of_digit(ink > _threshold(ink)) if ink.max() >= _FAINTEST_INK else np.zeros(ink.shape, bool)
    if not kept.any():
        raise ValueError(
            explain(
                what=f"no digit can be seen in {path!r}",
                expected="strokes that are darker (or lighter) than the paper around them",
            )
        )
    return _centred(_cropped(_full_contrast(ink, kept)))


def _small(image: Floats) -> Floats:
    height, width = image.shape[:2]
    scale = min(1, _LARGEST_LOOKED_AT / max(height, width))
    size = max(1, round(scale * height)), max(1, round(scale * width))
    return image if scale == 1 else resized(image, size, antialias=True)


def _ink(grey: Floats) -> Floats:
    """How much lighter or darker than the paper each pixel is; shadows and uneven light are paper."""
    low, high = np.percentile(grey, (1, 99)) if grey.size > _BINS else (grey.min(), grey.max())
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    bright = grey if np.median(frame) <= (low + high) / 2 else _WHITE - grey
    window = max(3, round(_PAPER * min(grey.shape)) | 1)
    paper = _extreme(_extreme(bright, window, np.minimum), window, np.maximum)
    return bright - paper


def _extreme(image: Floats, window: int, choose: np.ufunc) -> Floats:
    """The smallest or largest value in the square around each pixel."""
    for axis in (0, 1):
        margins = [(window // 2, window // 2) if each == axis else (0, 0) for each in (0, 1)]
        padded = np.pad(image, margins, mode="edge")
        image = choose.reduce(np.lib.stride_tricks.sliding_window_view(padded, window, axis=axis), axis=-1)
    return image


def _threshold(ink: Floats) -> float:
    """The value that separates two groups as far as possible (Otsu's)."""
    counts, edges = np.histogram(ink, _BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1:][np.nanargmax(apart)])


def _pieces_of_digit(mask: Mask) -> Mask:
    """The strokes, without specks of dust, and without anything that reaches in, such as the edge of a table."""
    pieces = _pieces(mask)
    inner = [piece for piece in pieces if not _touches_edge(piece, mask.shape)]
    largest = max(map(len, pieces), default=0)
    if inner and max(map(len, inner)) * 4 >= largest:
        pieces, largest = inner, max(map(len, inner))
    kept = np.zeros(mask.shape, bool)
    for piece in pieces:
        if len(piece) >= _SMALLEST_PIECE * largest:
            kept[tuple(np.transpose(piece))] = True
    return kept


def _pieces(mask: Mask) -> list[list[tuple[int, int]]]:
    """Groups of connected pixels; corners connect."""
    left = {(row, column) for row, column in np.argwhere(mask).tolist()}
    found = []
    while left:
        piece = [left.pop()]
        for row, column in piece:  # which grows meanwhile
            for dy, dx in product((-1, 0, 1), repeat=2):
                if (neighbour := (row + dy, column + dx)) in left:
                    left.remove(neighbour)
                    piece.append(neighbour)
        found.append(piece)
    return found


def _touches_edge(piece: list[tuple[int, int]], shape: tuple[int, ...]) -> bool:
    return any(row in (0, shape[0] - 1) or column in (0, shape[1] - 1) for row, column in piece)


def _full_contrast(ink: Floats, kept: Mask) -> Floats:
    """Strokes in white with their soft edges, everything else in black."""
    near = _extreme(kept.astype(np.float32), 3, np.maximum) > 0
    outside = ink[~near]
    noise = float(np.percentile(outside, 95)) if outside.size else 0.0
    level = max(float(np.percentile(ink[kept], 75)), noise + 1)
    return np.where(near, ((ink - noise) / (level - noise)).clip(0, 1) * np.float32(_WHITE), np.float32(0))


def _cropped(image: Floats) -> Floats:
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _centred(image: Floats) -> NDArray[np.uint8]:
    """Scaled into a box of 20 pixels, which lies with its centre of mass in the middle."""
    scale = _BOX / max(image.shape)
    size = tuple(max(1, round(scale * side)) for side in image.shape)
    box = resized(image[..., None], (size[0], size[1]), antialias=True)[..., 0]
    box = box * (_WHITE / box.max())  # thin strokes have become grey
    result = np.zeros((SIDE, SIDE), np.float32)
    top, left = (_start(box.sum(axis=1 - axis)) for axis in (0, 1))
    result[top : top + size[0], left : left + size[1]] = box
    return np.rint(result).clip(0, _WHITE).astype(np.uint8)[..., None]


def _start(weights: Floats) -> int:
    """Where a side begins, so that its centre of mass lies in the middle, or as near as it fits."""
    centre = float((weights * np.arange(len(weights))).sum() / max(float(weights.sum()), 1e-9))
    return int(np.clip(round(SIDE / 2 - centre), 0, SIDE - len(weights)))
