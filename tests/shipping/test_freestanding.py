"""A model as one module that needs nothing: what its entry points compute, and what they refuse."""

import ctypes

import numpy as np
import pytest

from planish.codegen import compile as compiler
from planish.codegen.llvm.target import current_target
from planish.codegen.plain_entries import STATUSES, End, Interface
from planish.runtime.native import native_code
from planish.shipping.freestanding import freestanding
from planish.shipping.to_ship import to_ship
from planish_runtime.buffers import aligned_buffer
from tests.shipping.support import blog, flat, images_for, residual, same, several

POINTER, SIZE = ctypes.c_void_p, ctypes.c_ssize_t


def interface_of(model):
    """The module's functions are called net_..."""
    ends = [
        [
            End(f"{kind} {name}", int(np.prod(end["shape"])) * np.dtype(end["dtype"]).itemsize, 4)
            for name, end in zip(names, ends, strict=True)
        ]
        for kind, names, ends in (
            ("input", model.ends.input_names, model.ends.inputs),
            ("output", model.ends.output_names, model.ends.outputs),
        )
    ]
    return Interface("net", *ends)


class Loaded:
    """A model's module, loaded into this process; functions give the name of their status."""

    def __init__(self, model):
        shipped = to_ship(model, None, None)
        interface, target = interface_of(shipped), current_target()
        self.made = freestanding(shipped.graph, shipped.types_with(None), target, shipped.parameters, 28, interface)
        linked = compiler.machine_code(self.made.text, self.made.target)
        assert set(linked.functions) == set(interface.functions)
        self._code = native_code(*linked)
        self.most = interface.most_images(target)
        self.output_shapes = [end["shape"] for end in shipped.ends.outputs]
        self.ends = len(interface.inputs) + len(interface.outputs)

    def work(self):
        return aligned_buffer(self.made.work_nbytes)

    def init(self, work, nbytes):
        return self._called("init", [POINTER, ctypes.c_size_t], work, nbytes)

    def run(self, arrays, n, work):
        return self._called("run", [POINTER] * self.ends + [SIZE, POINTER], *arrays, n, work)

    def _called(self, name, types, *arguments):
        function = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(self._code.address(f"net_{name}"))
        given = [each.ctypes.data if isinstance(each, np.ndarray) else each for each in arguments]
        return STATUSES[-function(*given)]

    def predict(self, inputs, n, offset=0):
        """The outputs, with work memory that begins so many bytes behind a cache line."""
        outputs = [np.zeros((n, *shape), np.float32) for shape in self.output_shapes]
        whole = aligned_buffer(self.made.work_nbytes + 64)
        work = whole[offset : offset + self.made.work_nbytes]
        assert self.init(work, work.nbytes) == "ok"
        assert self.run([*inputs, *outputs], n, work) == "ok"
        assert not whole[:offset].any()
        assert not whole[offset + work.nbytes :].any()
        return outputs


@pytest.mark.parametrize("make", [blog, residual, several])
def test_it_computes_what_the_model_predicts(make):
    model = make()
    loaded = Loaded(model)
    for n, offset in ((1, 0), (3, 8), (30, 56)):
        x = images_for(model, n)
        found = loaded.predict(x if isinstance(x, list) else [x], n, offset)
        assert same(found, flat(model.predict(x, verbose=0))), n


def test_the_same_model_gives_the_same_text():
    first, second = Loaded(blog()).made, Loaded(blog()).made
    assert first.text == second.text
    assert first.digest == second.digest != Loaded(residual()).made.digest


def test_what_makes_no_sense_is_refused_and_nothing_is_written():
    model = blog()
    loaded, x, y = Loaded(model), images_for(model, 2), np.zeros((2, 10), np.float32)
    work, nbytes = loaded.work(), loaded.made.work_nbytes
    assert loaded.init(None, nbytes) == "null pointer"
    assert loaded.init(work[4:], nbytes) == "not aligned"
    assert loaded.init(work, nbytes - 1) == loaded.init(work, 0) == "too small"
    assert loaded.run([x, y], 2, work) == "not initialized"
    assert not work.any()
    assert loaded.init(work, nbytes) == "ok"
    for arrays in ([None, y], [x, None]):
        assert loaded.run(arrays, 2, work) == "null pointer"
    assert loaded.run([x, y], 2, None) == "null pointer"
    assert loaded.run([x.ctypes.data + 2, y], 1, work) == "not aligned"
    for n in (0, -1, -(2**63), loaded.most + 1, 2**63 - 1):
        assert loaded.run([x, y], n, work) == "bad count"
    moved = aligned_buffer(nbytes)
    moved[:] = work
    assert loaded.run([x, y], 2, moved) == "not initialized"
    other = Loaded(residual())
    assert other.init(other_work := other.work(), other.made.work_nbytes) == "ok"
    assert loaded.run([x, y], 2, other_work) == "not initialized"
    assert not y.any()
    assert loaded.run([x, y], 2, work) == "ok"
    assert y.any()


def test_most_images_are_what_addresses_reach():
    wide = Interface("net", [End("input x", 1000, 4)], [End("output y", 40, 4)])
    assert wide.most_images(current_target()) == (2**63 - 1) // 1000
