"""Vectors that are stored as bytes against a page that must not be touched (see `guarded_programs`)."""

import ctypes

import numpy as np

from planish.codegen import compile as compiler
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import current_target
from planish.runtime.native import native_code
from tests.codegen.guarded_memory import guarded, placed


def masked_bytes():
    """The first lanes of a vector as bytes, and nothing behind them: places of maxima end anywhere in a page."""
    target = current_target()
    for count in range(1, target.lanes + 1):
        module = Module(target)
        with module.function("run", ["ptr %from", "ptr %into"], internal=False) as f:
            mask = f.tail_mask(count)
            numbers = f.let(f"bitcast {f.vector} {f.load('%from', 0, mask)} to {f.integers}")
            f.store_bytes(numbers, "%into", 0, mask)
        code = native_code(*compiler.machine_code(module.text, target))
        source = placed(np.arange(1, count + 1, dtype=np.int32), at_end=True)
        result = guarded(count, at_end=True)
        code.function("run", [ctypes.c_void_p] * 2)(source.ctypes.data, result.ctypes.data)
        np.testing.assert_array_equal(result, source)
