"""What goes into a `.plan` file, collected part by part (its form: `planish_runtime/plan_format.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from planish import structures
from planish.codegen.planning.shipped import PACKED
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.ends.graph_names import input_names
from planish.shipping.programs import Shipped
from planish_runtime.plan_format import LINE_NBYTES, PAGE_NBYTES, filled, written

if TYPE_CHECKING:
    from planish.models.model import Model

Array = NDArray[Any]


class Ends(NamedTuple):
    """Inputs and outputs as the file has them, their structures, and what they are called in the graph."""

    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    input_form: Any
    form: Any
    input_names: list[str]
    output_names: list[str]


def ends_of(model: Model, graph: Graph, dtypes: Mapping[str, str]) -> Ends:
    """By the names that the user knows."""
    leaves = {name_of(leaf): leaf for leaf in graph.leaves("input")}
    names = input_names(model.input_specs)
    inputs = [
        _end(spec.name, leaves[name].shape if name in leaves else spec.shape[1:], dtypes[name])
        for name, spec in zip(names, model.input_specs, strict=True)
    ]
    outputs = [
        _end(spec.name, node.shape, str(node.type.numpy_dtype))
        for (_, node), spec in zip(graph.outputs, model.output_specs, strict=True)
    ]
    return Ends(
        _apart(inputs), _apart(outputs), _form(model.input_form), _form(model.output_form),
        names, [name for name, _ in graph.outputs],
    )  # fmt: skip


def _end(name: str, shape: Sequence[Any], dtype: str) -> dict[str, Any]:
    return {"name": name, "shape": list(map(int, shape)), "dtype": dtype}


def _apart(ends: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With a number behind the names if two are the same."""
    names = [each["name"] for each in ends]
    if len(set(names)) == len(names):
        return ends
    return [{**each, "name": f"{each['name']}:{place}"} for place, each in enumerate(ends)]


def _form(form: Any) -> Any:
    """A structure in JSON, the places of leaves in place of these."""
    return _tagged(structures.packed(form, [*range(len(structures.leaves(form)))]))


def _tagged(form: Any) -> Any:
    if isinstance(form, tuple):
        return {"tuple": [_tagged(each) for each in form]}
    if isinstance(form, list):
        return [_tagged(each) for each in form]
    if isinstance(form, Mapping):
        return {"dict": {str(key): _tagged(each) for key, each in form.items()}}
    return form


class Contents:
    """A file under construction. The same calls give the same bytes."""

    def __init__(self, ends: Ends, notes: Mapping[str, Any], name: str, version: str) -> None:
        self._ends = ends
        self._facts: dict[str, Any] = {
            "planish": version, "name": name, "notes": dict(notes), "inputs": ends.inputs, "outputs": ends.outputs,
            "input_form": ends.input_form, "form": ends.form, "programs": [],
        }  # fmt: skip
        self._code, self._weights, self._test = bytearray(), bytearray(), bytearray()
        self._there: dict[bytes, int] = {}  # where weights are that several programs may read

    def add_test(self, inputs: Mapping[str, Array], outputs: Mapping[str, Array], tolerance: float) -> None:
        """An image for each input, and what comes out."""
        places = []
        for array in [*(inputs[name] for name in self._ends.input_names), *map(outputs.get, self._ends.output_names)]:
            assert array is not None
            places.append([len(self._test), array.nbytes])
            self._test += filled(array.tobytes(), LINE_NBYTES)
        self._facts |= {"test": places, "tolerance": tolerance}

    def add_program(
        self, target: str, architecture: str, needs: Sequence[int], dtypes: Sequence[str], made: Shipped
    ) -> None:
        """`target` is the name under which it is chosen; `dtypes` are those of the inputs."""
        program = made.program
        code = [len(self._code), len(made.code.code)]
        self._code += filled(made.code.code, PAGE_NBYTES)
        arguments = [self._renamed(argument) for argument in program.arguments]
        self._facts["programs"].append(
            {
                "target": target,
                "architecture": architecture,
                "needs": list(needs),
                "dtypes": list(dtypes),
                "code": code,
                "functions": dict(sorted(made.code.functions.items())),
                "arguments": arguments,
                "weights": [
                    [place, *self._weight(made.weights.get(argument, b""))]
                    for place, argument in enumerate(program.arguments)
                    if arguments[place].startswith("parameter ")
                ],
                "arena_nbytes": program.run_arena_nbytes,
                "scratch_nbytes": program.scratch_nbytes,
                "block": program.block,
                "multiply_adds": made.multiply_adds,
                "most_cut": program.most_cut,
            }
        )

    def _renamed(self, argument: str) -> str:
        """Inputs and outputs by the names that the user knows; packed weights as parameters, too."""
        kind, name = argument.split(" ", 1)
        if kind == PACKED:
            return f"parameter {PACKED}: {name}"
        if kind == "parameter":
            return f"parameter weight: {name}"
        own = self._ends
        names, ends = (own.input_names, own.inputs) if kind == "input" else (own.output_names, own.outputs)
        return f"{kind} {ends[names.index(name)]['name']}"

    def _weight(self, content: bytes) -> list[int]:
        """Where in the part of weights it is, and its bytes."""
        if content not in self._there:
            self._there[content] = len(self._weights)
            self._weights += filled(content, LINE_NBYTES)
        return [self._there[content], len(content)]

    def written(self) -> bytes:
        """The bytes of the file."""
        text = json.dumps(self._facts, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        return written({"facts": text, "code": self._code, "weights": self._weights, "test": self._test})
