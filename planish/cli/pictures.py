"""Pictures of a training run: its curve, and the model's answers for images. Drawn by matplotlib, if installed."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.models.looking.results import Results
from planish.output import printable

INSTALL = "pip install 'planish[plots]'"

_COLUMNS, _ROWS = 8, 4
_MISTAKES = 8
_MOST_CLASSES_NAMED, _LARGEST_SIDE = 30, 14.0
_LONGEST_NAME = 16
_RIGHT, _WRONG = "#1a7f37", "#cf222e"


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def check_format(path: str) -> None:
    """ValueError if matplotlib does not write files whose names end like this."""
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
    _save(figure, path)


def sample_predictions(x: NDArray[Any], results: Results, class_names: Sequence[str], path: str) -> None:
    """Some images [n, height, width, channels] with the class that the model gives them, as a PNG.

    The first ones, and then mistakes, marked in red with the right class.
    """
    wrong = np.flatnonzero(results.predicted != results.labels)[:_MISTAKES]
    others = np.setdiff1d(np.arange(len(x)), wrong)[: _COLUMNS * _ROWS - len(wrong)]
    _pictures_of(x, [*others, *wrong], results, class_names, path)


def worst_mistakes(x: NDArray[Any], results: Results, class_names: Sequence[str], path: str) -> None:
    """The images that the model is wrong about, the surest mistakes first, as a PNG."""
    _pictures_of(x, list(results.mistakes()[: _COLUMNS * _ROWS]), results, class_names, path)


def confusion(results: Results, class_names: Sequence[str], path: str) -> None:
    """How many images of each class (rows) are taken for each class (columns), as a PNG."""
    counts = results.confusion()
    names = [_short(name) for name in class_names]
    side = min(_LARGEST_SIDE, 2.5 + 0.45 * len(counts))
    figure, (axis,) = _figure(1, 1, side, side)
    axis.imshow(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)), cmap="Blues", vmin=0, vmax=1)
    axis.set_xlabel("taken for")
    axis.set_ylabel("is")
    if len(counts) <= _MOST_CLASSES_NAMED:
        axis.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
        axis.set_yticks(range(len(names)), names, parse_math=False)
        for (row, column), count in np.ndenumerate(counts):
            dark = count * 2 > counts[row].sum()
            axis.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    _save(figure, path)


def _pictures_of(x: NDArray[Any], rows: Sequence[int], results: Results, names: Sequence[str], path: str) -> None:
    figure, axes = _figure(max(1, -(-len(rows) // _COLUMNS)), _COLUMNS, 1.35, 1.6)
    for axis in axes:
        axis.axis("off")
    for axis, row in zip(axes, rows, strict=False):
        axis.imshow(_shown(x[row]), cmap="gray", interpolation="nearest")
        guess, label = int(results.predicted[row]), int(results.labels[row])
        text = f"{_short(names[guess])} ({results.scores[row, guess]:.0%})"
        axis.set_title(
            text if guess == label else f"{text}\nis {_short(names[label])}",
            color=_RIGHT if guess == label else _WRONG,
            fontsize=8,
            parse_math=False,
        )
    _save(figure, path)


def _shown(image: NDArray[Any]) -> NDArray[Any]:
    """An image as matplotlib takes it: without an axis of one channel, floats between 0 and 1."""
    flat = image[..., 0] if image.shape[-1] == 1 else image
    return flat / max(1.0, float(flat.max())) if flat.dtype.kind == "f" and flat.ndim == 3 else flat


def _short(name: str) -> str:
    plain = printable(name)
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "…"


def _save(figure: Any, path: str) -> None:
    """Letters that the font lacks are drawn as boxes, which is not worth a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(path, dpi=120)


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """A figure of its own, that no window shows, and its axes; sizes in inches per axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)
