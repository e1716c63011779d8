"""The table of a model's layers, output shapes and parameter counts, laid out as Keras lays it out."""

from __future__ import annotations

import io
import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from planish import html
from planish.errors import explain
from planish.layers.base.layer import BatchShape, Layer
from planish.models.looking.output_shapes import traced_shapes
from planish.output import printable, stream
from planish.symbolic import LayerCall, SymbolicTensor
from planish_runtime.memory import FLOAT_NBYTES

if TYPE_CHECKING:
    from rich.table import Table

    from planish.models.model import Model
    from planish.variable import Variable

_COLUMNS = (("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right"))
_CONNECTIONS, _TRAINABLE = ("Connected to", "left"), ("Trainable", "center")
_CHAIN_LENGTH, _CHAIN_ENDS = 88, (0.45, 0.80, 1.0)
_BRANCHED_LENGTH, _BRANCHED_ENDS = 108, (0.3, 0.56, 0.74, 1.0)
_TRAINABLE_LENGTH = 12
_LEAST_COLUMN = 4

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

    table = _table(line_length, positions, is_branched(model), show_trainable)
    for row in _rows(model, _in_range(model.operations, layer_range), expand_nested, show_trainable):
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

    rows = _rows(model, model.operations, True, False)
    columns = [name for name, _ in _columns(is_branched(model), False)]
    plain = [[Text.from_markup(cell).plain for cell in row] for row in rows]
    totals = "".join(html.paragraph(Text.from_markup(line).plain.strip()) for line in _totals(model))
    return html.paragraph(f'Model: "{model.name}"') + html.table(columns, plain, numbers=columns[2:3]) + totals


def _columns(branched: bool, show_trainable: bool) -> list[tuple[str, str]]:
    """Names of the columns, and how they are justified."""
    return [*_COLUMNS, *([_CONNECTIONS] if branched else []), *([_TRAINABLE] if show_trainable else [])]


def _table(line_length: int | None, positions: Sequence[float] | None, branched: bool, show_trainable: bool) -> Table:
    from rich.table import Column, Table

    default_length, own_ends = (_BRANCHED_LENGTH, _BRANCHED_ENDS) if branched else (_CHAIN_LENGTH, _CHAIN_ENDS)
    ends = list(positions or own_ends)
    if len(ends) != len(own_ends):
        raise ValueError(
            explain(
                what="summary: argument 'positions' is wrong",
                expected=f"{len(own_ends)} fractions, where the columns end",
                received=positions,
            )
        )
    if show_trainable:
        default_length += _TRAINABLE_LENGTH
        ends = [end * 0.9 for end in ends] + [1.0]
    columns = _columns(branched, show_trainable)
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


def is_branched(model: Model) -> bool:
    """Whether the table says how layers are connected. Those of a subclass are listed one after another."""
    return model.network is not None and not model.network.is_chain


class Connections:
    """Where the inputs of every layer come from, in a model that is not one layer after another."""

    def __init__(self, calls: Sequence[LayerCall]) -> None:
        layers = dict.fromkeys(call.layer for call in calls)
        self._places = {each.record: place for layer in layers for place, each in enumerate(layer.calls)}
        self._inputs: dict[Layer, list[SymbolicTensor]] = {}
        for call in sorted(calls, key=lambda call: self._places[call.record]):
            self._inputs.setdefault(call.layer, []).extend(call.inputs)

    @classmethod
    def of(cls, model: Model) -> Connections | None:
        """None for a model whose layers follow one another, so that nothing has to be said."""
        return cls(model.network.all_calls) if model.network is not None and is_branched(model) else None

    def to(self, layer: Layer) -> str:
        """For each input of each call: the layer that gives it, which call of that layer, and which of its outputs."""
        inputs = self._inputs.get(layer, ())
        return ", ".join(map(self._source, inputs)) or "-"

    def _source(self, tensor: SymbolicTensor) -> str:
        call = self._places[tensor.record]
        return f"{_escaped(tensor.layer.name)}[[{_NUMBER}]{call}[/]][[{_NUMBER}]{tensor.place}[/]]"


def _rows(model: Model, layers: Sequence[Layer], expand_nested: bool, show_trainable: bool) -> list[list[str]]:
    """A row for each of the layers, and for each layer inside them if asked for."""
    shapes, connections = _output_shapes(model), Connections.of(model)
    rows = []
    for layer, depth in _with_depth(layers, expand_nested):
        prefix = "   " * depth + "└ " if depth else ""
        name = f"{_escaped(prefix + layer.name)} ([{_CLASS}]{_escaped(layer.class_name)}[/])"
        connected = [] if connections is None else [connections.to(layer)]
        trainable = [_trainable(layer)] if show_trainable else []
        rows.append([name, _shape(shapes.get(layer, ())), _count(layer), *connected, *trainable])
    return rows


def _with_depth(layers: Sequence[Layer], expand_nested: bool, depth: int = 0) -> Iterator[tuple[Layer, int]]:
    for layer in layers:
        yield layer, depth
        if expand_nested and layer.holds_model_layers:
            yield from _with_depth(getattr(layer, "layers", ()), True, depth + 1)


def _output_shapes(model: Model) -> dict[Layer, list[BatchShape]]:
    """What every layer gives in its last use in the model; without those that have never been used."""
    found: dict[Layer, list[BatchShape]] = {}
    layers = [layer for layer in model.flattened() if isinstance(layer, Layer)]
    for inner in layers:
        network = getattr(inner, "network", None)
        calls = () if network is None else network.all_calls
        found = {call.layer: [tensor.shape for tensor in call.outputs] for call in calls} | found
    elsewhere = {layer: [tensor.shape for tensor in layer.calls[-1].outputs] for layer in layers if layer.calls}
    if model.knows_ends and not {*layers} <= {model, *found, *elsewhere}:
        found |= traced_shapes(model) | found
    return elsewhere | found


def _shape(shapes: Sequence[BatchShape]) -> str:
    coloured = [
        "(" + ", ".join(f"[{_UNKNOWN if extent is None else _NUMBER}]{extent}[/]" for extent in shape) + ")"
        for shape in shapes
    ]
    return coloured[0] if len(coloured) == 1 else "[" + ", ".join(coloured) + "]" if coloured else "?"


def _count(layer: Layer) -> str:
    if not layer.built:
        return f"[{_NUMBER}]0[/] (unbuilt)"
    return f"[{_NUMBER}]{layer.count_params():,}[/]"


def _trainable(layer: Layer) -> str:
    if not layer.weights:
        return "[bold]-[/]"
    return f"[bold][{_NUMBER}]Y[/][/]" if layer.trainable else f"[bold][{_NO}]N[/][/]"


_NBYTES = {"float64": 8}


def _totals(model: Model) -> list[str]:
    """The lines under the table. The optimizer is counted once it has made its slots."""
    optimizer = getattr(model, "optimizer", None)
    slots = optimizer.variables if optimizer is not None and optimizer.built else None
    lines = {
        "Total params": [*model.weights, *(slots or [])],
        "Trainable params": model.trainable_weights,
        "Non-trainable params": model.non_trainable_weights,
    }
    if slots is not None:
        lines["Optimizer params"] = slots
    return [f"[bold] {label}: [/]{_counted(variables)}" for label, variables in lines.items()]


def _counted(variables: Sequence[Variable]) -> str:
    nbytes = sum(variable.size * _NBYTES.get(variable.dtype, FLOAT_NBYTES) for variable in variables)
    return f"[{_NUMBER}]{sum(variable.size for variable in variables):,}[/] ({readable_size(nbytes)})"


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
