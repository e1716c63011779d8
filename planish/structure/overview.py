"""The way from the image to the scores, with the arithmetic, the costs, and alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planish import html
from planish.models.summary import readable_size
from planish.structure import alternatives
from planish.structure.alternatives import Alternative, Pair
from planish.structure.sources import Shape, built, layers_from, name_of
from planish.structure.steps import Step, chain, steps_of
from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from rich.console import Group

_STEPS = ("layer", "output", "why", "parameters", "multiply-adds", "activations")
_ALTERNATIVES = ("instead", "features", "parameters", "multiply-adds", "activations")
_RIGHT = frozenset({"features", "parameters", "multiply-adds", "activations"})


@dataclass(frozen=True, slots=True)
class Shapes:
    """A model's shapes and costs for one image. It prints as a table; `as_dict` is the same as plain data.

    `input_shape` is without the batch axis. `pair` is the first Flatten with the Dense after it, `alternatives` what
    one might do instead, both empty if there is no such pair.

    `steps`: one for each layer.

    >>> found = keras.shapes(keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Flatten()]))
    >>> type(found).__name__
    'Shapes'
    """

    name: str
    input_shape: Shape
    steps: tuple[Step, ...]
    pair: Pair | None
    alternatives: tuple[Alternative, ...]

    @property
    def output_shape(self) -> Shape:
        return self.steps[-1].output_shape

    @property
    def parameters(self) -> int:
        return sum(step.parameters for step in self.steps)

    @property
    def multiply_adds(self) -> int:
        return sum(step.multiply_adds for step in self.steps)

    @property
    def activation_nbytes(self) -> int:
        """Memory of all layers' outputs for one image, as training keeps them."""
        return sum(step.activation_nbytes for step in self.steps)

    @property
    def flatten_share(self) -> float:
        """The share of all parameters that Flatten -> Dense takes, 0 to 1; 0 if there is no such pair."""
        return self.pair.parameters / self.parameters if self.pair is not None and self.parameters else 0.0

    @property
    def chain(self) -> str:
        """The chain of shapes on one line."""
        return chain(self.input_shape, self.steps)

    def as_dict(self) -> dict[str, Any]:
        """All of it as dictionaries, lists and numbers."""
        totals = {
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "activation_nbytes": self.activation_nbytes,
            "flatten_share": self.flatten_share,
        }
        return {**asdict(self), **totals}

    # -- printing ----------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        lines = [f"{self.name}: images {self.input_shape}", "", *_table(_STEPS, self._step_rows())]
        if self.pair is not None:
            lines += ["", self._about_pair(self.pair)]
        if self.alternatives:
            lines += ["", *_table(_ALTERNATIVES, self._alternative_rows())]
        return "\n".join(lines)

    def __rich__(self) -> Group:
        """The same in colours, for rich."""
        from rich.console import Group
        from rich.text import Text

        items: list[Any] = [Text(f"{self.name}: images {self.input_shape}"), _rich_table(_STEPS, self._step_rows())]
        if self.pair is not None:
            items.append(Text(self._about_pair(self.pair)))
        if self.alternatives:
            items.append(_rich_table(_ALTERNATIVES, self._alternative_rows()))
        return Group(*items)

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        parts = [html.paragraph(f"{self.name}: images {self.input_shape}")]
        parts.append(html.table(_STEPS, self._step_rows(), numbers=_RIGHT))
        if self.pair is not None:
            parts.append(html.paragraph(self._about_pair(self.pair)))
        if self.alternatives:
            parts.append(html.table(_ALTERNATIVES, self._alternative_rows(), numbers=_RIGHT))
        return "".join(parts)

    def _step_rows(self) -> list[tuple[str, ...]]:
        rows = [(step.label, str(step.output_shape), step.arithmetic, *_costs(step)) for step in self.steps]
        return [*rows, ("total", "", "", *_costs(self))]

    def _alternative_rows(self) -> list[tuple[str, ...]]:
        assert self.pair is not None
        rows = [("nothing", f"{self.pair.features:,}", *_costs(self))]
        return [*rows, *((other.change, f"{other.features:,}", *_costs(other)) for other in self.alternatives)]

    def _about_pair(self, pair: Pair) -> str:
        return (
            f"{pair.flatten.label} -> {pair.dense.label}: {pair.features:,} features, {pair.parameters:,} of "
            f"{self.parameters:,} parameters ({self.flatten_share:.1%})"
        )


@short_in_notebooks
def shapes(model_or_layers: Any, input_shape: Sequence[int] | int | None = None) -> Shapes:
    """The shapes and costs of a model for one image, layer by layer.

    `model_or_layers` is a model or a list of layers, of planish, Keras or PyTorch, or the path of a file;
    nothing in it is changed, and no weights are made. `input_shape` is the shape of one image without the batch axis,
    with the channels first for PyTorch and as an ONNX file has it; it may be left out where the model says it. Layers
    of an ONNX file are those of `planish.load_onnx(path)`, whose images have their channels last. TypeError for what is
    not a model, ValueError, with the chain of shapes so far, for layers that do not fit.

    >>> len(keras.shapes(keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Flatten()])).steps)
    1
    """
    layers, shape = layers_from(model_or_layers, input_shape)
    name = name_of(model_or_layers)
    steps = steps_of(built(layers, shape, name))
    pair, others = alternatives.pair_in(layers, steps), alternatives.alternatives_to(layers, steps)
    return Shapes(name, shape, steps, pair, others)


def _costs(counted: Shapes | Step | Alternative) -> tuple[str, str, str]:
    return f"{counted.parameters:,}", f"{counted.multiply_adds:,}", readable_size(counted.activation_nbytes)


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of text, every column as wide as its widest cell, numbers to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for cell, width, name in zip(cells, widths, columns, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return [line(columns), line(["-" * width for width in widths]), *map(line, rows)]


def _rich_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in columns:
        table.add_column(name, justify="right" if name in _RIGHT else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
