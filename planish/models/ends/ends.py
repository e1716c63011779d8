"""What a model takes and what it gives: symbolic tensors, shapes and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from planish import structures
from planish.errors import explain
from planish.layers.base import calling
from planish.layers.base.layer import building
from planish.symbolic import Record, SymbolicTensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer
    from planish.models.networks.network import Network

UNBUILT_REMEDY = "begin the model with Input(shape=...), call build(input_shape), or run it on data once"


class Ends:
    """Mixin of `Model`. A subclass that writes `call` itself has no network: it keeps only what its ends look like."""

    label: str
    built: bool
    _network: Network | None
    _input_specs: Any
    _output_specs: Any

    @property
    def input(self) -> Any:
        """The symbolic inputs, in the structure in which they were given. AttributeError if the model is not built."""
        return self._tensors(self._network.inputs if self._network is not None else self._input_specs, "input")

    @property
    def output(self) -> Any:
        """The symbolic outputs, in the structure in which they were given. AttributeError if the model is not built."""
        return self._tensors(self._network.outputs if self._network is not None else self._output_specs, "output")

    @property
    def knows_ends(self) -> bool:
        """Whether it is known what the model takes and gives: a subclass that was only called with several arguments is
        built without that."""
        return self._network is not None or self._input_specs is not None

    def _tensors(self, structure: Any, what: str) -> Any:
        if structure is None:
            raise AttributeError(self._unknown(f"the model has no {what} yet"))
        apart = Record((), {}, None)
        return structures.mapped(
            lambda leaf: leaf if isinstance(leaf, SymbolicTensor) else SymbolicTensor(leaf, cast("Layer", self), apart),
            structure,
        )

    @property
    def input_specs(self) -> list[Any]:
        """Shape (batch axis first), element type and name of every input, in order. ValueError if not built."""
        return structures.leaves(self.input_form)

    @property
    def output_specs(self) -> list[Any]:
        """Shape, element type and name of every output, in order. ValueError if not built."""
        return structures.leaves(self.output_form)

    @property
    def input_form(self) -> Any:
        """The structure of the inputs, with what has a shape and a name in place of arrays. ValueError if not built."""
        return self._known(lambda: self._network.inputs if self._network is not None else self._input_specs)

    @property
    def output_form(self) -> Any:
        """The structure of the outputs, with what has a shape and a name in place of arrays."""
        return self._known(lambda: self._network.outputs if self._network is not None else self._output_specs)

    def _known(self, ends: Callable[[], Any]) -> Any:
        structure = ends()
        if structure is None:
            with building.lock:  # another thread may be in the middle of building the model
                structure = ends()
        if structure is None:
            raise ValueError(self._unknown("the model is not built"))
        return structure

    def _unknown(self, what: str) -> str:
        if not self.built:
            return explain(layer=self.label, what=what, remedy=UNBUILT_REMEDY)
        return explain(
            layer=self.label,
            what="the model was only called with several arguments, so it has no inputs and outputs of its own",
            remedy=calling.separate_remedy(type(self)),
        )

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The model's inputs, in order. Raises AttributeError if the model is not built."""
        return structures.leaves(self.input)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The model's outputs, in order. Raises AttributeError if the model is not built."""
        return structures.leaves(self.output)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in order: keys of the dictionaries that `fit` and `predict` take."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs, in order: those of the layers that make them."""
        return [tensor.name for tensor in self.outputs]

    @property
    def input_shape(self) -> Any:
        """Shape of the input with the batch axis first; a list for several. AttributeError if not built."""
        return _one_or_all([tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Any:
        """Shape of the output with the batch axis first; a list for several. AttributeError if the model is not
        built."""
        return _one_or_all([tensor.shape for tensor in self.outputs])


def _one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
