"""The table of a model's layers, output shapes and parameter counts, laid out as Keras lays it out."""

from __future__ import annotations

import io
import itertools
import re
import shutil
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from planish import html
from planish.errors import explain
from planish.layers.layer import BatchShape, Layer
from planish.output import printable, stream

if TYPE_CHECKING:
    from rich.table import Table

    from planish.models.model import Model
    from planish.variable import Variable

_LINE_LENGTH = 88
_TRAINABLE_COLUMN = 12
_POSITIONS = (0.45, 0.80, 1.0)
_COLUMNS = (("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right"), ("Trainable", "center"))
_LEAST_COLUMN = 4
_FLOAT_NBYTES = 4

# Colours of terminals, as Keras uses them.
_NUMBER, _UNKNOWN, _CLASS, _NO = "color(34)", "color(45)", "color(33)", "color(9)"


def print_summary(
    model: Model,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints the table to the terminal, or gives it to `print_fn` as one plain string.

    `line_length` is the width in characters; `positions` are the ends of the columns as fractions of it.
    `layer_range` is (first, last): regular expressions that the names of the first and the last layer to print match.
    """
    from rich.console import Console

    table = _table(line_length, positions, show_trainable)
    for layer in _in_range(model.layers, layer_range):
        for row in _rows(layer, 0, expand_nested, show_trainable):
            table.add_row(*row)
    title = f"[bold]Model: {_escaped(chr(34) + model.name + chr(34))}[/]"
    printed: list[Any] = [title, table, *_totals(model)]
    assert table.width is not None
    width = max(table.width, shutil.get_terminal_size().columns)  # longer lines are not cut off
    if print_fn is None:
        console = Console(file=stream(), highlight=False, width=width)
        for item in printed:
            console.print(item)
        return
    plain = io.StringIO()
    console = Console(file=plain, highlight=False, force_terminal=False, color_system=None, width=width)
    for item in printed:
        console.print(item)
    print_fn(plain.getvalue())


def summary_html(model: Model) -> str:
    """The table, with the layers of models inside the model, for notebooks."""
    from rich.text import Text

    rows = [row for layer in model.layers for row in _rows(layer, 0, True, False)]
    columns = [name for name, _ in _COLUMNS[:-1]]
    plain = [[Text.from_markup(cell).plain for cell in row] for row in rows]
    totals = "".join(html.paragraph(Text.from_markup(line).plain.strip()) for line in _totals(model))
    return html.paragraph(f'Model: "{model.name}"') + html.table(columns, plain, numbers=columns[2:]) + totals


def _table(line_length: int | None, positions: Sequence[float] | None, show_trainable: bool) -> Table:
    from rich.table import Column, Table

    ends = list(positions or _POSITIONS)
    default_length = _LINE_LENGTH
    if show_trainable:
        default_length += _TRAINABLE_COLUMN
        ends = [end * 0.9 for end in ends] + [1.0]
    columns = _COLUMNS if show_trainable else _COLUMNS[:-1]
    if len(ends) != len(columns):
        raise ValueError(
            explain(what="summary: argument 'positions' is wrong", expected="3 fractions", received=positions)
        )
    width = line_length or min(default_length, shutil.get_terminal_size().columns - 4)
    edges = [0, *(int(end * width) for end in ends)]
    widths = [end - start for start, end in itertools.pairwise(edges)]
    if min(widths) < _LEAST_COLUMN:
        raise ValueError(
            explain(
                what="summary: the lines are too short for the table",
                expected=f"columns of at least {_LEAST_COLUMN} characters",
                received=f"columns of {widths} in lines of {width}",
                remedy="pass a larger line_length",
            )
        )
    made = [
        Column(name, justify=justify, width=width)  # type: ignore[arg-type]
        for (name, justify), width in zip(columns, widths, strict=True)
    ]
    return Table(*made, width=width, show_lines=True)


def _rows(layer: Layer, depth: int, expand_nested: bool, show_trainable: bool) -> list[list[str]]:
    """The layer's row, and those of the layers inside it if asked for."""
    prefix = "   " * depth + "└ " if depth else ""
    name = f"{_escaped(prefix + layer.name)} ([{_CLASS}]{_escaped(type(layer).__name__)}[/])"
    row = [name, _shape(layer), _count(layer)]
    if show_trainable:
        row.append(_trainable(layer))
    nested: list[Layer] = getattr(layer, "layers", []) if expand_nested and layer.holds_model_layers else []
    return [row, *(inner for child in nested for inner in _rows(child, depth + 1, expand_nested, show_trainable))]


def _shape(layer: Layer) -> str:
    shape: BatchShape | None = None if layer.output is None else layer.output.shape
    if shape is None:
        return "?"
    return "(" + ", ".join(f"[{_UNKNOWN if extent is None else _NUMBER}]{extent}[/]" for extent in shape) + ")"


def _count(layer: Layer) -> str:
    if not layer.built:
        return f"[{_NUMBER}]0[/] (unbuilt)"
    return f"[{_NUMBER}]{layer.count_params():,}[/]"


def _trainable(layer: Layer) -> str:
    if not layer.weights:
        return "[bold]-[/]"
    return f"[bold][{_NUMBER}]Y[/][/]" if layer.trainable else f"[bold][{_NO}]N[/][/]"


def _totals(model: Model) -> list[str]:
    """The lines under the table. The optimizer is counted once it has made its slots."""
    trainable, frozen = _elements(model.trainable_weights), _elements(model.non_trainable_weights)
    optimizer = getattr(model, "optimizer", None)
    slots = _elements(optimizer.variables) if optimizer is not None and optimizer.built else None
    lines = {
        "Total params": trainable + frozen + (slots or 0),
        "Trainable params": trainable,
        "Non-trainable params": frozen,
    }
    if slots is not None:
        lines["Optimizer params"] = slots
    return [
        f"[bold] {label}: [/][{_NUMBER}]{count:,}[/] ({readable_size(count * _FLOAT_NBYTES)})"
        for label, count in lines.items()
    ]


def _elements(variables: Sequence[Variable]) -> int:
    return sum(variable.size for variable in variables)


def readable_size(nbytes: float) -> str:
    """1536 -> '1.50 KB'."""
    units = ("B", "KB", "MB", "GB", "TB", "PB")
    for unit in units[:-1]:
        if nbytes < 1024:
            return f"{nbytes:.2f} {unit}"
        nbytes /= 1024
    return f"{nbytes:.2f} {units[-1]}"


def _in_range(layers: Sequence[Layer], layer_range: Sequence[str] | None) -> Sequence[Layer]:
    """The layers from the first that matches one end of the range to the last that matches the other end."""
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(end, str) for end in layer_range):
        raise ValueError(
            explain(what="summary: argument 'layer_range' is wrong", expected="(first, last)", received=layer_range)
        )
    first, last = ([at for at, layer in enumerate(layers) if re.match(end, layer.name)] for end in layer_range)
    if not first or not last:
        raise ValueError(
            explain(
                what="summary: layer_range does not name a layer of the model",
                expected="names, or regular expressions for them: " + ", ".join(layer.name for layer in layers),
                received=tuple(layer_range),
            )
        )
    if min(first) > max(last):
        return layers[min(last) : max(first) + 1]
    return layers[min(first) : max(last) + 1]


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))
