"""What is made of weights, which threads share: the bits of one thread, whoever makes which part."""

import ctypes
import threading

import numpy as np
import pytest

from planish import primitives
from planish.codegen import preparing
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.runtime import compile, programs
from planish.runtime.inference_executable import InferenceExecutable
from planish_runtime.inference import Inference
from tests.codegen import emulated
from tests.codegen.support import Case, floats, on_every_target, prefer


@pytest.fixture(autouse=True)
def _everything_is_worth_sharing(monkeypatch):
    monkeypatch.setattr(preparing, "FEWEST_NBYTES", 0)
    monkeypatch.setattr(programs, "_COMPILED", {})


class Prepared:
    """A program, and what it computes with what threads have made of its weights."""

    def __init__(self, case):
        graph = Graph.build({name: node for name, node in case.outputs.items() if node.batched})
        names = {name_of(node) for node in graph.leaves("input")}
        self._inputs = {name: array for name, array in case.inputs.items() if name in names}
        self._parameters, self._images = case.parameters, case.images
        self.program = compile(graph, {name: array.dtype for name, array in self._inputs.items()})
        self._executable = InferenceExecutable(self.program)
        self._outputs = {name: np.zeros((case.images, *node.shape), floats()) for name, node in graph.outputs}

    def alone(self):
        self._run(1)
        return self._taken()

    def by(self, numbers):
        """By threads of these numbers, one after the other."""
        if emulated.WANTED:
            self._executable.prepared_by(self._outputs, numbers)
        else:
            work = self._anew()
            for number in numbers:
                work(number)
            self._run(2)
        return self._taken()

    def at_once(self, threads):
        if emulated.WANTED:
            return self.by(range(threads))
        work = self._anew()
        started = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        self._run(2)
        return self._taken()

    def _anew(self):
        """What each thread does, given its number; the memory is fresh, and has the version 2 of the weights."""
        executable = self._executable
        executable._start_anew()
        Inference._pack(executable, self._parameters)
        executable._provide(3)
        executable._begin(0)
        executable._version = 2
        work = self.program.code.function("prepare_together", [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64])
        scratch = [executable._scratch_address(number) for number in range(8)]
        return lambda number: work(executable._address, scratch[number], number)

    def _run(self, version):
        for array in self._outputs.values():
            array.fill(7)
        self._executable.run(self._parameters, self._inputs, self._outputs, self._images, version=version)

    def _taken(self):
        arena = b"" if emulated.WANTED else self._executable._arena.tobytes()
        return {name: array.tobytes() for name, array in self._outputs.items()}, arena


def check(case):
    prepared = Prepared(case)
    assert prepared.program.prepares_together
    expected = prepared.alone()
    for numbers in ([0], [1], [0, 1], [2, 0]):
        assert prepared.by(numbers) == expected, numbers
    for threads in (2, 3, 8):
        assert prepared.at_once(threads) == expected, threads


@on_every_target
def test_kernels_and_weights_that_are_computed_first(target):
    case = Case(images=2)
    for size in (1, 7, 17, 33):
        x = case.input(3, 4, size)
        scale = primitives.exp(case.weight(size))
        kernel = primitives.multiply(case.weight(3, 3, size, size), scale)
        y = primitives.conv2d(x, kernel, padding=((1, 1), (1, 1)))
        y = primitives.conv2d(y, case.weight(3, 2, 1, size), (1, 2), ((1, 1), (0, 1)), groups=size)
        total = primitives.reduce_sum(primitives.square(case.weight(size, 5)), (0, 1))
        case.output(primitives.dense(primitives.multiply(y, total), case.weight(size, 2 * size)))
    check(case)


def test_many_panels_of_winograds_method_and_of_dense_layers(monkeypatch):
    prefer(monkeypatch, "conv2d", "conv2d_winograd")
    case = Case(images=1)
    x = case.input(6, 5, 40)
    case.output(primitives.conv2d(x, case.weight(3, 3, 40, 200), padding=((1, 1), (1, 1))))
    case.output(primitives.dense(x, primitives.multiply(case.weight(40, 300), case.weight(300))))
    check(case)


def test_a_program_that_makes_nothing_of_its_weights_has_no_such_entry():
    case = Case(images=2)
    case.output(primitives.tanh(case.input(5)))
    assert not Prepared(case).program.prepares_together


def test_small_weights_are_prepared_by_one_thread(monkeypatch):
    monkeypatch.undo()
    case = Case(images=2)
    case.output(primitives.dense(case.input(5), case.weight(5, 3)))
    assert not Prepared(case).program.prepares_together
