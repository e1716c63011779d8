"""What is given to a model that is looked into: one array for each of its inputs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import structures
from planish.errors import explain
from planish.models.data.arrays import Array, as_array
from planish.models.data.expected import expected_by, input_parts
from planish.models.data.in_memory import input_arrays
from planish.models.ends.graph_names import input_names
from planish.models.programs.prepare import Sizes, ensure_built, fitting, sizes_of

if TYPE_CHECKING:
    from planish.models.model import Model


@dataclass(frozen=True, slots=True)
class Inputs:
    """`arrays` [count, ...] by the names of the inputs in the model's graph, in order."""

    arrays: dict[str, Array]
    count: int
    sizes: Sizes | None = None
    """The shapes of the data for a model that takes them from there."""

    @property
    def dtypes(self) -> dict[str, np.dtype[Any]]:
        return {name: array.dtype for name, array in self.arrays.items()}

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What a program that was made for the inputs depends on."""
        return (*self.dtypes.items(), self.sizes)

    def given(self, model: Model) -> Any:
        """The arrays as `predict` takes them."""
        arrays = [*self.arrays.values()]
        return arrays[0] if len(arrays) == 1 else structures.packed(model.input_form, arrays)

    def repeated(self, times: int) -> Inputs:
        """Each array as often, one copy after the other."""
        arrays = {name: np.repeat(array, times, axis=0) for name, array in self.arrays.items()}
        return Inputs(arrays, self.count * times, self.sizes)


def checked_inputs(model: Model, x: Any) -> Inputs:
    """`x` as arrays that fit the model: one, or a list or dictionary of them as the model has inputs.

    Builds a model that waits for its first data. ValueError if they do not fit.
    """
    ensure_built(model, x)
    arrays, labels = input_arrays(x, expected_by(model))
    fitted = fitting(model, arrays, labels)
    lengths = {len(array) for array in fitted}
    if len(lengths) > 1:
        raise ValueError(
            explain(
                layer=model.label,
                what="the inputs have different numbers of images",
                expected="arrays of the same length",
                received=", ".join(f"{label} {array.shape}" for label, array in zip(labels, fitted, strict=True)),
            )
        )
    names = input_names(model.input_specs)
    return Inputs(dict(zip(names, fitted, strict=True)), lengths.pop(), sizes_of(model, fitted))


def one_image(model: Model, image: Any) -> Inputs:
    """One image, with or without batch axis (and single channel), or one for each input, as a batch of one."""
    parts = zip(input_parts(image, expected_by(model)), model.input_specs, strict=True)
    batches = [_batch_of_one(part.value, part.label, spec.shape[1:]) for part, spec in parts]
    inputs = checked_inputs(model, structures.packed(model.input_form, batches) if len(batches) > 1 else batches[0])
    if inputs.count != 1:
        raise ValueError(
            explain(what="`image` is not one image", expected="one image", received=f"{inputs.count:,} images")
        )
    return inputs


def _batch_of_one(image: Any, label: str, shape: Sequence[int | None]) -> Array:
    array = as_array(image, label.replace("x", "image", 1))
    if array.ndim == len(shape) - 1 and shape[-1:] == (1,):
        array = array[..., None]
    return array[None] if array.ndim == len(shape) else array
