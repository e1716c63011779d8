"""State dicts of PyTorch: into a model of planish, and out of one."""

from __future__ import annotations

import copy
import sys
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from planish.convert.torch_arrays import Entry, entries
from planish.errors import explain
from planish.models import Model
from planish.models.cloning import clone_model

Array = NDArray[Any]
Shape = tuple[int, ...]
Signature = frozenset[tuple[str, Shape]]

_COUNTERS = "num_batches_tracked"
"""How many batches BatchNorm has seen, which planish does not count."""


@dataclass(frozen=True)
class Origin:
    """What is known of the module that a model was converted from: names and shapes that do not follow from the names
    of layers, and what no layer has."""

    names: Mapping[str, tuple[str, Shape]] = field(default_factory=dict)
    rest: Mapping[str, Array] = field(default_factory=dict)
    metadata: Any = None
    """The versions of modules, which PyTorch keeps beside a state dict, and some modules ask for."""


ORIGINS: WeakKeyDictionary[Model, Origin] = WeakKeyDictionary()


def to_torch_state_dict(model: Model) -> dict[str, Any]:
    """The weights of a built model as `module.load_state_dict` takes them: PyTorch's tensors if PyTorch has been
    imported, else arrays. They are copies.

    A model that `from_torch` gave has the names of its module, and what the module has besides: counters of BatchNorm,
    buffers, and tensors of its own, as they were. Other models name by layers: "conv2d.weight",
    "batch_normalization.running_mean". Kernels are [out, in, height, width]; those of Dense layers [out, in], with the
    columns in the order in which PyTorch flattens, channels first. ValueError for a model that is not built.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="fc")])
    >>> {name: array.shape for name, array in keras.convert.to_torch_state_dict(model).items()}
    {'fc.weight': (3, 4), 'fc.bias': (3,)}
    """
    origin = ORIGINS.get(_checked(model, "to_torch_state_dict"), Origin())
    found: dict[str, Array] = {}
    for entry in entries(model):
        name, shape = origin.names.get(entry.name, (entry.name, entry.shape))
        found[name] = entry.array().reshape(shape)
    found |= {name: array.copy() for name, array in origin.rest.items() if name not in found}
    torch = sys.modules.get("torch")
    state: Any = OrderedDict((name, torch.from_numpy(array) if torch else array) for name, array in found.items())
    if origin.metadata is not None:
        state._metadata = copy.deepcopy(origin.metadata)
    return cast("dict[str, Any]", state)


def from_state_dict(state: Mapping[str, Any], like: Model) -> Model:
    """A model like the one given, with the weights of a PyTorch module of the same structure.

    `state` is what `module.state_dict()` gives, `torch.load(path, weights_only=True)` or a file of safetensors: tensors
    or arrays by name. Weights are matched by name where the names are those that `to_torch_state_dict(like)` gives,
    else by their order and shapes, with names to tell apart what would fit several layers. `like` keeps its weights.

    TypeError for what is not a state dict; ValueError names what is left over, missing, of another shape, or would fit
    several layers.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> state = {"0.weight": np.ones((3, 4)), "0.bias": np.zeros(3)}
    >>> keras.convert.from_state_dict(state, like=model).get_weights()[0].shape
    (4, 3)
    """
    model = _checked(like, "from_state_dict")
    wanted = entries(model)
    origin = ORIGINS.get(model, Origin())
    arrays = {name: array for name, array in _arrays(state).items() if not name.endswith(_COUNTERS)}
    matched = _by_name(wanted, arrays, origin) or _Matching(wanted, arrays).matched()
    made = clone_model(model)
    for own, (_, array) in zip(entries(made), matched, strict=True):
        own.assign(array.reshape(own.shape))
    if model in ORIGINS:
        ORIGINS[made] = origin
    return made


def _checked(model: Any, called: str) -> Model:
    if not isinstance(model, Model):
        raise TypeError(
            explain(
                what=f"{called}: this is not a model",
                expected="a model of planish",
                received=repr(model),
                remedy=_model_wanted(called),
            )
        )
    if not model.built:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"{called}: the model has no weights before it knows the shape of its input",
                remedy="model.build((None, 28, 28, 1))",
            )
        )
    return model


# -- what a state dict contains ----------------------------------------------------------------------------------------


def _inside(state: Mapping[str, Any]) -> str:
    """What to give in place of a dictionary that has more than arrays in it."""
    inner = next((name for name, value in state.items() if isinstance(value, Mapping) and value), None)
    if inner is not None:
        return f"from_state_dict(state[{inner!r}], like=model)"
    return "{name: value for name, value in state.items() if hasattr(value, 'shape')}"


def _model_wanted(called: str) -> str:
    return "from_state_dict(state, like=model)" if called == "from_state_dict" else f"{called}(model)"


def _arrays(state: Any) -> dict[str, Array]:
    """The arrays of a state dict."""
    if not isinstance(state, Mapping):
        raise TypeError(
            explain(
                what="from_state_dict: this is not a state dict",
                expected="tensors or arrays by name",
                received=type(state).__name__,
                remedy=f"torch.load({state!r}, weights_only=True)" if isinstance(state, str) else "module.state_dict()",
            )
        )
    return {str(name): _array(state, str(name), value) for name, value in state.items()}


def _array(state: Mapping[str, Any], name: str, value: Any) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if str(value.dtype) in ("torch.bfloat16", "torch.float16") else value).numpy()
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return value
    if isinstance(value, Mapping):
        raise ValueError(
            explain(
                what=f"from_state_dict: the state dict is inside: {name!r} is a dictionary",
                expected="tensors or arrays by name",
                received=", ".join(map(repr, [*state][:6])),
                remedy=f"from_state_dict(state[{name!r}], like=model)",
            )
        )
    raise ValueError(
        explain(
            what=f"from_state_dict: {name!r} is not an array of numbers",
            expected="tensors or arrays by name",
            received=type(value).__name__,
            remedy=_inside(state),
        )
    )


# -- which array is which weight ---------------------------------------------------------------------------------------

Matched = list[tuple[str, Array]]
"""The state's name and array for each entry, in the entries' order."""


def _by_name(wanted: Sequence[Entry], arrays: Mapping[str, Array], origin: Origin) -> Matched | None:
    """By names that are all there; None if some are not, or shapes differ."""
    found: Matched = []
    for entry in wanted:
        name, shape = origin.names.get(entry.name, (entry.name, entry.shape))
        if name not in arrays or arrays[name].shape != shape:
            return None
        found.append((name, arrays[name]))
    left = {*arrays} - {name for name, _ in found} - {*origin.rest}
    return None if left else found


@dataclass(frozen=True)
class _Module:
    """What belongs to one module: the shapes of its arrays by their roles."""

    name: str
    roles: Mapping[str, Shape]
    label: str = ""

    @property
    def signature(self) -> Signature:
        return frozenset(self.roles.items())

    def __str__(self) -> str:
        shapes = ", ".join(f"{role} {shape}" for role, shape in self.roles.items())
        return f"{self.label or repr(self.name)}: {shapes}"


class _Matching:
    """By order and shapes: modules of the state, and layers of the model."""

    def __init__(self, wanted: Sequence[Entry], arrays: Mapping[str, Array]) -> None:
        self.wanted, self.arrays = wanted, arrays
        labels = {entry.module: getattr(entry.layer, "label", "") for entry in wanted}
        self.ours = _modules({entry.name: entry.shape for entry in wanted}, labels)
        self.theirs = _modules({name: array.shape for name, array in arrays.items()}, {})

    def matched(self) -> Matched:
        ours, theirs = ([each.signature for each in side] for side in (self.ours, self.theirs))
        if ours == theirs:
            pairs = {own.name: other.name for own, other in zip(self.ours, self.theirs, strict=True)}
        elif Counter(ours) == Counter(theirs):
            pairs = self._by_shapes()
        else:
            raise self._misfit()
        names = [".".join(each for each in (pairs[entry.module], entry.role) if each) for entry in self.wanted]
        return [(name, self.arrays[name]) for name in names]

    def _by_shapes(self) -> dict[str, str]:
        """The order differs: what only one layer can be is that one; names tell the others apart."""
        found: dict[str, str] = {}
        for own in self.ours:
            fitting = [other for other in self.theirs if other.signature == own.signature]
            named = [other for other in fitting if _same_name(own.name, other.name)]
            chosen = fitting if len(fitting) == 1 else named
            if len(chosen) != 1 or chosen[0].name in found.values():
                raise self._ambiguous(own, fitting)
            found[own.name] = chosen[0].name
        return found

    def _ambiguous(self, own: _Module, fitting: Sequence[_Module]) -> ValueError:
        return ValueError(
            explain(
                what="from_state_dict: several arrays of the state dict would fit one layer",
                layer=own.label,
                rule="weights are matched by order if all shapes follow one another as in the model, else by names",
                expected=str(own),
                received=", ".join(repr(each.name) for each in fitting),
                remedy=f"name the layers as PyTorch does: name={fitting[0].name!r}",
            )
        )

    def _misfit(self) -> ValueError:
        """The first place where one side has what the other has not."""
        lacking = Counter(each.signature for each in self.ours) - Counter(each.signature for each in self.theirs)
        over = Counter(each.signature for each in self.theirs) - Counter(each.signature for each in self.ours)
        own = next((each for each in self.ours if each.signature in lacking), None)
        other = next((each for each in self.theirs if each.signature in over), None)
        if own is None and other is not None:
            left = [each.name for each in self.theirs if each.signature in over]
            return ValueError(
                explain(
                    what=f"from_state_dict: the model has no layer for {left[0]!r}",
                    received=str(other),
                    remedy=f"{{name: array for name, array in state.items() if not name.startswith({left[0]!r})}}",
                )
            )
        return ValueError(
            explain(
                what="from_state_dict: the state dict is that of another network",
                layer=own.label if own is not None else None,
                expected=str(own),
                received=str(other) if other is not None else "no arrays that are left",
                remedy="the whole state dict: module.state_dict()"
                if other is None or own is None
                else f"like: a model whose {own.label} has the shapes of {other.name!r}, for images of the same size",
            )
        )


def _modules(shapes: Mapping[str, Shape], labels: Mapping[str, str]) -> list[_Module]:
    """Arrays of one module one after another, in the order in which modules first appear."""
    found: dict[str, dict[str, Shape]] = {}
    for name, shape in shapes.items():
        module, _, role = name.rpartition(".")
        found.setdefault(module, {})[role] = tuple(shape)
    return [_Module(name, roles, labels.get(name, "")) for name, roles in found.items()]


def _same_name(own: str, other: str) -> bool:
    """Whether one is the other, or its end: "conv1" and "backbone.conv1"."""
    first, second = (name.replace("/", ".").replace("_", ".").lower().split(".") for name in (own, other))
    shorter, longer = sorted((first, second), key=len)
    return longer[len(longer) - len(shorter) :] == shorter
