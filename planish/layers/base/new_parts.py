"""Layers and weights that a layer makes in its own `call`: they would be new ones in each call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from planish.errors import explain
from planish.layers.base import calling
from planish.layers.base.context import CallContext
from planish.layers.base.weight_owner import WeightOwner
from planish.variable import Variable


def refused(layer: WeightOwner, context: CallContext) -> AbstractContextManager[None]:
    """While the layer's `call` runs: ValueError if the layer has more layers or weights afterwards.

    The layer is then as it was, so that the second call does not find what the first one made. As in Keras, a `call`
    that runs because a layer inside has to be built may make more of them.
    """
    allowed = context.builds is layer or not calling.is_own(type(layer), "call")
    return nullcontext() if allowed else _compared(layer)


@contextmanager
def _compared(layer: WeightOwner) -> Iterator[None]:
    before, attributes = _parts(layer), dict(vars(layer))
    yield
    made = {part: None for part in _parts(layer) if part not in before}
    if made:
        _restore(layer, attributes, made)
        raise ValueError(
            explain(
                layer=layer.label,
                what="`call` makes layers or weights",
                rule="they are made once, in `__init__` or `build`; `call` runs many times, and uses them",
                received=", ".join(map(_shown, made)),
                remedy=_remedy(next(iter(made))),
            )
        )


def _parts(layer: WeightOwner) -> dict[Any, None]:
    return dict.fromkeys([*layer.sublayers, *layer.own_variables])


def _shown(part: Any) -> str:
    return part.label if isinstance(part, WeightOwner) else f"a weight {part.name!r} of shape {part.shape}"


def _remedy(part: Any) -> str:
    if isinstance(part, WeightOwner):
        return f"self.inner = {type(part).__name__}(...) in __init__, and self.inner(x) in call"
    return f"self.w = self.add_weight(shape={part.shape}) in build(self, input_shape), and self.w in call"


def _restore(layer: WeightOwner, before: Mapping[str, Any], made: Mapping[Any, None]) -> None:
    """Gives attributes that hold new parts the values that they had; takes the parts out of lists and dictionaries."""
    attributes = vars(layer)
    for name, value in [*attributes.items()]:
        if _is_among(value, made):
            del attributes[name]
            attributes.update({name: before[name]} if name in before else {})
        elif isinstance(value, list):
            value[:] = [item for item in value if not _is_among(item, made)]
        elif isinstance(value, dict):
            for key in [key for key, item in value.items() if _is_among(item, made)]:
                del value[key]
    layer.structure_changed()


def _is_among(value: Any, made: Mapping[Any, None]) -> bool:
    return isinstance(value, WeightOwner | Variable) and value in made
