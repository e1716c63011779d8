"""A model as nodes, and what each of its layers took and gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from planish.errors import explain, unknown_name
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base.context import CallContext, Visit
from planish.layers.base.layer import Layer
from planish.symbolic import SymbolicTensor

LayerName = str | Layer | tuple[str | Layer, int]
"""A layer, or its name; where a model uses it several times, (layer, n) is its use number n, from 0."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A model, whose `label` is for messages, as nodes for inference.

    `inputs` and `outputs` are in order, with their names; `visits` has the layers, each after those inside it, and
    each as often as the model uses it.
    """

    label: str
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    visits: tuple[Visit, ...]
    input_names: tuple[str, ...] = ("x",)
    output_names: tuple[str, ...] = ("y",)
    input_layers: tuple[Layer, ...] = field(default=(), repr=False)

    @property
    def leaves(self) -> tuple[Visit, ...]:
        """The visits of a model's layers, in order, without models inside it and without parts of its layers."""
        return tuple(visit for visit in self.visits if not (visit.layer.holds_model_layers or visit.in_layer))

    @classmethod
    def of(
        cls,
        label: str,
        input_specs: Sequence[Any],
        inputs: Sequence[Node],
        output_specs: Sequence[Any],
        outputs: Sequence[Node],
        context: CallContext,
    ) -> Traced:
        """From what a trace left in its context. What are given as specs have names; those of inputs may be symbolic
        tensors, whose layers can then be asked for."""
        return cls(
            label,
            tuple(inputs),
            tuple(outputs),
            tuple(context.visits),
            tuple(spec.name for spec in input_specs),
            tuple(spec.name for spec in output_specs),
            tuple(spec.layer for spec in input_specs if isinstance(spec, SymbolicTensor)),
        )

    # -- layers ------------------------------------------------------------------------------------------------------

    def visit(self, layer: Any) -> Visit:
        """The use of a layer of the model, or of one inside it. ValueError if there is none, or several are meant.

        TypeError for anything that is neither a name nor a layer, nor one of them and a number.
        """
        layer, use = layer if is_use(layer) else (layer, None)
        found = self.uses(layer)
        if use is not None:
            if not -len(found) <= use < len(found):
                raise ValueError(
                    explain(
                        layer=self.label,
                        what=f"there is no use {use} of {found[0].layer.label}",
                        expected=f"0 to {len(found) - 1}: the model uses it {len(found)} times",
                        received=use,
                    )
                )
            found = [found[use]]
        if len(found) > 1:
            raise self._several(layer, found)
        return found[0]

    def uses(self, layer: Any) -> list[Visit]:
        """Every use of a layer, or of all layers of a name, in order. ValueError if there is none; TypeError for
        anything that is neither a name nor a layer."""
        if not isinstance(layer, str | Layer):
            raise TypeError(
                explain(
                    layer=self.label, what="this is not a layer", expected="a layer or its name", received=repr(layer)
                )
            )
        every = [*self._visits_of_inputs(), *self.visits]
        found = [visit for visit in every if layer in (visit.layer, visit.layer.name)]
        if found:
            return found
        name = layer.name if isinstance(layer, Layer) else layer
        raise ValueError(unknown_name(f"layer of {self.label}", name, [visit.layer.name for visit in every]))

    def outputs_through(self, layer: Any) -> list[Node]:
        """What a layer gives, in all of its uses or in the one that is named."""
        uses = [self.visit(layer)] if is_use(layer) else self.uses(layer)
        return [node for visit in uses for node in visit.outputs]

    def _visits_of_inputs(self) -> list[Visit]:
        return [Visit(layer, node, node) for layer, node in zip(self.input_layers, self.inputs, strict=False)]

    def _several(self, layer: str | Layer, found: list[Visit]) -> ValueError:
        shared = len({visit.layer for visit in found}) == 1
        shown = found[0].layer.name
        return ValueError(
            explain(
                layer=self.label,
                what=f"the model uses {found[0].layer.label} {len(found)} times"
                if shared
                else f"{len({visit.layer for visit in found})} layers inside the model have the name {layer!r}",
                expected=None if not shared else "which use of the layer: (layer, number), counted from 0",
                remedy=f"({shown!r}, 0) to ({shown!r}, {len(found) - 1})"
                if shared
                else "pass the layer itself: model.get_layer(...).get_layer(...)",
            )
        )

    # -- inputs and outputs ------------------------------------------------------------------------------------------

    def input(self, which: str | int | None, of: Node | None = None) -> Node:
        """The input of that name or place; None means the only one on which `of` depends. ValueError if there is no
        such input, or several are meant."""
        reached = {*topological([of])} if of is not None else {*self.inputs}
        found = [node for node in self.inputs if node in reached]
        if which is None and len(found) == 1:
            return found[0]
        return self.inputs[chosen("input", self.label, self.input_names, which)]

    def image_format(self, image: Node, default: str = "channels_last") -> str:
        """Where the channels of an input are, as the first layer that sees it and has a data format says."""
        for visit in self.leaves:
            if hasattr(visit.layer, "data_format") and image in topological(visit.inputs):
                return str(visit.layer.data_format)
        return default

    def key(self, visit: Visit) -> tuple[Layer, int]:
        """What `visit` finds a visit of a layer by: the layer, and the number of the use."""
        same = [each for each in self.visits if each.layer is visit.layer]
        return visit.layer, next(place for place, each in enumerate(same) if each is visit)

    # -- uses by name ------------------------------------------------------------------------------------------------

    def named_leaves(self) -> Iterator[tuple[Any, Visit]]:
        """The visits of layers with their names; with (name, number) where a layer is used several times.

        ValueError if different layers have the same name.
        """
        by_name: dict[str, list[Visit]] = {}
        for visit in self.leaves:
            by_name.setdefault(visit.layer.name, []).append(visit)
        for name, visits in by_name.items():
            if len({visit.layer for visit in visits}) > 1:
                raise ValueError(
                    explain(
                        layer=self.label,
                        what=f"layers in different models inside it have the name {name!r}",
                        remedy="name the layers that you want, or pass the layers themselves",
                    )
                )
        counted: dict[str, int] = {}
        for visit in self.leaves:
            name = visit.layer.name
            use = counted[name] = counted.get(name, -1) + 1
            yield (name if len(by_name[name]) == 1 else (name, use)), visit


def is_use(layer: Any) -> bool:
    """Whether it is a layer, or its name, and the number of one of its uses."""
    return isinstance(layer, tuple) and len(layer) == 2 and type(layer[1]) is int


def chosen(what: str, label: str, names: Sequence[str], which: str | int | None) -> int:
    """The place of the input or output of that name or place among those of a model; None means the only one.

    ValueError if there is none, or if there are several and None is given.
    """
    if which is None and len(names) == 1:
        return 0
    if which is None:
        raise ValueError(
            explain(
                layer=label,
                what=f"the model has {len(names)} {what}s, and this is about one of them",
                expected=f"the name of an {what}, or its place: " + ", ".join(map(repr, names)),
                remedy=f"{what}={names[0]!r}",
            )
        )
    if which in names:
        return names.index(str(which))
    if type(which) is int and -len(names) <= which < len(names):
        return which % len(names)
    raise ValueError(unknown_name(f"{what} of {label}", which, names))
