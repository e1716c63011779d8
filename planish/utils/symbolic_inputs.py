"""What programs ask of symbolic tensors: whether something is one, and from which inputs it is made."""

from __future__ import annotations

from typing import Any

from planish.symbolic import SymbolicTensor


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor: what `Input` makes, and what layers make of it.

    >>> keras.utils.is_keras_tensor(keras.Input((3,))), keras.utils.is_keras_tensor(np.ones(3))
    (True, False)
    """
    return isinstance(x, SymbolicTensor)


def get_source_inputs(tensor: Any) -> Any:
    """The inputs from which a symbolic tensor is made, each once, in the order in which the calls before it read them.
    Anything else comes back as it is.

    `tensor`: a symbolic tensor.

    >>> x = keras.Input((3,), name="x")
    >>> [each.name for each in keras.utils.get_source_inputs(keras.layers.Dense(2)(x))]
    ['x']
    """
    if not isinstance(tensor, SymbolicTensor):
        return tensor
    found: dict[SymbolicTensor, None] = {}
    seen: set[SymbolicTensor] = set()
    waiting = [tensor]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if not each.call.inputs:
            found[each] = None
        waiting.extend(reversed(each.call.inputs))
    return [*found]
