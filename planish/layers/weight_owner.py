"""What layers and models have in common as owners of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import initializers, precision
from planish.errors import explain
from planish.layers import arguments, chain
from planish.layers.foreign_weights import layer_remedy, listed
from planish.regularizers import Regularizer
from planish.variable import Variable

Shape = tuple[int, ...]


class WeightOwner:
    """Something with a name and weights. They exist once it is `built`."""

    name: str
    built: bool
    _trainable: bool
    _variables: list[Variable]
    _build_steps: list[chain.Step]

    @property
    def label(self) -> str:
        """The layer as its user knows it, for messages: "Dense 'dense'"."""
        return f"{type(self).__name__} '{self.name}'"

    def add_weight(
        self,
        name: str | Sequence[int] | None = None,
        shape: Any = (),
        initializer: Callable[..., NDArray[Any]] | str | None = None,
        regularizer: Regularizer | None = None,
        trainable: bool = True,
        *,
        dtype: Any = None,
        autocast: bool = True,
        constraint: None = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
    ) -> Variable:
        """A new variable of this layer, float32 of the shape. Trainable ones come first in `weights`, as in Keras.

        The shape may come first, and the initializer ('glorot_uniform') after it. `autocast` and `aggregation` change
        nothing. ValueError for another dtype, and for what planish does not have.
        """
        arguments.unsupported(self.label, constraint=constraint, overwrite_with_gradient=overwrite_with_gradient)
        precision.require_float32(self.label, dtype)
        if name is not None and not isinstance(name, str):
            name, shape, initializer = None, name, initializer or shape or None
        name = name or f"variable_{len(self._variables)}"
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        path = "/".join((*chain.enclosing_models(), self.name, name))
        variable = Variable(
            name,
            path,
            shape,
            trainable=trainable,
            initializer=initializers.get(initializer or "glorot_uniform"),
            regularizer=regularizer,
        )
        self._variables.append(variable)
        return variable

    @property
    def weights_version(self) -> int:
        """A number that grows whenever any weight is assigned: what was packed from the weights is then out of date."""
        return max((variable.version for variable in self._variables), default=0)

    @property
    def weights(self) -> list[Variable]:
        """All variables, in Keras's order."""
        return list(self._variables)

    @property
    def trainable_weights(self) -> list[Variable]:
        return [variable for variable in self.weights if variable.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        return [variable for variable in self.weights if not variable.trainable] if self.trainable else self.weights

    @property
    def variables(self) -> list[Variable]:
        return self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return self.non_trainable_weights

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = arguments.flag(self.label, "trainable", value)

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of all weights, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assigns all weights. Nothing changes if the number or any shape of the arrays is wrong (ValueError), or if
        one of them does not hold numbers (TypeError)."""
        arrays = [np.asarray(weight) for weight in weights]
        expected = [variable.shape for variable in self.weights]
        if [array.shape for array in arrays] != expected:
            raise self.foreign_weights([array.shape for array in arrays])
        checked = [variable.checked(array) for variable, array in zip(self.weights, arrays, strict=True)]
        for variable, array in zip(self.weights, checked, strict=True):
            variable.assign(array)

    def foreign_weights(self, shapes: Sequence[Shape]) -> ValueError:
        """The error of `set_weights` for arrays of other shapes than the weights."""
        return ValueError(
            explain(
                layer=self.label,
                what="set_weights got arrays of other shapes than the weights",
                expected=listed([variable.shape for variable in self.weights], [each.name for each in self.weights]),
                received=listed(shapes),
                remedy=layer_remedy(self, shapes),
            )
        )

    def count_params(self) -> int:
        """Number of elements in all weights. Raises ValueError if the layer is not built."""
        if not self.built:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="count_params was called before the layer was built",
                    remedy="build it first: build(input_shape), or give the model an input shape",
                )
            )
        return sum(variable.size for variable in self.weights)
