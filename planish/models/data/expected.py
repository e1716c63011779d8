"""What a model takes, and how a user's data become that: a part for each input or output, by its place or name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from planish import structures
from planish.errors import explain, kind_with_article, number_of, unknown_name
from planish.models.data.arrays import Array
from planish.models.data.paths import OpenShape

if TYPE_CHECKING:
    from planish.models.model import Model


class End(NamedTuple):
    """An input or an output of a model: its name, and the shape of an image, () if the model does not know it yet."""

    shape: OpenShape = ()
    name: str = ""


class Expected(NamedTuple):
    """What a model takes: its inputs and outputs, in order, and the structures in which they were given to it.

    `compared` says which of the outputs have a loss; `wide`, whether it computes in float64.
    """

    inputs: tuple[End, ...] = (End(),)
    outputs: tuple[End, ...] = (End(),)
    input_form: Any = None
    output_form: Any = None
    compared: tuple[bool, ...] = (True,)
    wide: bool = False


class Part(NamedTuple):
    """What was given for one input or output; `label` is how a user writes it: "x", "x['image']", "y[0]"."""

    label: str
    value: Any


UNKNOWN = Expected()
"""For a model that is built from its first data."""


def expected_by(model: Model) -> Expected:
    """What the model takes, as far as it knows: found once, until the model or what it was compiled with changes."""
    return model._programs.expected(model, _found)


def _found(model: Model) -> Expected:
    if not model.knows_ends:
        return UNKNOWN
    settings = model._settings
    outputs = _ends(model.output_specs)
    compared = tuple(True for _ in outputs)
    if settings is not None and len(outputs) > 1:
        compared = tuple(loss is not None for loss in settings.for_outputs(model).losses)
    wide = any(spec.dtype == "float64" for spec in model.output_specs)
    return Expected(_ends(model.input_specs), outputs, model.input_form, model.output_form, compared, wide)


def _ends(specs: Sequence[Any]) -> tuple[End, ...]:
    return tuple(End(tuple(spec.shape[1:]), spec.name) for spec in specs)


def alone(form: Any) -> bool:
    """Whether a model has one input, or output, which is not the item of a dictionary: a list of one is that item."""
    return len(structures.leaves(form)) == 1 and not isinstance(form, Mapping)


def input_parts(x: Any, expected: Expected) -> list[Part]:
    """What `x` holds for each of the model's inputs. ValueError if it does not match them."""
    if len(expected.inputs) == 1 and not isinstance(expected.input_form, Mapping):
        return [Part("x", taken(x, expected.inputs[0].name, "x"))]
    return _parts(x, "x", "input", expected.inputs, expected.input_form)


def output_parts(value: Any, what: str, expected: Expected) -> list[Part]:
    """What `value`, targets or weights, holds for each of the model's outputs; None where it holds nothing."""
    outputs = expected.outputs
    if value is None:
        return [Part(what, None) for _ in outputs]
    if len(outputs) == 1 and not isinstance(expected.output_form, Mapping):
        return [Part(what, _alone(taken(value, outputs[0].name, what)))]
    if isinstance(value, list | tuple) and len(value) != len(outputs) and len(value) == sum(expected.compared):
        given = iter(enumerate(value))
        places = [next(given) if compared else (0, None) for compared in expected.compared]
        return [Part(f"{what}[{place}]", part) for place, part in places]
    if len(outputs) == 1 and not structures.is_structure(value):
        return [Part(what, value)]
    return _parts(value, what, "output", outputs, expected.output_form)


def _parts(value: Any, what: str, side: str, ends: Sequence[End], form: Any) -> list[Part]:
    names = [end.name for end in ends]
    if isinstance(value, Mapping) and not isinstance(form, Mapping):
        form = dict.fromkeys(names)
        keys = names
    else:
        keys = structures.ordered_keys(form) if isinstance(form, Mapping) else names
    if isinstance(value, Mapping):
        _check_keys(value, what, side, keys)
        return [part for key in keys for part in _inside(value.get(key), f"{what}[{key!r}]", form[key], side)]
    if isinstance(value, list | tuple):
        if isinstance(form, list | tuple) and len(form) == len(value):
            pairs = enumerate(zip(value, form, strict=True))
            return [part for place, (item, inner) in pairs for part in _inside(item, f"{what}[{place}]", inner, side)]
        if len(value) == len(names):
            return [Part(f"{what}[{place}]", item) for place, item in enumerate(value)]
    raise ValueError(_misfit(value, what, side, keys))


def _inside(value: Any, label: str, form: Any, side: str) -> Iterator[Part]:
    """The parts of a part that is itself a structure in the model."""
    if value is None or not structures.is_structure(form):
        for _ in structures.leaves(form):
            yield Part(label, value)
        return
    ends = [End(name=str(getattr(leaf, "name", ""))) for leaf in structures.leaves(form)]
    yield from _parts(value, label, side, ends, form)


def _check_keys(value: Mapping[Any, Any], what: str, side: str, keys: Sequence[Any]) -> None:
    """Each input needs its array. An output may have none, but names that no output has are mistakes."""
    missing = [key for key in keys if key not in value]
    if side == "input" and missing:
        raise ValueError(_misfit(value, what, side, keys))
    other = [key for key in value if key not in keys]
    if side == "output" and other:
        raise ValueError(unknown_name(f"output in `{what}`", other[0], keys))


def _misfit(value: Any, what: str, side: str, keys: Sequence[Any]) -> str:
    if isinstance(value, Mapping):
        received = "the keys " + ", ".join(map(repr, value)) if value else "an empty dictionary"
    elif isinstance(value, list | tuple):
        received = f"{kind_with_article(value)} of {len(value)}"
    else:
        received = f"one array of shape {value.shape}" if hasattr(value, "shape") else f"one {type(value).__name__}"
    sides = f"the model's {number_of(len(keys), side)}"
    return explain(
        what=f"`{what}` does not match {sides}",
        expected="in this order, or by these names: " + ", ".join(map(repr, keys)),
        received=received,
        remedy="{" + ", ".join(f"{key!r}: ..." for key in keys) + "}",
    )


def _alone(y: Any) -> Any:
    """Takes the only item of Keras's list of outputs."""
    single = isinstance(y, list | tuple) and len(y) == 1 and getattr(y[0], "ndim", 0) > 0
    return y[0] if single else y


def taken(value: Any, name: str, what: str) -> Any:
    """The item `name` of a dictionary of arrays, as Keras takes it; anything else as it is.

    `name` is that of the model's input or output, "" if the model does not know it yet. ValueError for a dictionary
    that has no such key.
    """
    if not isinstance(value, Mapping) or not name:
        return value
    if name in value:
        return value[name]
    side = "input" if what == "x" else "output"
    key = next(iter(value), None)
    raise ValueError(
        explain(
            what=f"`{what}` has no array under the name of the model's {side}",
            expected=f"the key {name!r}",
            received="the keys " + ", ".join(map(repr, value)) if value else "an empty dictionary",
            remedy=f"{{{name!r}: {what}[{key!r}]}}, or the array itself" if value else f"the array itself as `{what}`",
        )
    )


def with_rank(x: Array, shape: OpenShape) -> Array:
    """A view of `x` with a last axis of 1 added or dropped, if it then holds images of the shape, as in Keras."""
    for changed in (x[..., None], x[..., 0] if x.shape[-1:] == (1,) else x):
        if changed.ndim == len(shape) + 1 and fits(changed.shape[1:], shape):
            return changed
    return x


def fits(shape: Sequence[int], expected: OpenShape) -> bool:
    return len(shape) == len(expected) and all(e in (None, s) for s, e in zip(shape, expected, strict=True))
