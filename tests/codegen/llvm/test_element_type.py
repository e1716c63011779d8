"""Types of elements say what NumPy and LLVM say of them."""

import llvmlite.binding as llvm
import numpy as np
import pytest

from planish.codegen.llvm.element_type import F32, I8, I32, element_type


@pytest.mark.parametrize("type_", [F32, I32, I8])
def test_sizes_are_those_of_numpy_and_of_llvm(type_):
    assert element_type(type_.name) is type_
    assert np.dtype(type_.dtype).itemsize == type_.nbytes
    module = llvm.parse_assembly(f"@x = global [3 x {type_.llvm}] zeroinitializer")
    assert module.get_global_variable("x").global_value_type.element_count == 3
    layout = llvm.create_target_data("e-m:e-i64:64-n32:64-S128")
    assert layout.get_abi_size(module.get_global_variable("x").global_value_type) == 3 * type_.nbytes
