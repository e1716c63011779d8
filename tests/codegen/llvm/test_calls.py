"""Functions that only call others compute an address once; kernels have the parameters that they use."""

import re

from planish import primitives
from planish.codegen import compile as compiler
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph


def addresses(quickly):
    """The lines of a function that asks for the same addresses again: outside, inside, and behind a condition."""
    module = Module(current_target())
    with module.function("run", ["ptr %context", "i64 %n"], quickly=quickly) as f:

        def ask():
            return f.offset(f.load_pointer("%context", 64), f.multiply("%n", 12))

        first = [ask(), ask()]
        with f.when(f.compare("sgt", "%n", 3)):
            inside = [ask(), f.offset(first[0], "%n"), f.offset(first[0], "%n")]
        behind = [ask(), f.offset(first[0], "%n")]
    return f.lines, (first, inside, behind)


def test_a_function_of_calls_computes_an_address_once():
    lines, (first, inside, behind) = addresses(quickly=True)
    assert {*first, inside[0], behind[0]} == {first[0]}
    assert inside[1] == inside[2] != behind[1]  # what is computed under a condition is not known behind it
    assert not any("launder" in line for line in lines)


def test_other_functions_compute_it_where_it_is_needed():
    lines, (first, inside, behind) = addresses(quickly=False)
    assert len({*first, *inside, *behind}) == 7
    assert sum("launder" in line for line in lines) == 7


def test_a_function_leaves_out_parameters_that_it_does_not_use():
    module = Module(current_target())
    with module.function("k", ["ptr %x", "ptr %y", "i64 %n"], shared=True, sparing=True) as f:
        f.emit("store i64 %n, ptr %y, align 8")
    assert f.parameters == ["%y", "%n"]
    assert "define internal void @k(ptr %y, i64 %n)" in module.text


def test_kernels_are_called_with_what_they_use():
    x, w = primitives.input_("x", (9, 9, 3)), primitives.parameter("w", (3, 3, 3, 17))
    graph = Graph.build({"y": primitives.conv2d(x, w)})
    text = compiler.generate(Request(graph, {"x": "float32"}, current_target(), training=False)).text
    for name, parameters in re.findall(r"define internal void @(k\w+)\((.*)\) #", text):
        calls = re.findall(rf"call void @{name}\((.*)\)", text)
        assert calls
        assert all(call.count(",") == parameters.count(",") for call in calls)
        assert "%alarm" not in parameters
