"""Types of elements say what NumPy and LLVM say of them."""

import ast
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

from planish.codegen.llvm.element_type import F32, I8, I32, element_type

CODEGEN = Path(__file__).parents[3] / "planish" / "codegen"
SIZES = {type_.nbytes for type_ in (F32, I32, I8)} - {1}


def products_with_a_size(source):
    """Lines where a literal that is the size of an element is a factor, in Python or in the program's text."""
    for node in ast.walk(ast.parse(source)):
        factors = [node.left, node.right] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "multiply":
            factors = node.args
        if any(isinstance(each, ast.Constant) and each.value in SIZES for each in factors):
            yield node.lineno, factors


@pytest.mark.parametrize("type_", [F32, I32, I8])
def test_sizes_are_those_of_numpy_and_of_llvm(type_):
    assert element_type(type_.name) is type_
    assert np.dtype(type_.dtype).itemsize == type_.nbytes
    module = llvm.parse_assembly(f"@x = global [3 x {type_.llvm}] zeroinitializer")
    assert module.get_global_variable("x").global_value_type.element_count == 3
    layout = llvm.create_target_data("e-m:e-i64:64-n32:64-S128")
    assert layout.get_abi_size(module.get_global_variable("x").global_value_type) == 3 * type_.nbytes


def test_what_counts_bytes_names_the_element_type():
    """A literal 4 is found only where it counts something else, before the size of an element."""
    for path in sorted(CODEGEN.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert f"align {F32.nbytes}" not in source, path.name
        for line, factors in products_with_a_size(source):
            assert any(isinstance(each, ast.Attribute) and each.attr == "nbytes" for each in factors), (path.name, line)


def test_products_with_a_size_are_found():
    assert [line for line, _ in products_with_a_size("4 * x\nf.multiply(x, 4)\nx * y\nF32.nbytes * x")] == [1, 2]
