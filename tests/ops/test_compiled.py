"""Programs of operations compute what the interpreter computes. A program has many operations, which saves time."""

import numpy as np
import pytest

from planish.graph.node import Node
from tests.codegen.support import Case
from tests.ops.case import is_array
from tests.ops.cases import CASES
from tests.ops.support import function_named, in_a_list

COMPILED = [case for case in CASES if case.nodes is not None]
ONE_OF_EACH = [*{case.name: case for case in COMPILED}.values()]
GROUP = 16


def add_to(program, case):
    """The outputs of a call become outputs of a program."""
    kinds = iter(case.nodes)

    def leaf(value):
        if isinstance(value, list | tuple) and any(map(is_array, value)):
            return type(value)(map(leaf, value))
        kind = next(kinds) if is_array(value) else "-"
        if kind == "-":
            return value
        values = value.astype(np.float32)
        if kind == "b":
            return program.input(*value.shape[1:], values=values)
        return program.weight(*value.shape, values=values)

    arguments = [leaf(value) for value in case.arguments]
    settings = {name: leaf(value) for name, value in case.settings.items()}
    for place, node in enumerate(in_a_list(function_named(case.name)(*arguments, **settings))):
        assert isinstance(node, Node)
        program.output(node, f"{len(program.outputs)} {case.key} {place}")


@pytest.mark.parametrize("start", range(0, len(ONE_OF_EACH), GROUP))
def test_operations_from(start):
    program = Case(images=3)
    for case in ONE_OF_EACH[start : start + GROUP]:
        add_to(program, case)
    expected, found = program.expected(np.float32), program.computed()
    for name in program.outputs:
        np.testing.assert_allclose(found[name], expected[name], rtol=2e-4, atol=2e-5, err_msg=name)
