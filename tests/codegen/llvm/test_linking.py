"""Object files that become code which can be mapped anywhere, and those that are left to LLVM."""

import ctypes
import struct
import sys

import llvmlite.binding as llvm
import pytest

from planish.codegen import compile as compiler
from planish.codegen.llvm.linking import PAGE_NBYTES, link
from planish.codegen.llvm.target import make_target
from planish.runtime.native import native_code

LINUX = "x86_64-unknown-linux-gnu"
NOTHING = "define void @run(ptr %to) {\n  ret void\n}"
CONSTANT = """
@table = private constant [4 x i64] [i64 10, i64 20, i64 30, i64 40], align 64
define private i64 @twice(i64 %x) noinline {
  %y = mul i64 %x, 2
  ret i64 %y
}
define void @third(ptr %to) {
  %at = getelementptr [4 x i64], ptr @table, i64 0, i64 2
  %x = load volatile i64, ptr %at
  %y = call i64 @twice(i64 %x)
  store i64 %y, ptr %to
  ret void
}
define void @run(ptr %to) {
  %y = load i64, ptr %to
  switch i64 %y, label %other [i64 0, label %a  i64 1, label %b  i64 2, label %c  i64 3, label %d  i64 4, label %e]
a:
  call void @third(ptr %to)
  ret void
b:
  store volatile i64 7, ptr %to
  ret void
c:
  store volatile i32 8, ptr %to
  ret void
d:
  store volatile i16 9, ptr %to
  ret void
e:
  store volatile i8 6, ptr %to
  ret void
other:
  ret void
}
"""


def object_file(functions, triple=LINUX, name="x86-64"):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return compiler.object_code(f'target triple = "{triple}"\n{functions}', make_target(name, triple))


@pytest.mark.skipif(sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8, reason="its files are for Linux")
def test_constants_calls_and_tables_of_jumps_are_found_wherever_the_code_lies():
    code = object_file(CONSTANT)
    assert b".rela.rodata" in code  # the table of jumps
    linked = link(code)
    assert sorted(linked.functions) == ["run", "third"]
    for _ in range(3):
        native = native_code(*linked)
        for given, expected in enumerate([60, 7, 8, 9, 6, 5]):
            value = ctypes.c_int64(given)
            native.function("run", [ctypes.c_void_p])(ctypes.addressof(value))
            assert value.value == expected


def test_code_for_aarch64_finds_its_constants():
    """A pair of instructions makes the address: its page, from here (ADRP), and the place in that."""
    linked = link(object_file(CONSTANT, "aarch64-unknown-linux-gnu", "aarch64"))
    assert sorted(linked.functions) == ["run", "third"]
    start, table = linked.functions["third"], linked.code.index(struct.pack("<4q", 10, 20, 30, 40))
    words = struct.unpack_from("<16I", linked.code, start)
    at, page = next((at, word) for at, word in enumerate(words) if word & 0x9F000000 == 0x90000000)
    pages = (page >> 3 & 0x1FFFFC) | page >> 29 & 3
    inside = next(word for word in words[at:] if word & 0xFFC00000 in (0x91000000, 0xF9400000))
    scale = 8 if inside & 0xFFC00000 == 0xF9400000 else 1
    found = (start + 4 * at) // PAGE_NBYTES * PAGE_NBYTES + pages * PAGE_NBYTES + (inside >> 10 & 0xFFF) * scale
    assert found - table in (0, 16)  # the table, or the number in it that is read
    call = next(word for word in words if word >> 26 == 0x25)
    twice = start + 4 * words.index(call) + 4 * ((call & 0x3FFFFFF) ^ 0x2000000) - 4 * 0x2000000
    assert struct.unpack_from("<I", linked.code, twice)[0] in (0xD37FF800, 0x8B000000)  # twice what is in x0


def test_only_functions_that_are_there_can_be_called():
    with pytest.raises(KeyError, match="nothing"):
        native_code(*link(object_file(NOTHING))).function("nothing", [])


@pytest.mark.parametrize(
    "functions",
    [
        "declare void @f()\ndefine void @run() {\n  call void @f()\n  ret void\n}",
        "@f = external global i64\ndefine i64 @run() {\n  %x = load i64, ptr @f\n  ret i64 %x\n}",
        "@x = global i64 3\ndefine i64 @run() {\n  %x = load i64, ptr @x\n  ret i64 %x\n}",
        "@x = global [99 x i64] zeroinitializer\ndefine ptr @run() {\n  ret ptr @x\n}",
        "@x = constant i64 3, align 8192\ndefine ptr @run() {\n  ret ptr @x\n}",
        "@x = constant ptr @run\ndefine ptr @run() {\n  ret ptr @x\n}",
    ],
    ids=["function from outside", "variable from outside", "variable", "zeros", "alignment", "absolute address"],
)
def test_what_needs_a_real_linker_is_not_linked(functions):
    assert link(object_file(functions)) is None


@pytest.mark.parametrize(
    ("name", "triple"),
    [
        ("aarch64", "arm64-apple-darwin22.0.0"),
        ("x86-64", "x86_64-apple-darwin22.0.0"),
        ("x86-64", "x86_64-pc-windows-msvc"),
    ],
)
def test_files_of_other_systems_are_not_linked(name, triple):
    assert link(object_file(NOTHING, triple, name)) is None
    assert link(b"") is None
