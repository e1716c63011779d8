"""What a layer of a user's own may require of its inputs, as in Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planish import structures
from planish.errors import explain
from planish.layers.base import shapes
from planish.symbolic import BatchShape


class InputSpec:
    """Shapes that a layer takes (batch axis first): set as `self.input_spec`, or a list of them for several inputs.

    `shape`: the whole shape, None where any size will do. `ndim`, `min_ndim`, `max_ndim`: the number of axes. `axes`:
    sizes by axis. `dtype` changes nothing: planish computes in float32. With `allow_last_axis_squeeze`, a last axis of
    1 may be more or less than `shape` says. `optional`: whether the input may be None. TypeError if `axes` is not a
    dictionary of numbers.

    >>> spec = keras.layers.InputSpec(ndim=4, axes={-1: 3})
    >>> spec.ndim, spec.axes
    (4, {-1: 3})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.name, self.optional = name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (AttributeError, TypeError, ValueError):
            raise TypeError(
                explain(
                    what="InputSpec: argument 'axes' is wrong",
                    expected="a dictionary of sizes by axis, such as {-1: 3}",
                    received=repr(axes),
                )
            ) from None

    def misfit(self, shape: BatchShape) -> tuple[str, str] | None:
        """What was expected of a shape and what was received, if they differ."""
        if self.shape is not None:
            forms = self._squeezed(shape)
            fits = any(_agree(form, self.shape) for form in forms)
            return None if fits else (f"shape {self.shape}", f"{shape}")
        rank = len(shape)
        for limit, wrong, words in (
            (self.ndim, rank != self.ndim, ""),
            (self.max_ndim, rank > (self.max_ndim or rank), "at most "),
            (self.min_ndim, rank < (self.min_ndim or 0), "at least "),
        ):
            if limit is not None and wrong:
                return f"{words}{limit} axes, the batch axis included", f"{rank} axes: {shape}"
        for axis, size in self.axes.items():
            if not -rank <= axis < rank or (None not in (size, shape[axis]) and shape[axis] != size):
                return f"{size} on axis {axis}", f"{shape}"
        return None

    def _squeezed(self, shape: BatchShape) -> list[BatchShape]:
        more = [(*shape, 1), *([shape[:-1]] if shape[-1:] == (1,) else [])] if self.allow_last_axis_squeeze else []
        return [shape, *more]

    def get_config(self) -> dict[str, Any]:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputSpec:
        return cls(**config)

    def __repr__(self) -> str:
        said = {name: value for name, value in self.get_config().items() if value}
        return f"InputSpec({', '.join(f'{name}={value}' for name, value in said.items())})"


def _agree(shape: BatchShape, expected: BatchShape) -> bool:
    pairs = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(None in pair or pair[0] == pair[1] for pair in pairs)


def check(label: str, specs: Any, given: Any) -> None:
    """ValueError unless the shapes of the layer's first argument (batch axis first) are as its `input_spec` says."""
    wanted = structures.leaves(specs)
    found = shapes.every(given)
    if len(found) != len(wanted):
        raise ValueError(
            explain(
                layer=label,
                what="the layer takes another number of inputs",
                expected=len(wanted),
                received=f"{len(found)}, of shapes " + ", ".join(map(str, found)),
            )
        )
    for spec, shape in zip(wanted, found, strict=True):
        misfit = spec.misfit(shape) if isinstance(spec, InputSpec) else None
        if misfit is not None:
            raise ValueError(
                explain(
                    layer=label,
                    what="the input is not as the layer's input_spec says",
                    expected=misfit[0],
                    received=misfit[1],
                )
            )
