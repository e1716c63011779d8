"""One operator of a foreign network, as those ask for it who mirror it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation
from planish.errors import explain
from planish.layers.base.layer import Layer, Shape


@dataclass(frozen=True)
class Site:
    """The operator, what its user calls it, and what kind of call it is: "Conv2d 'conv1'"."""

    graph: ForeignGraph
    operation: Operation
    name: str
    called: str

    @property
    def kind(self) -> str:
        return self.operation.kind

    def setting(self, name: str, default: Any) -> Any:
        return self.operation.settings.get(name, default)

    def shape(self, place: int) -> Shape | None:
        """The shape of an input that is a constant."""
        name = self._constant(place)
        return None if name is None else self.graph.constants[name].shape

    def integers(self, place: int) -> tuple[int, ...]:
        """The numbers of an input that is a constant; none if there is no such input."""
        name = self._constant(place)
        return () if name is None else tuple(int(number) for number in self.graph.constants[name].reshape(-1))

    def numbers(self, place: int) -> tuple[float, ...]:
        name = self._constant(place)
        return () if name is None else tuple(float(number) for number in self.graph.constants[name].reshape(-1))

    def _constant(self, place: int) -> str | None:
        inputs = self.operation.inputs
        name = inputs[place] if place < len(inputs) else None
        return name if name in self.graph.constants else None

    def unknown(self) -> ValueError:
        """The error about an operator of which the shapes cannot be told by itself."""
        read = "from_torch(module, input_shape)" if self.graph.library == "PyTorch" else "load_onnx(path)"
        return ValueError(
            explain(
                layer=f"{self.called} '{self.name}'",
                what="planish cannot tell the shapes of this layer before the network is converted",
                received=self.kind,
                remedy=f"planish.shapes(planish.convert.{read})"
                if self.graph.library == "PyTorch"
                else f"planish.shapes(planish.{read})",
            )
        )


Maker = Callable[[Site], Layer]
MAKERS: dict[str, Maker] = {}


def mirrors(*kinds: str) -> Callable[[Maker], Maker]:
    """Enters what makes the layer of operators of these kinds."""

    def enter(maker: Maker) -> Maker:
        for kind in kinds:
            assert kind not in MAKERS, kind
            MAKERS[kind] = maker
        return maker

    return enter
