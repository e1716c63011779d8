"""What goes into a `.plan` file, collected part by part (its form: `planish_runtime/plan_format.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from planish.codegen.planning.shipped import PACKED
from planish.shipping import checks
from planish.shipping.ends import Ends
from planish.shipping.programs import Shipped
from planish_runtime.plan_format import LINE_NBYTES, PAGE_NBYTES, filled, written

Array = NDArray[Any]


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
        text = checks.json_of(self._facts)
        return written({"facts": text, "code": self._code, "weights": self._weights, "test": self._test})
