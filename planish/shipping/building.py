"""`model.build("model.plan", targets=...)`: programs, weights and a test in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import planish
from planish import atomic_file, precision, standalone
from planish.codegen.llvm.target import HOST, PROCESSORS, Target, target_named
from planish.codegen.planning.plan import INFERENCE_BLOCK
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.ends.graph_names import input_names
from planish.models.programs.stepped import needs_steps
from planish.saving import notes
from planish.shipping import self_test
from planish.shipping.contents import Contents, ends_of
from planish.shipping.programs import shipped_program
from planish_runtime.facts import DTYPES
from planish_runtime.processor import NEEDS, WORDS, abilities, telling

if TYPE_CHECKING:
    from planish.models.model import Model

Array = NDArray[Any]

EVERYWHERE = tuple(PROCESSORS)
"""What is built for by default: all processors, so that the file is the same wherever it is built."""


def build(
    model: Model,
    path: str | os.PathLike[str],
    targets: str | Sequence[str] = EVERYWHERE,
    batch: int | None = None,
    dtypes: str | Sequence[str] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    preprocessing: str | None = None,
) -> None:
    """Writes what the model predicts as a `.plan` file, which `planish_runtime.Model(path).predict(x)` runs without
    planish and without a compiler.

    `targets` are kinds of processors: 'x86-64-v4', 'x86-64-v3', 'x86-64-v2', 'aarch64', or 'host', for this machine
    exactly. The file takes any number of images; `batch` is how many of them go through a layer together at most (28),
    which decides how much memory is needed. `dtypes` are types of images that programs read as they are, such as
    'uint8'; images of other types are converted first. `class_names` (else those in the model's notes) and
    `preprocessing`, a text for people, are kept in the file.

    ValueError for a model that is not built, takes images of any size, or computes images together, and for names that
    are not known. OSError if the file cannot be written.
    """
    place = _checked_path(path)
    names = _checked_targets(targets)
    together = _checked_batch(batch)
    with precision.computing_in(model):
        graph = _graph(model)
    given = input_names(model.input_specs)
    every = _checked_dtypes(dtypes, graph, given)
    variables = standalone.bound(model.weights, graph)
    parameters = {each.path: np.ascontiguousarray(each.value) for each in variables}
    found = dict(notes.written(model).get(notes.NAME, {}))
    if class_names is not None:
        found["class_names"] = list(map(str, class_names))
    if preprocessing is not None:
        found["preprocessing"] = preprocessing
    contents = Contents(ends_of(model, graph, every[0]), found, model.name, planish.__version__)
    images = self_test.images(graph, every[0])
    contents.add_test(images, self_test.expected(graph, images, parameters), self_test.TOLERANCE)
    for name in names:
        target = _target(name)
        for types in every:
            made = shipped_program(graph, types, target, parameters, together)
            contents.add_program(name, target.architecture, _needs(name, target), [types[each] for each in given], made)
    atomic_file.write(place, contents.written())


def _graph(model: Model) -> Graph:
    """What `predict` computes. ValueError if that is not something for each image by itself, of one size."""
    if not model.built or not model.knows_ends:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model is not built, so it does not have weights",
                remedy="model.build((None, 28, 28, 1)), or model.predict(images), before model.build('model.plan')",
            )
        )
    for spec in model.input_specs:
        if None in spec.shape[1:]:
            raise ValueError(
                explain(
                    layer=model.label,
                    what="the model takes images of any size, and a plan is for one",
                    received=f"input {spec.name!r}: {tuple(spec.shape)}",
                    remedy="a model of the same layers that begins with the size: Input((224, 224, 3))",
                )
            )
    graph = model.graph()
    if needs_steps(graph):
        raise ValueError(
            explain(
                layer=model.label,
                what="what the model predicts for an image depends on other images, on chance, or on earlier calls",
                rule="a plan computes each image by itself",
                remedy="a model without layers that are told to behave as in training",
            )
        )
    return graph


def _needs(name: str, target: Target) -> tuple[int, ...]:
    """What a processor has to have for the program of a target."""
    if name == HOST:
        return telling(abilities()) if target.architecture == "x86_64" else (0,) * WORDS
    return NEEDS.get(name, (0,) * WORDS)


def _target(name: str) -> Target:
    """Other processors than x86-64 do not say in one way what they can do: there, the host is what all have."""
    target = target_named(name)
    if name == HOST and target.architecture != "x86_64":
        return target_named(next(each for each, kind in PROCESSORS.items() if kind.kind == target.name))
    return target


def _checked_path(path: Any) -> str:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            explain(
                what="build: the name of a file is expected",
                received=repr(path),
                remedy="model.build('model.plan')",
            )
        )
    place = os.fspath(path)
    if not place.endswith(".plan"):
        raise ValueError(
            explain(
                what="build: the name of a compiled model ends in .plan",
                received=repr(place),
                remedy=f"model.build({os.path.splitext(place)[0] + '.plan'!r})",
            )
        )
    return place


def _checked_targets(targets: Any) -> list[str]:
    """In the order in which a processor that can run several of them takes them."""
    given = targets.split(",") if isinstance(targets, str) else list(targets)
    order = [HOST, *PROCESSORS]
    for name in given:
        if name not in order:
            raise ValueError(unknown_name("target", name, order))
    if not given:
        raise ValueError(explain(what="build: no targets", expected="one or more of " + ", ".join(order)))
    return sorted(set(given), key=order.index)


def _checked_batch(batch: Any) -> int:
    if batch is None:
        return INFERENCE_BLOCK
    if isinstance(batch, bool) or not isinstance(batch, int | np.integer) or batch < 1:
        raise ValueError(
            explain(
                what="build: `batch` is how many images are computed together",
                expected=f"a whole number from 1 on; {INFERENCE_BLOCK} and more are the same",
                received=repr(batch),
            )
        )
    return int(batch)


def _checked_dtypes(dtypes: Any, graph: Graph, names: Sequence[str]) -> list[dict[str, str]]:
    """For each program the type of each input: those that are given, else what the model computes in."""
    own = {name_of(leaf): str(leaf.type.numpy_dtype) for leaf in graph.leaves("input")}
    own = {name: own.get(name, "float32") for name in names}
    if dtypes is None:
        return [own]
    given = dtypes.split(",") if isinstance(dtypes, str) else [str(np.dtype(each)) for each in dtypes]
    for dtype in given:
        if dtype not in DTYPES:
            raise ValueError(unknown_name("type of images", dtype, DTYPES))
    return [_with_images(own, dtype) for dtype in dict.fromkeys(given)]


def _with_images(own: Mapping[str, str], dtype: str) -> dict[str, str]:
    return {name: dtype if np.dtype(each).kind == "f" else each for name, each in own.items()}
