"""A model's object file run by QEMU with nothing else around it than a few instructions, the images, and memory.

For AArch64 this is a process of Linux's. For a microcontroller it is a whole board, which begins at its table of
vectors; code, constants and weights are in memory that the linker takes for flash, and everything else for RAM. What
the model computes is written through the debugger (semihosting).
"""

import re
import shutil
import struct
import subprocess
from typing import NamedTuple

from planish.codegen import compile as compiler
from planish.codegen.llvm.target import target_named

LINKER = next(filter(None, map(shutil.which, ("ld.lld", "ld.lld-19", "ld.lld-14"))), None)
FLASH_NBYTES = RAM_NBYTES = 128 * 1024


class Board(NamedTuple):
    """A machine that QEMU knows, and where its flash and its RAM are taken to be."""

    name: str
    flash: int
    ram: int


BOARDS = {
    "cortex-m4": Board("mps2-an386", 0, 0x20000000),
    "cortex-m7": Board("mps2-an500", 0, 0x20000000),
    "cortex-m33": Board("mps2-an505", 0x10000000, 0x38000000),
    "cortex-m55": Board("mps3-an547", 0, 0x20000000),
}
EMULATORS = {"aarch64": "qemu-aarch64", **dict.fromkeys(BOARDS, "qemu-system-arm")}


def missing(target):
    """What there is not on this machine, or nothing."""
    if LINKER is None:
        return "there is no lld: apt-get install lld"
    return "" if shutil.which(EMULATORS[target]) else f"there is no QEMU: {EMULATORS[target]}"


def run(folder, target, stem, arrays, output_sizes, n):
    """The bytes of each output. The folder has STEM.o and STEM.h, whose functions are called by that name."""
    work = int(re.search(r"_WORK_NBYTES (\d+)", (folder / f"{stem}.h").read_text())[1])
    text = (_on_board if target in BOARDS else _on_linux)(target, stem, arrays, output_sizes, n, work)
    (folder / "start.o").write_bytes(compiler.object_code(text, target_named(target)))
    options = []
    if target in BOARDS:
        (folder / "board.ld").write_text(_memory(BOARDS[target]))
        options = ["-T", "board.ld"]
    linked = [LINKER, *options, "-e", "start", "start.o", f"{stem}.o", "-o", "program"]
    subprocess.run(linked, cwd=folder, check=True, timeout=60)
    done = subprocess.run(_command(target), cwd=folder, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, b"", sum(output_sizes))
    ends = [sum(output_sizes[: place + 1]) for place in range(len(output_sizes))]
    return [done.stdout[end - size : end] for end, size in zip(ends, output_sizes, strict=True)]


def _command(target):
    if target not in BOARDS:
        return [EMULATORS[target], "./program"]
    return [
        EMULATORS[target], "-M", BOARDS[target].name, "-display", "none", "-monitor", "none", "-serial", "none",
        "-semihosting-config", "enable=on,target=native", "-kernel", "program",
    ]  # fmt: skip


def _memory(board):
    return f"""MEMORY {{
  flash (rx) : ORIGIN = {board.flash}, LENGTH = {FLASH_NBYTES}
  ram (rwx) : ORIGIN = {board.ram}, LENGTH = {RAM_NBYTES}
}}
SECTIONS {{
  .flash : {{ KEEP(*(.vectors)) *(.text*) *(.rodata*) }} > flash
  .ARM.exidx : {{ *(.ARM.exidx*) }} > flash
  .ram (NOLOAD) : {{ *(.bss*) *(.data*) }} > ram
}}
"""


def _bytes(content):
    return f'[{len(content)} x i8] c"\\{content.hex(chr(92))}"'


def _program(target, stem, arrays, output_sizes, n, work, size, system):
    """The head of the text, and the calls of the model."""
    kind = target_named(target)
    layout = f'target datalayout = "{kind.data_layout}"\n' if kind.data_layout else ""
    lines = [f'{layout}target triple = "{kind.triple}"']
    lines.append(f'@system_code = constant {_bytes(system)}, section ".text", align 4')
    lines += [f"@in{place} = constant {_bytes(array)}, align 64" for place, array in enumerate(arrays)]
    lines += [
        f"@out{place} = global [{nbytes} x i8] zeroinitializer, align 64" for place, nbytes in enumerate(output_sizes)
    ]
    lines.append(f"@work = global [{work} x i8] zeroinitializer, align 8")
    pointers = [f"ptr @in{place}" for place in range(len(arrays))]
    pointers += [f"ptr @out{place}" for place in range(len(output_sizes))]
    lines.append(f"declare i32 @{stem}_init(ptr, {size})")
    lines.append(f"declare i32 @{stem}_run({', '.join(['ptr'] * len(pointers))}, {size}, ptr)")
    calls = f"""
  %init = call i32 @{stem}_init(ptr @work, {size} {work})
  %run = call i32 @{stem}_run({", ".join(pointers)}, {size} {n}, ptr @work)
  %status = or i32 %init, %run"""
    return "\n".join(lines), calls


def _on_linux(target, stem, arrays, output_sizes, n, work):
    """mov x8, x3; svc 0; ret: the last argument is the number of the call of the system: 64 is write, 94 the end."""
    system = struct.pack("<3I", 0xAA0303E8, 0xD4000001, 0xD65F03C0)
    head, calls = _program(target, stem, arrays, output_sizes, n, work, "i64", system)
    writes = "\n".join(
        f"  %w{place} = call i64 @system_code(i64 1, ptr @out{place}, i64 {nbytes}, i64 64)"
        for place, nbytes in enumerate(output_sizes)
    )
    return f"""{head}
define void @start() nounwind {{{calls}
{writes}
  %wide = sext i32 %status to i64
  %end = call i64 @system_code(i64 %wide, ptr null, i64 0, i64 94)
  unreachable
}}
"""


def _on_board(target, stem, arrays, output_sizes, n, work):
    """bkpt 0xab; bx lr: operation and block of semihosting: 1 opens, 5 writes, 32 ends. The unit for numbers, and for
    vectors, is off until a register (0xE000ED88) says otherwise."""
    system = struct.pack("<2H", 0xBEAB, 0x4770)
    head, calls = _program(target, stem, arrays, output_sizes, n, work, "i32", system)
    ask = "call i32 getelementptr (i8, ptr @system_code, i32 1)"
    writes = "\n".join(
        f"""  store ptr @out{place}, ptr %second
  store i32 {nbytes}, ptr %third
  %w{place} = {ask}(i32 5, ptr %block)"""
        for place, nbytes in enumerate(output_sizes)
    )
    return f"""{head}
@vectors = constant {{ i32, ptr }} {{ i32 {BOARDS[target].ram + RAM_NBYTES}, ptr @start }}, section ".vectors"
@console = constant [4 x i8] c":tt\\00"
define void @start() nounwind {{
  store volatile i32 15728640, ptr inttoptr (i32 -536810104 to ptr)
  call void @go()
  unreachable
}}
define void @go() nounwind noinline {{
  %block = alloca [3 x i32]
  %second = getelementptr i32, ptr %block, i32 1
  %third = getelementptr i32, ptr %block, i32 2
  store ptr @console, ptr %block
  store i32 4, ptr %second
  store i32 3, ptr %third
  %file = {ask}(i32 1, ptr %block){calls}
  store i32 %file, ptr %block
{writes}
  store i32 131110, ptr %block
  store i32 %status, ptr %second
  %end = {ask}(i32 32, ptr %block)
  ret void
}}
"""
