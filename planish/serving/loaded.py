"""A model that is ready to answer, whatever file it came from: arrays in, arrays out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from planish import saving, structures
from planish.errors import explain
from planish.models.programs.stepped import needs_steps
from planish.saving import class_names
from planish.serving.folder import PLAN
from planish.shipping.to_ship import check_sizes
from planish.utils.image_reader import SMOOTHED
from planish_runtime.facts import Array as End

if TYPE_CHECKING:
    from planish.models.model import Model

Array = NDArray[Any]
Tensor = End
"""An input or an output: its name, the shape of one image of a batch, and the type of its numbers."""
_WARM_BATCHES = 8  # the first ones decide who computes


class Loaded(Protocol):
    """`class_names` are those of the one output's classes, if they are known. `joins`: whether the answer for an image
    does not depend on the others of its batch. `smoothed`: whether images are averaged when they become smaller."""

    platform: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    class_names: list[str] | None
    joins: bool
    smoothed: bool

    def predict(self, arrays: Sequence[Array]) -> list[Array]:
        """Outputs [n, ...] in order, for an array [n, ...] of each input's type. One thread at a time calls it."""


def load(path: str) -> Loaded:
    """The model of a file, warmed up. ValueError, OSError, ImportError if it cannot be served, with the reason."""
    return PlanModel(path) if path.endswith(PLAN) else KerasModel(path)


def warm_up(model: Loaded, max_batch: int) -> float:
    """Compiles, packs weights and touches memory, before anybody waits for it. The seconds that one image takes."""
    for count in (max_batch, 1):
        images = [np.zeros((count, *each.shape), each.dtype) for each in model.inputs]
        seconds = min(_seconds(model, images) for _ in range(_WARM_BATCHES))
    return seconds


def _seconds(model: Loaded, images: list[Array]) -> float:
    begun = time.perf_counter()
    model.predict(images)
    return time.perf_counter() - begun


class KerasModel:
    """A model of planish's, from a .keras, .h5 or .onnx file."""

    platform = "planish"

    def __init__(self, path: str) -> None:
        self.model = model = opened(path)
        self.inputs = tuple(map(_tensor, model.input_specs, model.input_names))
        names = distinct(model.output_names)
        graph = model.graph()
        nodes = [node for _, node in graph.outputs]
        if graph.updates or not all(node.batched for node in nodes):
            raise ValueError(
                explain(
                    layer=model.label,
                    what="the model does not give an answer for each image, or changes while it answers",
                    remedy="a model of the same layers that are not told to behave as in training",
                )
            )
        self.outputs = tuple(
            Tensor(name, node.shape, node.type.numpy_dtype) for name, node in zip(names, nodes, strict=True)
        )
        self.joins = not needs_steps(graph)
        self.class_names = class_names.known(model, path) if gives_scores(self.outputs) else None
        self.smoothed = model.notes.get(SMOOTHED) is True

    def predict(self, arrays: Sequence[Array]) -> list[Array]:
        """See `Loaded`."""
        given = arrays[0] if len(arrays) == 1 else structures.packed(self.model.input_form, list(arrays))
        return structures.leaves(self.model.predict_on_batch(given))


class PlanModel:
    """A compiled model, whose weights all processes that open the file share."""

    platform = "planish_plan"
    joins = True

    def __init__(self, path: str) -> None:
        from planish_runtime import Model as Compiled

        self._model = Compiled(path)
        facts = self._model.facts
        self.inputs = tuple(facts.inputs)
        names = distinct([each.name for each in facts.outputs])
        self.outputs = tuple(each._replace(name=name) for name, each in zip(names, facts.outputs, strict=True))
        self.class_names = self._model.class_names
        self.smoothed = facts.notes.get(SMOOTHED) is True

    def predict(self, arrays: Sequence[Array]) -> list[Array]:
        """See `Loaded`."""
        given = arrays[0] if len(arrays) == 1 else list(arrays)
        return structures.leaves(self._model.predict(given))


def opened(path: str) -> Model:
    """A model that can be served. ValueError for one that is not built, or takes images of any size."""
    model = saving.load_model(path, compile=False)
    if not model.built or not model.knows_ends:
        raise ValueError(explain(layer=model.label, what="the model was never built, so it does not have weights"))
    check_sizes(model, "one that is served is compiled for one", "save('model.keras')")
    return model


def gives_scores(outputs: Sequence[Tensor]) -> bool:
    """Whether there is one output, with a number for each class."""
    return len(outputs) == 1 and len(outputs[0].shape) == 1


def _tensor(spec: Any, name: str) -> Tensor:
    return Tensor(name, tuple(spec.shape[1:]), np.dtype(spec.dtype).name)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that come again."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        found.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found
