"""Libraries for processors that this machine does not have, run by QEMU without a system. Except for sums over lanes
of vectors, which processors add up in trees of their own, they give the bits that the same module gives here."""

import ctypes

import numpy as np
import pytest

from planish import shipping
from planish.codegen import compile as compiler
from planish.codegen.llvm.extracting import only
from planish.codegen.llvm.target import ask_llvm, target_named, target_on
from planish.runtime.native import native_code
from planish.shipping.c_interface import interface_of
from planish.shipping.freestanding import freestanding
from planish.shipping.to_ship import to_ship
from planish_runtime.buffers import aligned_buffer
from tests.codegen import emulated
from tests.shipping import bare_machine
from tests.shipping.support import blog, flat, images_for, residual, several

COUNT = 3
MODELS = [residual, blog, several] if emulated.WANTED else [residual]
"""All of them with `make qemu`."""


def here(model, target, together):
    """The outputs that the module for a target gives as code for this processor, which also fuses multiply-adds."""
    shipped = to_ship(model, None, None)
    dtypes = shipped.types_with(None)
    interface = interface_of("net", shipped.ends)
    made = freestanding(shipped.graph, dtypes, target_named(target), shipped.parameters, together, interface.plain())
    host = target_on(ask_llvm(), None)
    linked = compiler.machine_code(only(made.text, interface.plain().functions, host.triple), host)
    code, x = native_code(*linked), images_for(model, COUNT)
    outputs = [np.zeros((COUNT, *end["shape"]), np.float32) for end in shipped.ends.outputs]
    work = aligned_buffer(2 * made.work_nbytes + 4096)
    arrays = [*(x if isinstance(x, list) else [x]), *outputs]
    pointers = [each.ctypes.data for each in arrays]
    init = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_size_t)(code.address("net_init"))
    types = [ctypes.c_void_p] * len(arrays) + [ctypes.c_ssize_t, ctypes.c_void_p]
    run = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(code.address("net_run"))
    assert init(work.ctypes.data, work.nbytes) == run(*pointers, COUNT, work.ctypes.data) == 0
    return outputs


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("target", bare_machine.EMULATORS)
def test_a_bare_machine_computes_what_the_model_predicts(target, make, tmp_path):
    if bare_machine.missing(target):
        pytest.skip(bare_machine.missing(target))
    model, x = make(), images_for(make(), COUNT)
    shipping.build(model, tmp_path / "net", emit="c", form="object", targets=target)
    arrays = [each.tobytes() for each in (x if isinstance(x, list) else [x])]
    expected = flat(model.predict(x, verbose=0))
    found = bare_machine.run(tmp_path, target, "net", arrays, [each.nbytes for each in expected], COUNT)
    for content, output, same in zip(
        found, expected, here(model, target, 1 if "cortex" in target else 28), strict=True
    ):
        np.testing.assert_allclose(np.frombuffer(content, np.float32), output.ravel(), rtol=1e-5, atol=2e-6)
        assert content == same.tobytes() or make is blog  # which ends with a softmax
