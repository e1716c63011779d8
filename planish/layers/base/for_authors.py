"""What the authors of layers call in their own methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from planish import primitives, regularizers, structures
from planish.errors import Explanation, TooSmall, explain
from planish.graph.node import Node
from planish.layers.base import chain, misfits
from planish.layers.base.called import Called
from planish.layers.base.context import CallContext
from planish.layers.base.weight_owner import Shape
from planish.symbolic import SymbolicTensor
from planish.tensor import tensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer


_ADDING = """\
class Penalty(Layer):
    def call(self, x):
        self.add_loss(0.01 * planish.ops.mean(x))
        return x
and Penalty() among the layers; a penalty on an output: activity_regularizer='l2'"""


class ForAuthors(Called):
    """Part of `Layer`."""

    _build_links: Sequence[chain.Link]

    @property
    def losses(self) -> list[Any]:
        """What `add_loss` and activity regularizers added when the layer was last called on arrays, and the penalties
        of its trainable weights: numbers, for loops of one's own. `fit` adds them up by itself. In a model's own
        `compute_loss` they are those of the step.

        >>> dense = keras.layers.Dense(2, kernel_regularizer="l2", kernel_initializer="ones")
        >>> _ = dense(np.ones((1, 3)))
        >>> print([round(float(loss), 2) for loss in dense.losses])
        [0.06]
        """
        owner: Any = self
        weights = [weight for weight in owner.trainable_weights if weight.regularizer is not None]
        if CallContext.is_open():
            context = CallContext.current()
            added = context.losses if context.loss_of is self else []
            return [*added, *(regularizers.applied(weight.regularizer, weight.node) for weight in weights)]
        return [*self._losses, *(tensor(weight.regularizer(weight.value)) for weight in weights)]

    def note_losses(self, losses: list[Any]) -> None:
        """Keeps what a call on arrays added to the loss."""
        self._losses = tuple(losses)

    _losses: tuple[Any, ...] = ()

    def add_loss(self, loss: Any) -> None:
        """In `call`: adds a node to the loss that training makes smaller; the sum of its elements, over all images
        too, as in Keras. A list adds each of its items. Numbers that do not depend on anything are added as they are.
        ValueError outside of `call`, and for symbolic tensors; TypeError for what is not computed.

        >>> class Small(keras.layers.Layer):
        ...     def call(self, x):
        ...         self.add_loss(0.01 * keras.ops.mean(keras.ops.square(x)))
        ...         return x
        """
        for value in structures.leaves(loss):
            if isinstance(value, SymbolicTensor) or not CallContext.is_open():
                raise ValueError(
                    explain(
                        layer=self.label,
                        what="add_loss was called outside of a layer's `call`",
                        rule="a penalty is computed anew at every step, so `call` has to add it",
                        received=repr(value),
                        remedy=_ADDING,
                    )
                )
            if isinstance(value, Node):
                CallContext.current().add_loss(value)
            elif isinstance(value, int | float):
                CallContext.current().add_loss(primitives.constant(float(value)))
            else:
                raise TypeError(
                    explain(
                        layer=self.label,
                        what="add_loss takes what is computed in `call`",
                        expected="a node, or a list of nodes",
                        received=f"{value!r} of type {type(value).__name__}",
                    )
                )

    def mistake(self, what: str, shape: Shape, **parts: Any) -> ValueError:
        """The error about an input that the layer cannot take; `parts` as in `planish.errors.explain`."""
        return ValueError(self._explained(what, shape, parts))

    def too_small(self, what: str, shape: Shape, **parts: Any) -> ValueError:
        """The error about an input that the layer could take if it was larger."""
        return ValueError(TooSmall(self._explained(what, shape, parts)))

    def _explained(self, what: str, shape: Shape, parts: Mapping[str, Any]) -> Explanation:
        links = chain.recorded()
        return explain(
            layer=self.label,
            what=what,
            input_shape=(None, *shape),
            chain=[*links, self.label] if links else (),
            **parts,
        )

    def built_for_another(self, unit: str, built: int, got: int, shape: Shape, fresh: str) -> ValueError:
        """The error about a layer whose weights are for another number of `unit` ("features"); `fresh` is a new one."""
        links = chain.recorded()
        return self.mistake(
            f"the layer was built for another number of {unit}",
            shape,
            expected=misfits.counted(built, unit, self._build_links),
            received=misfits.counted(got, unit, links),
            remedy=misfits.reuse_remedy(self.label, fresh, self._build_links, links),
        )

    def require_rank(self, shape: Shape, rank: int, axes: str) -> None:
        """Raises ValueError unless images have `rank` axes, described by `axes`."""
        if len(shape) != rank:
            links = chain.recorded()
            raise self.mistake(
                "the input has the wrong rank",
                shape,
                expected=f"rank {rank + 1}: {axes}",
                received=f"rank {len(shape) + 1}",
                remedy=misfits.rank_remedy(cast("Layer", self), shape, rank, links),
            )
