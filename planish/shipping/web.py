"""`model.build("folder", emit="wasm")`: a model for browsers and Node, as a folder that is a package of npm's form.

The weights are inside of the module, as contents of its memory: one file to fetch, and what runs it copies them once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from planish import atomic_file
from planish.codegen.planning.plan import INFERENCE_BLOCK
from planish.errors import explain, unknown_name
from planish.graph.settings import name_of
from planish.primitives.registry import multiply_adds
from planish.shipping import checks, self_test
from planish.shipping.order import Order
from planish.shipping.to_ship import ToShip
from planish.shipping.web_module import web_module, web_program

DTYPES = ("float32", "float64", "uint8", "int8", "uint16", "int16", "uint32", "int32")
"""The types that arrays of JavaScript have, and inputs may."""
TARGET = "wasm32"
TEST = "planish.test"
"""The module's own section of expected outputs, each where its facts say."""

_MODULE, _PACKAGE, _LOADERS = "model.wasm", "package.json", ("model.js", "model.d.ts")
"""The files of the folder."""

_MOST_INPUT_NBYTES = 2**22
"""Of images that are in memory at the same time, unless the user says how many."""


def write(order: Order) -> str:
    """The folder: the module, what loads it, and its types. There is nothing to say of it."""
    folder = checks.place_of(order.path, "model-web")
    _refuse_another_package(folder)
    if order.targets is not None:
        checks.target_names(order.targets, [TARGET])
    together = None if order.batch is None else checks.images_together(order.batch)
    dtype = _type_of_images(checks.types_of_images(order.dtypes))
    shipped = order.model()
    dtypes = shipped.types_with(dtype)
    for name, each in dtypes.items():
        if each not in DTYPES:
            raise ValueError(unknown_name(f"type of input {name!r} in WebAssembly:", each, DTYPES))
    module = _module(shipped, dtypes, together or _usual_images(shipped, dtypes))
    os.makedirs(folder, exist_ok=True)
    name = re.sub(r"[^a-z0-9._-]+", "-", os.path.basename(os.path.abspath(folder)).lower()).strip("-._") or "model"
    with atomic_file.Together() as written:
        written.write(os.path.join(folder, _MODULE), module)
        written.write(os.path.join(folder, _PACKAGE), _package(name))
        for own in _LOADERS:
            contents = files("planish.shipping").joinpath("javascript", own).read_bytes()
            written.write(os.path.join(folder, own), contents)
    return ""


def _refuse_another_package(folder: str) -> None:
    """ValueError if the folder is a package, and not one with a module: its description would be lost."""
    is_package, is_ours = (os.path.lexists(os.path.join(folder, name)) for name in (_PACKAGE, _MODULE))
    if is_package and not is_ours:
        raise ValueError(
            explain(
                what=f"build: the folder has a {_PACKAGE} of its own, which would be replaced",
                expected="a folder for the model alone",
                received=repr(folder),
                remedy=f"model.build({os.path.join(folder, 'model-web')!r}, emit='wasm')",
            )
        )


def _type_of_images(dtypes: list[str]) -> str | None:
    if len(dtypes) > 1:
        raise ValueError(
            explain(
                what="build: a WebAssembly module takes images of one type",
                received=", ".join(dtypes),
                remedy=f"model.build('model-web', emit='wasm', dtypes={dtypes[0]!r})",
            )
        )
    return dtypes[0] if dtypes else None


def _usual_images(shipped: ToShip, dtypes: Mapping[str, str]) -> int:
    """As many as go through a layer together, if they are small."""
    leaves = shipped.graph.leaves("input")
    nbytes = sum(np.dtype(dtypes[name_of(leaf)]).itemsize * leaf.type.size for leaf in leaves)
    return max(1, min(INFERENCE_BLOCK, _MOST_INPUT_NBYTES // max(1, nbytes)))


def _module(shipped: ToShip, dtypes: Mapping[str, str], images: int) -> bytes:
    ends = shipped.ends.with_types(dtypes)
    given = self_test.images(shipped.graph, dtypes)
    expected = self_test.expected(shipped.graph, given, shipped.parameters)
    outputs: dict[str, dict[str, Any]] = {}
    test = b""
    for name, end in zip(ends.output_names, ends.outputs, strict=True):
        outputs[name] = {**end, "test": len(test)}
        test += expected[name].tobytes()
    facts = {
        "planish": shipped.version, "name": shipped.name, "notes": dict(shipped.notes),
        "tolerance": self_test.TOLERANCE, "multiply_adds": multiply_adds(shipped.graph.nodes),
    }  # fmt: skip
    inputs = dict(zip(ends.input_names, ends.inputs, strict=True))
    made = web_program(shipped.graph, dtypes, images)
    return web_module(made, shipped.graph, dtypes, shipped.parameters, inputs, outputs, facts, {TEST: test})


def _package(name: str) -> bytes:
    """What npm and Node read."""
    facts = {
        "name": name, "version": "1.0.0", "private": True, "type": "module", "main": "model.js", "types": "model.d.ts",
        "sideEffects": False, "files": [*_LOADERS, _MODULE],
    }  # fmt: skip
    return json.dumps(facts, indent=2).encode() + b"\n"
