"""What `compile` was given, for each output of a model: by the output's place, or by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from planish import losses, structures
from planish.errors import explain, number_of, unknown_name
from planish.losses.loss import Loss


class OutputSettings(NamedTuple):
    """An item for each output. A loss may be the name of whichever cross-entropy fits; None: it has no loss.

    `names` are those of the losses in logs, before "_loss"; `prefixes` come before the names of metrics.
    """

    losses: tuple[Loss | str | None, ...]
    weights: tuple[float | None, ...]
    metrics: tuple[tuple[Any, ...], ...]
    weighted_metrics: tuple[tuple[Any, ...], ...]
    names: tuple[str, ...]
    prefixes: tuple[str, ...]

    def loss_for(self, place: int, targets: Sequence[int], outputs: Sequence[int | None]) -> Loss | None:
        """The loss of an output, for targets and outputs of these shapes (batch axis included)."""
        return resolved_loss(self.losses[place], targets, outputs)


def resolved_loss(loss: Any, targets: Sequence[int], outputs: Sequence[int | None]) -> Loss | None:
    """The loss itself; for Keras's short name, the cross-entropy that fits targets and outputs of these shapes."""
    if not is_automatic(loss):
        found: Loss | None = loss
        return found
    if len(outputs) < 2 or outputs[-1] == 1:
        return _cross_entropy("binary_crossentropy")
    sparse = len(targets) < len(outputs) or targets[-1] == 1
    return _cross_entropy("sparse_categorical_crossentropy" if sparse else "categorical_crossentropy")


@cache
def _cross_entropy(name: str) -> Loss:
    """One object each, since programs are kept by the loss that they were made for."""
    loss: Loss = losses.get(name)
    return loss


def is_automatic(loss: Any) -> bool:
    """Keras's short name for whichever cross-entropy fits."""
    return isinstance(loss, str) and loss.lower() in ("crossentropy", "ce")


def spread(value: Any, what: str, form: Any, *, everywhere: bool) -> list[Any]:
    """What `value`, an argument of `compile`, says of each output; `form` is the structure of the model's outputs.

    `everywhere`: a value that is not in a list or dictionary is for all of them. ValueError if it does not match them.
    """
    outputs = structures.leaves(form)
    if len(outputs) == 1:
        return [only(value, what, [*form] if isinstance(form, Mapping) else [outputs[0].name])]
    return _spread(value, what, form, everywhere)


def _spread(value: Any, what: str, form: Any, everywhere: bool) -> list[Any]:
    if not structures.is_structure(form):
        return [value]
    names = [leaf.name for leaf in structures.leaves(form)]
    if value is None:
        return [None for _ in names]
    if isinstance(value, Mapping):
        return _by_name(value, what, form, names, everywhere)
    if isinstance(value, list | tuple):
        if isinstance(form, list | tuple) and len(form) == len(value):
            pairs = zip(value, form, strict=True)
            return [item for inner, part in pairs for item in _spread(inner, what, part, everywhere)]
        if len(value) == len(names):
            return [*value]
    elif everywhere:
        return [value for _ in names]
    raise ValueError(_misfit(value, what, form, names))


def _by_name(value: Mapping[Any, Any], what: str, form: Any, names: list[str], everywhere: bool) -> list[Any]:
    keys = structures.ordered_keys(form) if isinstance(form, Mapping) else names
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise ValueError(unknown_name(f"output in compile's `{what}`:", unknown[0], keys))
    if not isinstance(form, Mapping):
        return [value.get(name) for name in names]
    return [item for key in keys for item in _spread(value.get(key), what, form[key], everywhere)]


def _misfit(value: Any, what: str, form: Any, names: list[str]) -> str:
    keys = [*form] if isinstance(form, Mapping) else names
    items = number_of(len(value), "item") if isinstance(value, list | tuple) else repr(value)
    return explain(
        what=f"compile: `{what}` does not match the model's {number_of(len(names), 'output')}",
        expected="an item for each of them, in this order or by these names: " + ", ".join(map(repr, keys)),
        received=items,
        remedy=f"{what}={{" + ", ".join(f"{key!r}: ..." for key in keys) + "}",
    )


def only(value: Any, what: str, names: Sequence[Any]) -> Any:
    """The only item of a list or dictionary of per-output values, for a model of one output."""
    if not isinstance(value, list | tuple | Mapping):
        return value
    items = [*value.values()] if isinstance(value, Mapping) else [*value]
    if len(items) != 1:
        raise ValueError(
            explain(what=f"compile: `{what}` has {len(items)} items", expected="one: the model has one output")
        )
    if isinstance(value, Mapping) and names and not {*value} <= {*names}:
        raise ValueError(unknown_name(f"output in compile's `{what}`:", next(iter(value)), names))
    return items[0]


def loss_names(form: Any, given: Sequence[Any], *, named: bool) -> tuple[str, ...]:
    """What Keras calls the loss of each output in logs: by its place in the structure of the outputs, where a place in
    a list is replaced by the output's name, or by the loss's, if outputs have no names."""
    names = []
    for path, leaf, loss in zip(_paths(form), structures.leaves(form), given, strict=True):
        own = leaf.name if named else loss if isinstance(loss, str) else getattr(loss, "name", str(loss))
        last = path[-1] if path else 0
        names.append("/".join(map(str, [*path[:-1], own if isinstance(last, int) else last])))
    return tuple(names)


def metric_prefixes(form: Any, *, named: bool) -> tuple[str, ...]:
    """What comes before the names of each output's metrics; nothing if it is the only output."""
    outputs = structures.leaves(form)
    if len(outputs) == 1:
        return ("",)
    if isinstance(form, Mapping) and not any(map(structures.is_structure, form.values())):
        return tuple(f"{key}_" for key in structures.ordered_keys(form))
    return tuple(f"{leaf.name}_" if named else "" for leaf in outputs)


def _paths(form: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(form, Mapping):
        items = [(key, form[key]) for key in structures.ordered_keys(form)]
    elif isinstance(form, list | tuple):
        items = [*enumerate(form)]
    else:
        yield ()
        return
    for key, inner in items:
        for path in _paths(inner):
            yield (key, *path)
