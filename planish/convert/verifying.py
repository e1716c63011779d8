"""Whether a converted model gives the numbers of the network that it was made of."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import structures
from planish.convert.building import Built
from planish.convert.closeness import APART, apart
from planish.convert.torch_reading.reading import Reading
from planish.convert.torch_reading.tracing import evaluating
from planish.errors import explain
from planish.models import Model

Array = NDArray[Any]


def compared(built: Built, read: Reading, images: Sequence[Array]) -> None:
    """ValueError, naming the first layer whose numbers differ, if the model does not give what the module gives."""
    images = [each[: read.trace.images] for each in images]
    outputs = read.graph.outputs
    theirs = _values(read, images, outputs)
    given = [built.arranged(port.name, each) for port, each in zip(read.graph.inputs, images, strict=True)]
    ours = _predicted(built.model, given)
    wanted = [built.output(name, theirs[name]) for name in outputs]
    if max(map(apart, ours, wanted), default=0.0) > APART:
        raise _differing(built, read, images, given, max(map(apart, ours, wanted)))


def _differing(built: Built, read: Reading, images: Sequence[Array], given: Sequence[Array], most: float) -> ValueError:
    """The error that names the first call whose numbers differ."""
    theirs = _values(read, images, None)
    made = [(each, name) for each in read.graph.operations for name in each.outputs if name in theirs]
    known = [(each, name) for each, name in made if built.tensor(name) is not None]
    tensors = [built.tensor(name) for _, name in known]
    ours = _predicted(Model(built.model.inputs, tensors), given)
    for (operation, name), array in zip(known, ours, strict=True):
        difference = apart(array, built.arranged(name, theirs[name]))
        if difference > APART:
            return ValueError(
                explain(
                    what="the converted model gives other numbers than the module",
                    layer=f"{operation.called} '{operation.name}', the first that differs",
                    expected=f"the module's numbers within {APART:g} of the largest one",
                    received=f"{difference:.2g} apart",
                    remedy="a forward that changes nothing in place, and that gives the same again in eval mode",
                )
            )
    return ValueError(
        explain(
            what="the converted model gives other numbers than the module",
            expected=f"the module's numbers within {APART:g} of the largest one",
            received=f"{most:.2g} apart, though every layer by itself agrees",
            remedy="a forward that gives the same for the same images in eval mode",
        )
    )


def _predicted(model: Model, given: Sequence[Array]) -> list[Array]:
    found = model.predict(given[0] if len(given) == 1 else list(given), verbose=0)
    return [np.asarray(each) for each in structures.leaves(found)]


def _values(read: Reading, images: Sequence[Array], wanted: Sequence[str] | None) -> dict[str, Array]:
    """What PyTorch gives for these values of the graph; with None, for all that a call gives."""
    torch = importlib.import_module("torch")
    found: dict[str, Array] = {}

    class Collecting(torch.fx.Interpreter):  # type: ignore[misc, name-defined]
        def run_node(self, node: Any) -> Any:
            result = super().run_node(node)
            name = read.names.get(node)
            if name is not None and (wanted is None or name in wanted) and name not in found:
                found[name] = result.numpy().copy()
            return result

    with torch.no_grad(), evaluating(read.trace.module):
        Collecting(read.trace.module).run(*(torch.from_numpy(each) for each in images))
    return found
