"""A long text is several modules, whose object files are linked to one piece of code."""

import ctypes
import re
import sys

import numpy as np
import pytest

from planish.codegen import compile as compiler
from planish.codegen.llvm import splitting
from planish.codegen.llvm.linking import link
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.splitting import split
from planish.codegen.llvm.target import current_target, make_target
from planish.runtime.aside import together
from planish.runtime.native import native_code

FUNCTIONS = 9
linked_here = pytest.mark.skipif(
    sys.platform != "linux" or not current_target().triple.startswith("x86_64-"), reason="nothing is linked here"
)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", 700)


def module_of(target):
    """`run` calls `f0`, which calls `f1`, and so on; each adds one of the constants that it shares with others."""
    module = Module(target)
    for number in range(FUNCTIONS):
        with module.function(f"f{number}", ["ptr nocapture %y"]) as f:
            table = module.data(np.arange(10 * (number % 2), 10 * (number % 2) + 9).tobytes())
            value = f.add(f.load_integer("%y"), f.load_integer(table, 8 * number))
            for _ in range(10):
                value = f.add(value, 1)
            f.emit(f"store i64 {value}, ptr %y, align 8")
            if number + 1 < FUNCTIONS:
                f.call(f"f{number + 1}", ("ptr", "%y"))
    with module.function("run", ["ptr %y"], internal=False) as f:
        f.call("f0", ("ptr", "%y"))
    return module.text


def expected(start):
    return start + sum(number + 10 * (number % 2) + 10 for number in range(FUNCTIONS))


def names(text):
    return re.findall(r"^define .*@(\w+)\(", text, re.MULTILINE)


def test_each_function_is_in_one_module():
    text = module_of(current_target())
    modules = split(text)
    assert len(modules) > 3
    assert sorted(name for module in modules for name in names(module)) == sorted(names(text))
    assert max(map(len, modules)) < 3 * min(map(len, modules))
    assert all(module.count("private unnamed_addr constant") <= 2 for module in modules)


def test_a_short_text_stays_whole(monkeypatch):
    text = module_of(current_target())
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", len(text))
    assert split(text) == [text]


def test_there_are_at_most_so_many_modules(monkeypatch):
    monkeypatch.setattr(splitting, "FEWEST_CHARACTERS", 1)
    monkeypatch.setattr(splitting, "MOST_MODULES", 5)
    assert len(split(module_of(current_target()))) == 5


@linked_here
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_functions_find_each_other_and_only_the_program_can_be_asked_for(threads):
    target = current_target()
    code = compiler.machine_code(module_of(target), target, lambda works: together(works, threads))
    assert list(code.functions) == ["run"]
    assert code == compiler.machine_code(module_of(target), target)
    value, native = ctypes.c_int64(5), native_code(*code)
    native.function("run", [ctypes.c_void_p])(ctypes.addressof(value))
    assert value.value == expected(5)


@linked_here
def test_a_module_that_is_missing_is_not_passed_over():
    target = current_target()
    codes = [compiler.object_code(module, target) for module in split(module_of(target))]
    assert link(*codes) is not None
    assert link(*codes[1:]) is None


def test_where_nothing_is_linked_the_text_stays_whole(monkeypatch):
    asked = []
    monkeypatch.setattr(compiler, "object_code", lambda text, target: asked.append(text) or b"code")
    target = make_target("aarch64", "arm64-apple-darwin22.0.0")
    assert compiler.machine_code(module_of(target), target) == (b"code", {})
    assert len(asked) == 1


@linked_here
def test_llvms_complaints_are_errors():
    target = current_target()
    broken = module_of(target).replace("ret void", "ret i32 %nothing", 1)
    with pytest.raises(RuntimeError, match="LLVM cannot read what planish wrote"):
        compiler.machine_code(broken, target)
