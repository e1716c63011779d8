"""Functions that differ only in numbers become one, which is handed the numbers."""

import ctypes
import re

import numpy as np
import pytest

from planish import primitives
from planish.codegen import compile as compiler
from planish.codegen.llvm import alike
from planish.codegen.llvm.alike import FEWEST
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import current_target, make_target
from planish.codegen.planning.plan import Request
from planish.runtime import programs
from planish.runtime.native import native_code
from tests.codegen.support import Case
from tests.codegen.test_code_size import Net

ALIKE = [(number, 3 * number, 40 + number**2) for number in range(2, 2 + FEWEST)]


def module_of(write, numbers, quickly=False):
    """`run` calls a function for each of the numbers, which `write` writes."""
    module = Module(current_target())
    with module.function("run", ["ptr %y"], internal=False) as f:
        for place, own in enumerate(numbers):
            shared = not quickly
            with module.function(f"k{place}", ["ptr %y", "i64 %item"], shared=shared, quickly=quickly) as function:
                write(function, *own)
            f.call(function.name, ("ptr", f.offset("%y", 8 * place)), ("i64", place))
    return module


def mixed(f, first, second, third):
    """Arithmetic of every kind that takes part, and a loop."""
    with f.loop(0, first, carried=[0], types=["i64"]) as turn:
        turn.next(f.add(f.add(f.multiply(turn.index, second), turn.carried[0]), "%item"))
    larger = f.larger(f.subtract(turn.results[0], third), 5)
    f.emit(f"store i64 {f.add(larger, f.subtract(third, '%item'))}, ptr %y, align 8")


def expected(item, first, second, third):
    total = sum(turn * second + item for turn in range(first))
    return max(total - third, 5) + third - item


def results(module, count):
    y = np.zeros(count, np.int64)
    code = native_code(*compiler.machine_code(module.text, current_target()))
    code.function("run", [ctypes.c_void_p])(y.ctypes.data)
    return y.tolist()


def defined(text):
    return re.findall(r"^define .*@(k\w+)\((.*)\) #", text, re.MULTILINE)


@pytest.mark.parametrize("quickly", [False, True])
def test_one_function_does_what_all_did(quickly):
    module = module_of(mixed, ALIKE, quickly)
    assert [name for name, _ in defined(module.text)] == ["k0"]
    assert results(module, FEWEST) == [expected(place, *own) for place, own in enumerate(ALIKE)]


def test_few_stay_as_they_are():
    module = module_of(mixed, ALIKE[:-1])
    assert len(defined(module.text)) == FEWEST - 1
    assert results(module, FEWEST - 1) == [expected(place, *own) for place, own in enumerate(ALIKE[:-1])]


def test_what_follows_from_other_numbers_is_not_handed_over():
    def distances(f, row, pixel):
        for number in (row, pixel, 4 * row, row + pixel, 4 * row + pixel, pixel + 12):
            f.emit(f"store i64 {number}, ptr {f.offset('%y', number)}, align 8")

    numbers = [(1000 + 7 * place, 32 + place**2) for place in range(FEWEST)]
    ((_, parameters),) = defined(module_of(distances, numbers).text)
    assert parameters == "ptr %y, i64 %item, i64 %own0, i64 %own2"


@pytest.mark.parametrize(
    "instruction",
    ["udiv i64 %item, {}", "urem i64 %item, {}", "and <2 x i64> zeroinitializer, <i64 {}, i64 1>"],
)
def test_divisors_and_constant_vectors_stay_known(instruction):
    def write(f, number):
        f.let(instruction.format(number))

    assert len(defined(module_of(write, [(3 + place,) for place in range(FEWEST)]).text)) == FEWEST


def test_other_instructions_are_not_alike():
    def write(f, number):
        f.let(f"{'shl' if number % 2 else 'add nsw'} i64 %item, {number}")

    assert len(defined(module_of(write, [(number,) for number in range(2, 8)]).text)) == 6


def growing(layers):
    """Each layer sees the channels of all before it; normalized by a sum over the batch."""
    net = Net(6, 6, 8)
    y = net.x
    for layer in range(layers):
        mean = primitives.batch_sum(primitives.reduce_sum(y, (0, 1)))
        new = primitives.conv2d(primitives.relu(primitives.subtract(y, mean)), net.weight(1, 1, 8 + 8 * layer, 8))
        y = primitives.concatenate([y, new], 2)
    return net.trained(y)


def test_layers_that_differ_in_channels_add_little_text():
    target = make_target("avx2", "x86_64-unknown-linux-gnu")
    few, many = (
        compiler.generate(Request(growing(layers), {"x": "float32"}, target, True, 8)).text for layers in (12, 24)
    )
    assert len(many) <= 1.5 * len(few)


def step_of_growing_layers():
    """What a training step's program computes for images that go through layers with more and more channels."""
    case = Case(images=2)
    y = case.input(5, 5, 8)
    for layer in range(2 * FEWEST):
        new = primitives.conv2d(primitives.relu(y), case.weight(3, 3, 8 + 8 * layer, 8), padding=((1, 1), (1, 1)))
        y = primitives.concatenate([y, new], 2)
    case.output(y, "y")
    return case.computed(training=True)["y"]


def test_bits_do_not_depend_on_it(monkeypatch):
    found = []
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")
    for fewest in (FEWEST, 1000):
        monkeypatch.setattr(alike, "FEWEST", fewest)
        monkeypatch.setattr(programs, "_COMPILED", {})
        found.append(step_of_growing_layers())
    np.testing.assert_array_equal(*found)
