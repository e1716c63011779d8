"""A model as a drawing of boxes and arrows: `keras.utils.plot_model` and `keras.utils.model_to_dot`."""

from __future__ import annotations

import html
import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planish import atomic_file, structures
from planish.errors import explain, unknown_name
from planish.symbolic import SymbolicTensor
from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer
    from planish.models.model import Model
    from planish.models.networks.network import Network

INSTALL = "pip install 'planish[plots]'"
INSTALL_GRAPHVIZ = "apt install graphviz, brew install graphviz, or winget install graphviz"

_DIRECTIONS = ("TB", "BT", "LR", "RL")
_TEXTS = frozenset({".dot", ".gv"})
"""Endings of files that are the drawing's own text, for which no program has to be run."""


@dataclass(frozen=True, slots=True)
class _Style:
    """What the boxes say besides the classes of the layers."""

    show_shapes: bool
    show_dtype: bool
    show_layer_names: bool
    show_layer_activations: bool
    show_trainable: bool
    expand_nested: bool


@short_in_notebooks
def model_to_dot(
    model: Model,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **options: Any,
) -> Any:
    """The model as a `pydot.Dot`: a box for each layer and each operation, arrows for what goes from one to another.

    `model` is drawn with the names of its layers (`show_layer_names`), and if asked for with the shapes of what they
    take and give (`show_shapes`), its element types (`show_dtype`), activations (`show_layer_activations`) and whether
    training changes their weights (`show_trainable`). `rankdir` is the direction: 'TB' from top to bottom, 'LR' from
    left to right, 'BT' or 'RL'; `dpi` are dots per inch, `splines` says how arrows are drawn: 'ortho', 'spline', ....

    `expand_nested` draws models inside the model as boxes around their layers; `subgraph` gives a `pydot.Cluster`. The
    program `dot` is not needed: `model_to_dot(model).to_string()` is the drawing as text. A model whose class writes
    `call` itself is one box. ValueError if the model is not built, or for other `options`; ImportError without pydot.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2), keras.layers.ReLU()])
    >>> len(keras.utils.model_to_dot(model).get_edges())
    1
    """
    _refuse(options)
    if not model.built:
        raise ValueError(
            explain(layer=model.label, what="the model is not built", remedy="build(input_shape), or call it on data")
        )
    if rankdir not in _DIRECTIONS:
        raise ValueError(unknown_name("rankdir", rankdir, _DIRECTIONS))
    pydot = _pydot()
    style = _Style(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    if subgraph:
        dot = _cluster(pydot, model)
    else:
        dot = pydot.Dot()
        for name, value in (("rankdir", rankdir), ("concentrate", True), ("dpi", dpi), ("splines", splines)):
            dot.set(name, value)
        dot.set_node_defaults(shape="record")
    drawing = _Drawing(pydot, style)
    drawing.add_layers(dot, model)
    for source, destination in dict.fromkeys(drawing.arrows(model)):
        dot.add_edge(pydot.Edge(drawing.names[source], drawing.names[destination], penwidth="2"))
    return dot


@short_in_notebooks
def plot_model(
    model: Model,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **options: Any,
) -> Any:
    """Draws `model` into `to_file`, whose ending says the format: png, svg, pdf, ..., or dot for the drawing as text.

    `show_shapes`, `show_dtype`, `show_layer_names`, `rankdir`, `expand_nested`, `dpi`, `show_layer_activations`,
    `show_trainable`, `splines` and `options` are those of `model_to_dot`. In a notebook the picture is returned, to be
    shown. ImportError without pydot or the program `dot`, which all formats but dot need; ValueError for a format that
    it does not know.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> keras.utils.plot_model(model, "model.dot", show_shapes=True)
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **options,
    )
    path = Path(to_file)
    if path.suffix in _TEXTS:
        _put(path, dot.to_string().encode())
        return None
    _write(dot, path, path.suffix[1:] or "png")
    return _shown(path)


def _refuse(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if name == "layer_range" and value is None:
            continue
        known = [*_Style.__slots__, "rankdir", "dpi", "splines"]
        raise ValueError(unknown_name("argument of plot_model", name, known))


def _pydot() -> Any:
    if importlib.util.find_spec("pydot") is None:
        raise ImportError(explain(what="to draw a model takes pydot", remedy=INSTALL))
    return importlib.import_module("pydot")


def _write(dot: Any, path: Path, kind: str) -> None:
    if shutil.which("dot") is None:
        raise ImportError(
            explain(
                what="to draw a model takes the program `dot` of Graphviz, which was not found",
                received=f"a file of the format {kind!r}",
                remedy=f"{INSTALL_GRAPHVIZ}\nor the drawing as text: plot_model(model, 'model.dot')",
            )
        )
    try:
        picture = dot.create(format=kind)
    except Exception as error:  # pydot has no class of its own for what the program says
        last = str(error).strip().splitlines()[-1:] or ["nothing"]
        raise ValueError(
            explain(
                what=f"Graphviz could not draw the model as {kind!r}",
                expected="a file that ends in .png, .svg, .pdf, .jpg or .dot",
                received=last[0],
            )
        ) from None
    _put(path, picture)


def _put(path: Path, contents: bytes) -> None:
    atomic_file.write(str(path), contents)


def _shown(path: Path) -> Any:
    """The picture for a notebook; None elsewhere."""
    if "IPython" not in sys.modules or path.suffix == ".pdf":
        return None
    display = importlib.import_module("IPython.display")
    return display.SVG(filename=str(path)) if path.suffix == ".svg" else display.Image(filename=str(path))


def _cluster(pydot: Any, model: Model) -> Any:
    cluster = pydot.Cluster(style="dashed", graph_name=model.name)
    cluster.set("label", model.name)
    cluster.set("labeljust", "l")
    return cluster


class _Drawing:
    """`names` are those of the boxes that have been drawn."""

    def __init__(self, pydot: Any, style: _Style) -> None:
        self._pydot = pydot
        self._style = style
        self.names: dict[Layer, str] = {}

    def add_layers(self, dot: Any, model: Model) -> None:
        for layer in model.operations if model.network is not None else [model]:
            inner: Any = layer
            if layer is not model and self._is_expanded(layer):
                cluster = _cluster(self._pydot, inner)
                self.add_layers(cluster, inner)
                dot.add_subgraph(cluster)
            elif layer not in self.names:
                self.names[layer] = f"layer_{len(self.names)}"
                label = _label(layer, self._style)
                dot.add_node(
                    self._pydot.Node(self.names[layer], label=label, fontname="Helvetica", border="0", margin="0")
                )

    def _is_expanded(self, layer: Layer) -> bool:
        return self._inside(layer) is not None

    def _inside(self, layer: Layer) -> Network | None:
        """What a model consists of, if models are expanded; None for other layers."""
        found: Network | None = getattr(layer, "network", None) if self._style.expand_nested else None
        return found

    def arrows(self, model: Model) -> Iterator[tuple[Layer, Layer]]:
        """From box to box, also inside models that are expanded."""
        for call in () if model.network is None else model.network.calls:
            layer: Any = call.layer
            inside = self._inside(layer)
            if inside is None:
                yield from ((source, layer) for tensor in call.inputs for source in self._givers(tensor))
                continue
            for tensor, inner in zip(layer.given_in(call), inside.input_tensors, strict=True):
                takers = [*self._takers(inside, inner)]
                yield from ((source, taker) for source in self._givers(tensor) for taker in takers)
            yield from self.arrows(layer)

    def _givers(self, tensor: SymbolicTensor) -> list[Layer]:
        """The box that gives a tensor; none where an input is not drawn, as in a Sequential model."""
        while (inside := self._inside(tensor.layer)) is not None:
            tensor = inside.output_tensors[tensor.place]
        return [tensor.layer] if tensor.layer in self.names else []

    def _takers(self, network: Network, tensor: SymbolicTensor) -> Iterator[Layer]:
        """The boxes in an expanded model that take one of its inputs: the input's own, or those behind it."""
        if tensor.layer in self.names:
            yield tensor.layer
            return
        for call in network.calls:
            inside = self._inside(call.layer)
            for place, taken in enumerate(call.inputs):
                if taken == tensor and inside is not None:
                    yield from self._takers(inside, inside.input_tensors[place])
                elif taken == tensor:
                    yield call.layer


def _label(layer: Layer, style: _Style) -> str:
    """A table in the language of Graphviz: class and name, the activation, then cells with shapes and so on."""
    cells = [*_cells(layer, style)]
    span = f'colspan="{max(1, len(cells))}"'
    kind, name = html.escape(layer.class_name), html.escape(layer.name)
    title = f"<b>{name}</b> ({kind})" if style.show_layer_names else f"<b>{kind}</b>"
    rows = [f'<td {span} bgcolor="black"><font point-size="16" color="white">{title}</font></td>']
    activation = getattr(layer, "activation", None)
    if style.show_layer_activations and activation is not None:
        said = html.escape(str(getattr(activation, "name", None) or getattr(activation, "__name__", activation)))
        rows.append(f'<td bgcolor="white" {span}><font point-size="14">Activation: <b>{said}</b></font></td>')
    if cells:
        rows.append("".join(cells))
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{table}</table>>'


def _cells(layer: Layer, style: _Style) -> Iterator[str]:
    if style.show_shapes and layer.class_name != "InputLayer":
        yield _cell("white", f"Input shape: <b>{_told(layer, 'input', 'shape')}</b>")
    if style.show_shapes:
        yield _cell("white", f"Output shape: <b>{_told(layer, 'output', 'shape')}</b>")
    if style.show_dtype:
        yield _cell("white", f"Output dtype: <b>{_told(layer, 'output', 'dtype')}</b>")
    if style.show_trainable and layer.weights:
        colour, said = ("forestgreen", "Trainable") if layer.trainable else ("firebrick", "Non-trainable")
        yield _cell(colour, f"<b>{said}</b>", ' color="white"')


def _cell(colour: str, text: str, font: str = "") -> str:
    return f'<td bgcolor="{colour}"><font point-size="14"{font}>{text}</font></td>'


def _told(layer: Layer, side: str, what: str) -> str:
    """An attribute of the layer's symbolic inputs or outputs, in their structure; '?' where there are none."""
    ends = getattr(layer, side, None)
    if ends is None:
        return "?"
    found: Any = structures.mapped(lambda tensor: getattr(tensor, what), ends)
    text = ", ".join(f"{key}: {value}" for key, value in found.items()) if isinstance(found, dict) else str(found)
    return html.escape(text, quote=False)
