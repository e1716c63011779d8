"""The table of primitives: what writes each of them, and why some are refused."""

from __future__ import annotations

from collections.abc import Callable

from planish.convert.onnx_writer.writing import Writer

WRITERS: dict[str, Writer] = {}

_GRADIENT = "it belongs to a step of training, and a file has what predictions need"
_RANKS = "it belongs to a step of several processes, and a file has what predictions need"
_WHOLE_STEP = "its value is another one in every step, and a file has none of them"

REFUSED: dict[str, str] = {
    "average_pool2d_grad": _GRADIENT,
    "circle_sums": _GRADIENT,
    "circle_sums_grad": _GRADIENT,
    "conv2d_weight_grad": _GRADIENT,
    "dense_weight_grad": _GRADIENT,
    "max_pool2d_grad": _GRADIENT,
    "resize2d_grad": _GRADIENT,
    "take_along_axis_grad": _GRADIENT,
    "take_batch_grad": _GRADIENT,
    "operand": "it stands for a value inside of an expression, which models do not have",
    "scalar": _WHOLE_STEP,
    "share_size": _RANKS,
    "total": _RANKS,
}
"""Primitives that are not written, on purpose, and why."""


def writes(*names: str) -> Callable[[Writer], Writer]:
    """Registers the writer of primitives."""

    def register(writer: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(names, writer))
        return writer

    return register
