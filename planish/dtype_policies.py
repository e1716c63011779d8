"""Keras's dtype policies: what layers were asked to compute in. planish computes half
precision in float32, and says so once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planish import absent, warned
from planish.errors import explain

_COMPUTE_TYPES = {"float32": "float32", "float64": "float64", "mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
FLOATS = ("float32", "float64")
_said: set[str] = set()


class DTypePolicy:
    """What a layer is asked to compute in: 'float32', 'float64', 'mixed_float16' or 'mixed_bfloat16'.

    Weights and computations are float64 under the second of them, and float32 under the others, whose results are at
    least as exact. `name`: one of these; None is the policy that `set_dtype_policy` has set. ValueError for others.

    >>> keras.DTypePolicy("mixed_float16").variable_dtype
    'float32'
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = _checked(dtype_policy().name if name is None else name)

    @property
    def name(self) -> str:
        return self._name

    @property
    def compute_dtype(self) -> str:
        """What the policy asks for."""
        return _COMPUTE_TYPES[self._name]

    @property
    def variable_dtype(self) -> str:
        """What weights are, and what planish computes in."""
        return "float64" if self._name == "float64" else "float32"

    def get_config(self) -> dict[str, Any]:
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DTypePolicy:
        """The policy that `get_config` (or Keras's) describes."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'


class FloatDTypePolicy(DTypePolicy):
    """`DTypePolicy` under its other name; `name` is one of the same.

    >>> keras.dtype_policies.FloatDTypePolicy("float32").compute_dtype
    'float32'
    """


def _checked(name: Any) -> str:
    if isinstance(name, str) and name in _COMPUTE_TYPES:
        return name
    raise ValueError(
        explain(
            what="this dtype policy is not supported",
            rule="weights and computations are float32 or float64; inputs may have any number type",
            expected="'float32', 'float64', or 'mixed_float16' and 'mixed_bfloat16', which are computed in float32",
            received=repr(name),
            remedy="leave the policy out",
        )
    )


def said(policy: DTypePolicy) -> DTypePolicy:
    """The policy; a warning if it asks for less than float32, once in a process."""
    if policy.compute_dtype != policy.variable_dtype and policy.name not in _said:
        _said.add(policy.name)
        text = explain(
            what=f"the policy '{policy.name}' is computed in float32",
            rule="planish has no half precision: results are more exact, but take the time and memory of float32",
            remedy="nothing: losses need no scale, and files keep the policy",
        )
        warned.warn(text)
    return policy


def get(identifier: Any) -> DTypePolicy:
    """The policy that an argument means: None for the global one, a name, a configuration, or a policy.

    `identifier`: any of these. ValueError for a policy that planish does not have.

    >>> keras.dtype_policies.get("mixed_bfloat16").compute_dtype
    'bfloat16'
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    return DTypePolicy(_checked(identifier))


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """Keras's serialized form.

    `dtype_policy`: an object.

    >>> keras.dtype_policies.serialize(keras.DTypePolicy("float32"))["config"]
    {'name': 'float32'}
    """
    config = dtype_policy.get_config()
    return {"module": "keras", "class_name": "DTypePolicy", "config": config, "registered_name": None}


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> DTypePolicy:
    """The policy of a serialized form. ValueError for one that planish does not have.

    `config`: a dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> keras.dtype_policies.deserialize({"class_name": "DTypePolicy", "config": {"name": "float32"}}).name
    'float32'
    """
    if not isinstance(config, Mapping):
        return DTypePolicy(_checked(config))
    inside, name = config.get("config"), config.get("class_name")
    if isinstance(name, str) and name in (custom_objects or {}):
        made: DTypePolicy = (custom_objects or {})[name].from_config(inside)
        return made
    return DTypePolicy(_checked(inside.get("name") if isinstance(inside, Mapping) else name))


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: that of `floatx()`, unless `set_dtype_policy` has set another.

    >>> keras.config.dtype_policy().name
    'float32'
    """
    return _global[0] or DTypePolicy(_floatx[0])


def floatx() -> str:
    """The type of weights and computations that are not told another."""
    return _floatx[0]


def set_floatx(value: str) -> None:
    """Sets it for layers that are made from then on. ValueError for anything but 'float32' and 'float64'."""
    if value not in FLOATS:
        raise ValueError(
            explain(
                what="set_floatx: planish does not compute in this type",
                expected=" or ".join(map(repr, FLOATS)),
                received=repr(value),
                remedy="set_dtype_policy('mixed_float16') is computed in float32",
            )
        )
    _floatx[0] = value


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that are made from then on. A warning says once that half precision is computed in
    float32.

    `policy`: a name, or a `DTypePolicy`. ValueError for policies that planish does not have.

    >>> keras.config.set_dtype_policy("float32")
    """
    _global[0] = said(get(policy))


_global: list[DTypePolicy | None] = [None]
_floatx = ["float32"]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("dtype_policies")
