"""The arrays that are given to operations: three images (or rows) each, and what all images share."""

import numpy as np

_random = np.random.default_rng(7)


def _numbers(*shape):
    return _random.standard_normal(shape).astype(np.float32)


X = _numbers(3, 6)
LARGE = np.abs(_numbers(3, 6)) + np.float32(1.25)
SMALL = np.tanh(_numbers(3, 6)) * np.float32(0.9)
ROW = _numbers(6)
WHOLE = _random.integers(-2, 3, (3, 6)).astype(np.float32)
OTHER = _random.integers(-2, 3, (3, 6)).astype(np.float32)
HALVES = (_random.integers(-5, 6, (3, 6)) / 2).astype(np.float32)
STRANGE = np.array([[0, np.nan, np.inf], [-np.inf, 1, -1], [2, np.nan, 3]], np.float32)
INTEGERS = _random.integers(0, 6, (3, 4)).astype(np.int32)
SHIFTS = _random.integers(1, 4, (3, 4)).astype(np.int32)
CLASSES = np.array([1, 5, 0], np.int32)
SHARES = (np.exp(X) / np.exp(X).sum(1, keepdims=True)).astype(np.float32)
MATRIX = _numbers(6, 4)
SQUARE = _numbers(6, 6)
MAP = _numbers(3, 5, 6, 2)
IMAGES = _numbers(3, 7, 6, 3)
PIXELS = _random.integers(0, 256, (2, 6, 5, 3)).astype(np.uint8)
SEQUENCES = _numbers(3, 8, 3)
KERNEL = _numbers(3, 2, 3, 6)
POINTS = _numbers(1, 1, 18, 5)
CHANNELS = _numbers(3)
