"""What a layer knows of its uses on symbolic tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from planish.errors import explain
from planish.layers.base import chain
from planish.layers.base.records import Records
from planish.layers.base.weight_owner import WeightOwner
from planish.symbolic import LayerCall, SymbolicTensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer


class Called(WeightOwner):
    """Part of `Layer`."""

    _records: Records

    def known_outputs(self, tensors: Sequence[SymbolicTensor]) -> Any:
        """A structure of `Spec`s for the outputs, if they need not be traced."""
        return None

    def links_through(self, tensor: SymbolicTensor) -> Sequence[chain.Link]:
        """For messages: the steps of the call that made `tensor`."""
        return (chain.Link(tensor.shape, self.class_name, self.label),)

    @property
    def calls(self) -> list[LayerCall]:
        """Every use of the layer on symbolic tensors of which something is left, in order."""
        return [LayerCall(cast("Layer", self), record) for record in self._records]

    def forget_calls(self, count: int) -> None:
        """Forgets the uses of the layer after the first `count`: they led to nothing."""
        self._records.forget_after(count)

    @property
    def input(self) -> Any:
        """The symbolic input of the layer's first call; a list if there are several. AttributeError, as in Keras, if
        the layer was never called on symbolic tensors."""
        if self._records.first is None:
            self._refuse_end("input")
        inputs = self._records.first.inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Any:
        """The symbolic output of the layer's first call, in the structure that it returned. AttributeError, as in
        Keras, if the layer was never called on symbolic tensors."""
        if self._records.first is None:
            self._refuse_end("output")
        return self.calls[0].structure

    def _refuse_end(self, what: str) -> NoReturn:
        raise AttributeError(
            explain(
                layer=self.label,
                what=f"the layer has no {what}: it was never called on a symbolic tensor",
                remedy="x = planish.Input((28, 28, 1)); y = layer(x)",
            )
        )
