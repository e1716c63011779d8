"""The weights of a model and the state of its optimizer, to and from Keras's HDF5 layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from planish import warned
from planish.errors import explain, number_of
from planish.layers.base.foreign_weights import listed
from planish.models import Model, weight_misfits
from planish.saving import optimizer_state
from planish.saving.contents import Contents
from planish.saving.layer_paths import layer_paths
from planish.saving.older import dependencies
from planish.saving.stored_array import StoredArray, assign_all
from planish.saving.weights_store import WeightsReader, WeightsWriter, WrongShapeError
from planish.variable import Variable

_Assignments = list[tuple[Variable, StoredArray]]


def packed(model: Model, *, with_optimizer: bool = True) -> bytes:
    """An HDF5 file of all weights and, if the model is compiled and it is asked for, of the optimizer's state."""
    writer = WeightsWriter()
    for path, name, arrays in groups(model, with_optimizer=with_optimizer):
        writer.add(path, name, arrays)
    return writer.contents()


def groups(model: Model, *, with_optimizer: bool = True) -> Iterator[tuple[str, str, list[NDArray[Any]]]]:
    """The place, the name and the arrays of each group of such a file."""
    yield "", model.name, []
    for path, layer in layer_paths(model):
        yield path, layer.name, [variable.value for variable in layer.own_variables]
    if model.optimizer is not None and with_optimizer:
        state = optimizer_state.arrays(model.optimizer, model.trainable_weights)
        yield optimizer_state.GROUP, model.optimizer.name, state


def restore(model: Model, contents: bytes | Contents, source: str, *, skip_mismatch: bool = False) -> None:
    """Assigns what `packed`, or Keras, put into a file. The model is unchanged if anything does not fit.

    ValueError, naming the file and the layer, for weights that are missing, superfluous or of another shape; with
    `skip_mismatch`, a warning instead, and the layer keeps its weights.
    """
    with WeightsReader(contents, source) as reader:
        restore_from(model, reader, skip_mismatch=skip_mismatch)


def restore_from(model: Model, reader: WeightsReader, *, skip_mismatch: bool = False) -> None:
    """As `restore`."""
    assignments = _layer_assignments(model, reader, skip_mismatch)
    if not skip_mismatch:
        _refuse_superfluous(model, reader)
    optimizer = model.optimizer
    state = None if optimizer is None else optimizer_state.read(optimizer, model.trainable_weights, reader)
    assign_all(assignments)
    if optimizer is not None and state is not None:
        optimizer_state.assign(optimizer, model.trainable_weights, model.non_trainable_weights, state)


def _layer_assignments(model: Model, reader: WeightsReader, skip_mismatch: bool) -> _Assignments:
    assignments: _Assignments = []
    for path, layer in layer_paths(model):
        place = dependencies.place_of(path, reader)
        try:
            own = layer.own_variables
            stored, names = reader.count(place), [variable.name for variable in own]
            if stored != len(names):
                shapes = [variable.shape for variable in own]
                raise ValueError(
                    explain(
                        what=f"{reader.source!r} does not have the weights that the layer needs",
                        layer=layer.label,
                        expected=f"{listed(shapes, names)} in {path}",
                        received=number_of(stored, "array"),
                        remedy="load into the model that was saved, or give skip_mismatch=True",
                    )
                )
            assignments += [
                (variable, _array(model, reader, place, number, variable)) for number, variable in enumerate(own)
            ]
        except ValueError as error:
            if not skip_mismatch:
                raise
            warned.warn(f"{layer.label} keeps its weights: {error}")
    return assignments


def _array(model: Model, reader: WeightsReader, path: str, number: int, variable: Variable) -> StoredArray:
    try:
        return reader.stored(path, number, variable.shape, f"weight '{variable.path}'")
    except WrongShapeError as error:
        raise error.told_with(**weight_misfits.explanation(model, variable, error.received)) from None


def _refuse_superfluous(model: Model, reader: WeightsReader) -> None:
    """Refuses the file of a deeper model, which fits a shallower one by accident: some of its weights remain."""
    known = {path.split("/")[1] for path, _ in layer_paths(model) if path.startswith("layers/")}
    for name in reader.groups("layers"):
        if name not in known and reader.count(f"layers/{name}"):
            raise ValueError(
                explain(
                    what=f"{reader.source!r} has weights for which the model has no layer",
                    expected="groups " + ", ".join(sorted(known)),
                    received=f"layers/{name}",
                    remedy="load into the model that was saved, or give skip_mismatch=True",
                )
            )
