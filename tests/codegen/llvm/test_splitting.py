"""A program's functions are several modules, whose object files are linked to one piece of code."""

import ctypes
import re
import sys
from functools import partial

import numpy as np
import pytest

from planish import primitives
from planish.codegen import compile as compiler
from planish.codegen.llvm import splitting
from planish.codegen.llvm.alike import FEWEST
from planish.codegen.llvm.apart import object_code_apart
from planish.codegen.llvm.linking import link
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.runtime.aside import Beside
from planish.runtime.native import native_code

FUNCTIONS = 9
linked_here = pytest.mark.skipif(
    sys.platform != "linux" or not current_target().triple.startswith("x86_64-"), reason="nothing is linked here"
)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", 700)


def module_of(target, ready=None):
    """`run` calls `f0`, which calls `f1`, and so on; each adds one of the constants that it shares with others.

    Each is a chapter of its own."""
    module = Module(target, ready)
    for number in reversed(range(FUNCTIONS)):
        with module.function(f"f{number}", ["ptr nocapture %y"]) as f:
            table = module.data(np.arange(10 * (number % 2), 10 * (number % 2) + 9).tobytes())
            value = f.add(f.load_integer("%y"), f.load_integer(table, 8 * number))
            for _ in range(10):
                value = f.add(value, 1)
            f.emit(f"store i64 {value}, ptr %y, align 8")
            if number + 1 < FUNCTIONS:
                f.call(f"f{number + 1}", ("ptr", "%y"))
        module.end_chapter()
    with module.function("run", ["ptr %y"], internal=False) as f:
        f.call("f0", ("ptr", "%y"))
    module.end_chapter(last=True)
    return module.text


def split(target):
    modules = []
    module_of(target, modules.append)
    return modules


def expected(start):
    return start + sum(number + 10 * (number % 2) + 10 for number in range(FUNCTIONS))


def names(text):
    return re.findall(r"^define .*@(\w+)\(", text, re.MULTILINE)


def test_each_function_is_in_one_module():
    modules = split(current_target())
    assert len(modules) > 3
    assert sorted(name for module in modules for name in names(module)) == sorted(names(module_of(current_target())))
    assert max(map(len, modules)) < 3 * min(map(len, modules))
    assert all(module.count("private unnamed_addr constant") <= 2 for module in modules)


def test_a_short_text_stays_whole(monkeypatch):
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", 100_000)
    (whole,) = split(current_target())
    assert sorted(names(whole)) == sorted(names(module_of(current_target())))


def test_what_is_complete_is_handed_over_before_the_rest_is_written():
    ready, found = [], []
    module = Module(current_target(), ready.append)
    for number in range(FUNCTIONS):
        with module.function(f"f{number}", ["ptr nocapture %y"]) as f:
            for _ in range(10):
                f.emit("store i64 0, ptr %y, align 8")
        module.end_chapter()
        found.append(sum(len(names(text)) for text in ready))
    assert 0 < found[3] < FUNCTIONS
    assert found == sorted(found)
    assert module.has_function("f0")


def test_a_chapter_calls_what_functions_of_earlier_ones_have_become():
    def chapter(module, first):
        for place in range(FEWEST):
            with module.function(f"k{first + place}", ["ptr %y"], shared=True) as f:
                f.emit(f"store i64 {f.add(f.load_integer('%y'), 7 * first + place + 1)}, ptr %y, align 8")
        module.end_chapter()

    module = Module(current_target(), (modules := []).append)
    chapter(module, 0)
    chapter(module, FEWEST)
    with module.function("run", ["ptr %y"], internal=False) as f:
        for number in range(2 * FEWEST):
            f.call(f"k{number}", ("ptr", "%y"))
    module.end_chapter(last=True)
    assert sorted(name for text in modules for name in names(text)) == ["k0", f"k{FEWEST}", "run"]
    value = ctypes.c_int64()
    code = native_code(*compiler.machine_code(module.text, current_target()))
    code.function("run", [ctypes.c_void_p])(ctypes.addressof(value))
    assert value.value == sum(range(1, FEWEST + 1)) + sum(range(7 * FEWEST + 1, 8 * FEWEST + 1))


def linked(target, threads):
    with Beside(threads) as beside:
        module_of(target, lambda text: beside.add(partial(object_code_apart, text, compiler._made_machine(target, 2))))
        return link(*beside.results())


@linked_here
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_functions_find_each_other_and_only_the_program_can_be_asked_for(threads):
    target = current_target()
    code = linked(target, threads)
    assert list(code.functions) == ["run"]
    assert code == linked(target, 1)
    value, native = ctypes.c_int64(5), native_code(*code)
    native.function("run", [ctypes.c_void_p])(ctypes.addressof(value))
    assert value.value == expected(5)


@linked_here
def test_a_module_that_is_missing_is_not_passed_over():
    target = current_target()
    codes = [compiler.object_code(module, target) for module in split(target)]
    assert link(*codes) is not None
    assert link(*codes[1:]) is None


@pytest.mark.parametrize(("triple", "modules"), [("aarch64-apple-darwin", 0), ("x86_64-unknown-linux-gnu", 3)])
def test_where_nothing_is_linked_the_text_stays_whole(monkeypatch, triple, modules):
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", 5000)
    whole, apart = [], []
    monkeypatch.setattr(compiler, "object_code", lambda text, target: whole.append(text) or b"code")
    monkeypatch.setattr(compiler, "object_code_apart", lambda text, machine: apart.append(text) or b"code")
    x, w = primitives.input_("x", (9, 9, 3)), primitives.parameter("w", (3, 3, 3, 17))
    graph = Graph.build({"y": primitives.softmax(primitives.conv2d(x, w))})
    target = current_target()._replace(triple=triple)
    with Beside(2) as beside:
        _, code = compiler.compiled(Request(graph, {"x": "float32"}, target, training=False), beside)
    assert code == (b"code", {})
    assert (len(whole), len(apart) >= modules) == (1, True)
    assert not apart or modules


@linked_here
def test_llvms_complaints_are_errors():
    target = current_target()
    broken = module_of(target).replace("ret void", "ret i32 %nothing", 1)
    with pytest.raises(RuntimeError, match="LLVM cannot read what planish wrote"):
        object_code_apart(broken, compiler._made_machine(target, 2))
