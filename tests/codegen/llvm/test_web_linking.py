"""Linking WebAssembly: addresses are where they belong, and what cannot be linked is refused by name."""

import struct

import pytest

from planish.codegen import compile as compiler
from planish.codegen.llvm import web_linking, web_object
from planish.codegen.llvm.target import web_target
from planish.codegen.llvm.web_linking import Data, link_web
from planish.codegen.llvm.web_object import NotLinkableError

LAYOUT = f'target datalayout = "{web_target().data_layout}"\ntarget triple = "{web_target().triple}"\n'
PROGRAM = """
@numbers = internal constant [3 x i32] [i32 5, i32 6, i32 7], align 64
@where = internal constant [2 x ptr] [ptr getelementptr (i8, ptr @numbers, i32 4), ptr @where], align 64
define internal i32 @second(ptr %at) noinline {
  %pointer = load ptr, ptr %at
  %number = load i32, ptr %pointer
  ret i32 %number
}
define i32 @infer() {
  %found = call i32 @second(ptr @where)
  ret i32 %found
}
"""


def compiled(text):
    return compiler.object_code(LAYOUT + text, web_target())


def linked(code, **changed):
    options = {"constants": 65536, "data": [], "exports": ["infer"], "nbytes": 131072, "sections": {}, **changed}
    return link_web(code, *(options[name] for name in ("constants", "data", "exports", "nbytes", "sections")))


def contents(module):
    """The bytes of each segment by its address, which `link_web` writes in LEB128."""
    (data,) = [section.content for section in web_object._sections(module) if section.kind == web_object.DATA]
    reader, found = web_object.Reader(data), {}
    for _ in range(reader.unsigned()):
        assert (reader.unsigned(), reader.byte()) == (0, web_object.I32_CONST)
        address = reader.signed()
        assert reader.byte() == web_object.END
        found[address] = reader.take(reader.unsigned())
    return found


def test_constants_and_addresses_of_constants_are_in_their_place():
    code = compiled(PROGRAM)
    own = Data(70000, b"weights")
    found = contents(linked(code, constants=65600, data=[own]))
    numbers, where = sorted(found)[:2]
    assert (numbers, where) == (65600, 65664)
    assert found[numbers] == struct.pack("<3i", 5, 6, 7)
    assert found[where] == struct.pack("<2I", numbers + 4, where)
    assert found[own.address] == own.content
    assert web_linking.constants_nbytes(code) == 64 + 8


def test_sections_of_ones_own_are_in_the_module():
    module = linked(compiled(PROGRAM), sections={"planish": b"facts", "other": b""})
    own = {each.name: each.content for each in web_object._sections(module) if each.kind == web_object.CUSTOM}
    assert own == {"planish": b"facts", "other": b""}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("declare void @other()\ndefine void @infer() {\n  call void @other()\n  ret void\n}", "'other'"),
        ("@elsewhere = external global i32\ndefine ptr @infer() {\n  ret ptr @elsewhere\n}", "'elsewhere'"),
        ("define ptr @infer() {\n  ret ptr @infer\n}", "sections of the kinds .9. "),
        ("@table = constant ptr @infer\ndefine void @infer() {\n  ret void\n}", "sections of the kinds .9. "),
        ("define void @other() {\n  ret void\n}", "no function 'infer'"),
        ("@all = constant i32 1", "not an object file with functions"),
    ],
)  # fmt: skip
def test_what_needs_something_else_is_refused_by_name(text, part):
    with pytest.raises(NotLinkableError, match=part):
        linked(compiled(text))


def test_an_object_file_that_ends_inside_of_a_section_is_refused():
    code = compiled(PROGRAM)
    ends = {each.at + len(each.content) for each in web_object._sections(code)}
    for length in set(range(len(code))) - ends - {len(web_object.MAGIC)}:
        with pytest.raises(NotLinkableError):
            linked(code[:length])


def test_whoever_gives_something_else_is_told():
    with pytest.raises(NotLinkableError, match="not an object file of WebAssembly"):
        linked(b"\x7fELF")
