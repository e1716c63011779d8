"""Pictures of a training: its curve, and what the model makes of images. Drawn by matplotlib, if it is there."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

INSTALL = "pip install 'planish[plots]'"

_COLUMNS, _ROWS = 8, 4
_MISTAKES = 8
_RIGHT, _WRONG = "#1a7f37", "#cf222e"


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def check_format(path: str) -> None:
    """ValueError if the ending of a file's name is none that matplotlib writes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    formats = FigureCanvasAgg.get_supported_filetypes()
    ending = os.path.splitext(path)[1].removeprefix(".").lower()
    if ending not in formats:
        expected = "a name that ends in ." + ", .".join(sorted(formats))
        raise ValueError(
            explain(what="the picture's name does not say what to write", expected=expected, received=path)
        )


def training_curve(history: Mapping[str, Sequence[float]], path: str) -> None:
    """Each metric by epoch, in training and in validation, beside each other, as a PNG."""
    names = [name for name in history if not name.startswith("val_") and name != "learning_rate"]
    figure, axes = _figure(1, len(names), 4.5, 3.5)
    for axis, name in zip(axes, names, strict=True):
        for label, series in (("training", history[name]), ("validation", history.get(f"val_{name}", ()))):
            if len(series):
                axis.plot(range(1, len(series) + 1), series, marker="o", markersize=3, label=label)
        axis.set_title(name)
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=120)


def sample_predictions(
    images: NDArray[Any],
    labels: NDArray[Any],
    probabilities: NDArray[np.float32],
    class_names: Sequence[str],
    path: str,
) -> None:
    """Some images [n, height, width, channels] with the class that the model gives them, as a PNG.

    The first ones, and then mistakes, marked in red with the right class.
    """
    predicted = probabilities.argmax(axis=-1)
    wrong = np.flatnonzero(predicted != labels)[:_MISTAKES]
    others = np.setdiff1d(np.arange(len(images)), wrong)[: _COLUMNS * _ROWS - len(wrong)]
    figure, axes = _figure(_ROWS, _COLUMNS, 1.35, 1.6)
    for axis in axes:
        axis.axis("off")
    for axis, row in zip(axes, [*others, *wrong], strict=False):
        image = images[row]
        axis.imshow(image[..., 0] if image.shape[-1] == 1 else image, cmap="gray", interpolation="nearest")
        right = predicted[row] == labels[row]
        text = f"{class_names[predicted[row]]} ({probabilities[row, predicted[row]]:.0%})"
        axis.set_title(
            text if right else f"{text}\nis {class_names[int(labels[row])]}",
            color=_RIGHT if right else _WRONG,
            fontsize=8,
        )
    figure.savefig(path, dpi=120)


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """A figure of its own, that no window shows, and its axes; sizes in inches per axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)
