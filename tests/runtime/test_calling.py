"""Programs are called in Windows' way, and memory becomes executable in that of each system."""

import ctypes
import mmap
import struct

import llvmlite.binding as llvm
import pytest

from planish.codegen import compile as compiler
from planish.codegen.llvm.target import target_named
from planish_runtime import calling
from planish_runtime.executable_memory import _OfApple, _OfWindows, executable
from planish_runtime.native import Mapped, NativeCode
from planish_runtime.processor import architecture

on_x86 = pytest.mark.skipif(architecture() != "x86_64", reason="the entries are code for x86-64")

VECTORS = range(6, 16)
CLOBBERED = "; ".join(["xor rdi, rdi", "xor rsi, rsi", *(f"xorps xmm{n}, xmm{n}" for n in VECTORS)])
# A program's function, which keeps nothing but what its convention says, and one of Windows, which uses the room that
# its callers leave for it.
FUNCTIONS = f"""target triple = "x86_64-unknown-linux-gnu"
define void @note(i64 %a, i64 %b, i64 %c, i64 %d, ptr %e) noredzone {{
  store i64 %a, ptr %e
  %second = getelementptr i64, ptr %e, i64 1
  store i64 %b, ptr %second
  %third = getelementptr i64, ptr %e, i64 2
  store i64 %c, ptr %third
  %fourth = getelementptr i64, ptr %e, i64 3
  store i64 %d, ptr %fourth
  call void asm sideeffect inteldialect "{CLOBBERED}",
    "~{{rdi}},~{{rsi}},{",".join(f"~{{xmm{n}}}" for n in VECTORS)}"()
  ret void
}}
define win64cc void @rest() noredzone {{
  call void asm sideeffect inteldialect "mov rcx, [rsp+8]; mov qword ptr [rsp+16], rcx; mov qword ptr [rsp+8], 1;
    mov qword ptr [rsp+24], 2; mov qword ptr [rsp+32], 3", "~{{rcx}},~{{memory}}"()
  ret void
}}
"""

# Calls as Windows does, with numbers in all registers that have to be kept, which it writes down afterwards.
FILLED = "; ".join(
    ["mov rdi, 101", "mov rsi, 102", *(f"mov r11, {n}; movq xmm{n}, r11; movlhps xmm{n}, xmm{n}" for n in VECTORS)]
)
KEPT = "; ".join(["mov [rbx], rdi", "mov [rbx+8], rsi", *(f"movups [rbx+{16 * (n - 5)}], xmm{n}" for n in VECTORS)])
CALLER = f"""target triple = "x86_64-unknown-linux-gnu"
define void @call(ptr %function, ptr %given, ptr %kept) noredzone {{
  call void asm sideeffect inteldialect "mov r12, rsp; and rsp, -16; sub rsp, 48; mov [rsp+32], r13; {FILLED};
    mov rcx, 11; mov rdx, 22; mov r8, 33; mov r9, 44; call rax; {KEPT}; mov rsp, r12",
    "{{rax}},{{r13}},{{rbx}},~{{rcx}},~{{rdx}},~{{rsi}},~{{rdi}},~{{r8}},~{{r9}},~{{r10}},~{{r11}},~{{r12}},~{{memory}},{
    ",".join(f"~{{xmm{n}}}" for n in range(16))
}"(ptr %function, ptr %given, ptr %kept)
  ret void
}}
"""


@pytest.fixture(scope="module", autouse=True)
def _assembler():
    """What planish itself writes has no instructions as text."""
    if architecture() == "x86_64":
        llvm.initialize_native_target()
        llvm.initialize_native_asmparser()


@pytest.fixture(scope="module")
def caller():
    return NativeCode(Mapped(*compiler.machine_code(CALLER, target_named("x86-64-v2"))))


@on_x86
def test_an_entry_moves_the_arguments_and_keeps_what_windows_expects_to_be_kept(caller):
    code, entries = calling.with_entries(*compiler.machine_code(FUNCTIONS, target_named("x86-64-v2")))
    region = executable(code)
    given, kept = (ctypes.c_int64 * 5)(), (ctypes.c_int64 * 22)()
    call = caller.function("call", [ctypes.c_void_p] * 3)
    call(region.start + entries["note"], ctypes.addressof(given), ctypes.addressof(kept))
    assert list(given) == [11, 22, 33, 44, 0]
    assert list(kept) == [101, 102, *(n for n in VECTORS for _ in range(2))]


@on_x86
def test_a_program_calls_functions_of_windows_with_room_on_the_stack():
    linked = compiler.machine_code(FUNCTIONS, target_named("x86-64-v2"))
    functions = Mapped(*linked)
    resting = executable(calling.for_programs(functions.address("rest")))
    for _ in range(3):
        ctypes.CFUNCTYPE(None)(resting.start)()


ANSWER = bytes.fromhex("b82a000000c3" if architecture() == "x86_64" else "40058052c0035fd6")


class Kernel:
    """Windows' functions, by those of this system."""

    def __init__(self, refuses=""):
        def allocate(address, size, kind, protection):
            assert (address, kind, protection) == (None, 0x3000, 0x04)
            self.memory = mmap.mmap(-1, size.value)
            return None if refuses == "memory" else ctypes.addressof(ctypes.c_char.from_buffer(self.memory))

        self.calls, self.refuses = [], refuses
        self.VirtualAlloc = allocate

    def VirtualProtect(self, start, size, protection, before):  # noqa: N802 - Windows' names
        assert protection == 0x20
        before._obj.value = 0x04
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        return self.refuses != "running" and not protect(start, size, mmap.PROT_READ | mmap.PROT_EXEC)

    def VirtualFree(self, start, size, kind):  # noqa: N802
        self.calls.append(("free", size.value, kind))

    def FlushInstructionCache(self, process, start, size):  # noqa: N802
        self.calls.append(("flush", process.value, size.value))


def answer(region):
    return ctypes.CFUNCTYPE(ctypes.c_int)(region.start)()


def test_windows_gives_pages_that_are_written_then_run_and_gets_them_back():
    kernel = Kernel()
    region = _OfWindows(ANSWER, kernel)
    assert answer(region) == 42
    del region
    assert kernel.calls == [("flush", ctypes.c_void_p(-1).value, len(ANSWER)), ("free", 0, 0x8000)]


@pytest.mark.parametrize(("refuses", "error"), [("memory", MemoryError), ("running", PermissionError)])
def test_what_windows_refuses_is_said(refuses, error):
    with pytest.raises(error, match="the system"):
        _OfWindows(ANSWER, Kernel(refuses))


class Apple:
    """macOS's functions: which pages a thread may write, and that instructions are read anew."""

    def __init__(self):
        self.calls = []

    def pthread_jit_write_protect_np(self, enabled):
        self.calls.append(enabled)

    def sys_icache_invalidate(self, start, size):
        self.calls.append((start.value, size.value))


def test_macos_writes_while_pages_cannot_be_run_and_forgets_old_instructions():
    system = Apple()
    region = _OfApple(ANSWER, system, jit=0)
    assert system.calls == [0, 1, (region.start, len(ANSWER))]
    assert answer(region) == 42


def test_macos_may_refuse():
    no_such_kind = 0x7FFF0000  # of memory
    with pytest.raises(PermissionError, match="has made"):
        _OfApple(ANSWER, Apple(), jit=no_such_kind)


def test_an_entry_is_for_a_function_at_any_place():
    code, entries = calling.with_entries(bytes(100), {"first": 0, "second": 64})
    for name, place in (("first", 0), ("second", 64)):
        call = code.index(b"\xe8", entries[name])
        assert call + 5 + struct.unpack_from("<i", code, call + 1)[0] == place
