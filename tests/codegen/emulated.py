"""Programs for AArch64, run by QEMU on a machine of another kind: `make qemu`.

Each run is a process of its own: an executable file that consists of the program's code, its arrays, and a few
instructions that call it and write everything to standard output. Nothing of it comes from a library, so that it also
shows that programs need none. Every array lies against a page that is not there.
"""

import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np

from planish.codegen import compile as compiler
from planish.codegen.llvm import target
from planish.codegen.llvm.linking import link
from planish.runtime import compiled, executable, inference_executable, processor
from planish_runtime import context_layout as layout

WANTED = os.environ.get("PLANISH_EMULATED") == "aarch64"
EMULATOR = next(filter(None, map(shutil.which, ("qemu-aarch64-static", "qemu-aarch64"))), None)
PAGE, FIRST = 4096, 0x10000000
READ, WRITE, RUN = 4, 2, 1
SYSTEM_CALL = 0xAA0303E8, 0xD4000001, 0xD65F03C0
"""A function: mov x8, x3; svc #0; ret. Its last argument is the number of the call: 64 is write, 94 the end."""

ARM = target.PROCESSORS["aarch64"]

_FILE = struct.Struct("<16sHHIQQQIHHHHHH")
_PART = struct.Struct("<IIQQQQQQ")


@dataclass
class Part:
    """Some memory of the process: where it is mapped, and what is there at first."""

    address: int
    content: bytes
    access: int

    @property
    def mapped(self):
        """From a page on."""
        before = self.address % PAGE
        return self.address - before, bytes(before) + self.content


class Process:
    """What is to be run, under construction."""

    def __init__(self, code):
        self.parts, self.calls, self.end = [], [], FIRST
        self.code = self.place(code, access=READ | RUN, at_end=False)

    def place(self, content, *, access=READ | WRITE, at_end=True):
        """The address of bytes that end, or begin, where a page does; there is a page of nothing on both sides."""
        pages = -(-max(1, len(content)) // PAGE)
        address = self.end + PAGE + (pages * PAGE - len(content) if at_end else 0)
        self.end += (pages + 2) * PAGE
        self.parts.append(Part(address, content, access))
        return address

    def array(self, array):
        return self.place(array.tobytes())

    def call(self, offset, *numbers):
        self.calls.append((self.code + offset, numbers))

    def run(self):
        """What is in each writable part in the end, by its address."""
        written = [part for part in self.parts if part.access & WRITE]
        system = self.place(struct.pack("<3I", *SYSTEM_CALL), access=READ | RUN, at_end=False)
        entry = self.place(_start(self.calls, written, system), access=READ | RUN, at_end=False)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program")
            with open(path, "wb") as file:
                file.write(_executable(self.parts, entry))
            os.chmod(path, 0o700)
            done = subprocess.run([EMULATOR, path], capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, (done.returncode, done.stderr.decode(errors="replace"))
        found, at = {}, 0
        for part in written:
            found[part.address] = done.stdout[at : at + len(part.content)]
            at += len(part.content)
        assert at == len(done.stdout)
        return found


def _start(calls, written, system):
    """The code of the process: its calls, then it writes all that can be written, and ends; `system` is where
    SYSTEM_CALL is."""
    system = f"call i64 inttoptr (i64 {system} to ptr)"
    lines = [f"call void inttoptr (i64 {at} to ptr)({', '.join(f'i64 {n}' for n in numbers)})" for at, numbers in calls]
    for part in written:
        lines.append(f"call void @all(i64 {part.address}, i64 {len(part.content)})")
    lines.append(f"{system}(i64 0, i64 0, i64 0, i64 94)")
    text = f"""target triple = "{ARM.triple}"
define internal void @all(i64 %address, i64 %nbytes) noinline {{
entry:
  br label %more
more:
  %at = phi i64 [ %address, %entry ], [ %next, %more ]
  %left = phi i64 [ %nbytes, %entry ], [ %rest, %more ]
  %done = {system}(i64 1, i64 %at, i64 %left, i64 64)
  %next = add i64 %at, %done
  %rest = sub i64 %left, %done
  %some = icmp sgt i64 %rest, 0
  br i1 %some, label %more, label %end
end:
  ret void
}}
define void @start() {{
  {chr(10).join(lines)}
  ret void
}}
"""
    linked = link(compiler.object_code(text, ARM.target()))
    jump = 0x14000000 | (PAGE + linked.functions["start"]) >> 2  # the first instruction: a branch to that function
    return struct.pack("<I", jump).ljust(PAGE, b"\0") + linked.code


def _executable(parts, entry):
    """An ELF file of AArch64."""
    head = _FILE.pack(
        b"\x7fELF\x02\x01\x01", 2, 183, 1, entry, _FILE.size, 0, 0, _FILE.size, _PART.size, len(parts), 64, 0, 0
    )
    table, body = b"", b""
    start = -(-(len(head) + len(parts) * _PART.size) // PAGE) * PAGE
    for part in parts:
        address, content = part.mapped
        nbytes = len(content)
        table += _PART.pack(1, part.access, start + len(body), address, address, nbytes, nbytes, PAGE)
        body += content + bytes(-nbytes % PAGE)
    return (head + table).ljust(start, b"\0") + body


class Code:
    """In place of `NativeCode`, whose code this machine could not run."""

    def __init__(self, code, functions):
        self.code, self.functions = code, functions

    def address(self, name):
        return self.functions[name]

    def function(self, name, argument_types):
        return self.functions[name]


def _run(program, words, scratch_nbytes, arrays, calls):
    """Runs a program whose arguments are `arrays`; writes what they are afterwards into those that can be written.
    Gives the words of the memory that threads share."""
    process = Process(program.code.code)
    places = [process.array(array) for array in arrays]
    sync = process.place(memory_of_threads(words))
    slots = np.zeros(layout.HEADER_SLOTS + len(places), np.uint64)
    slots[layout.HEADER_SLOTS :] = places
    slots[layout.ARENA_SLOT] = process.place(bytes(max(64, program.arena_nbytes)))
    slots[layout.SYNC_SLOT], slots[layout.YIELD_SLOT] = sync, process.code
    for slot, value in words.items():
        slots[slot] = process.array(value) if isinstance(value, np.ndarray) else value
    context, scratch = process.array(slots), process.place(bytes(max(64, scratch_nbytes)))
    for name, numbers in calls:
        process.call(program.code.functions[name], context, scratch, *numbers)
    found = process.run()
    for array, place in zip(arrays, places, strict=True):
        if array.flags.writeable:
            array.reshape(-1).view(np.uint8)[...] = np.frombuffer(found[place], np.uint8)
    return np.frombuffer(found[sync], np.int64)


def memory_of_threads(words):
    shared = np.zeros(layout.SYNC_NBYTES // 8, np.int64)
    shared[layout.PATIENCE // 8] = layout.SPINS
    return shared.tobytes()


def _arguments(program, kinds):
    pairs = [name.split(" ", 1) for name in program.arguments]
    return [np.ascontiguousarray(kinds[kind][name]) if kind == "input" else kinds[kind][name] for kind, name in pairs]


class Inference:
    """In place of `InferenceExecutable`; what few images are computed by on several threads has to give the same."""

    def __init__(self, program):
        self._program = program

    def run(self, parameters, inputs, outputs, count, *, version):
        self._parameters, self._inputs, self._count = parameters, inputs, count
        self._compute(outputs, 3, [("infer", (0, count))])
        if 0 < count <= self._program.most_cut:
            cut = {name: np.zeros_like(array) for name, array in outputs.items()}
            self.entered_by(cut, 3, [0])
            for name, array in outputs.items():
                np.testing.assert_array_equal(cut[name], array, err_msg=f"few images: {name}")

    def entered_by(self, outputs, shares, numbers):
        """The images of last time, by threads of these numbers, one after the other."""
        self._compute(outputs, shares, [("infer_cut", (number,)) for number in numbers])

    def prepared_by(self, outputs, numbers):
        """The images of last time, with weights packed by threads of these numbers, one after the other."""
        packing = [("prepare_together", (number,)) for number in numbers]
        self._compute(outputs, 3, [("infer", (0, self._count))], packing)

    def _compute(self, outputs, shares, calls, packing=(("prepare", ()),)):
        words = {layout.TOTAL_SLOT: self._count, layout.SHARES_SLOT: shares}
        arrays = _arguments(self._program, {"parameter": self._parameters, "input": self._inputs, "output": outputs})
        _run(self._program, words, self._program.scratch_nbytes, arrays, [*packing, *calls])


class Training(executable.TrainingExecutable):
    """In place of `TrainingExecutable`."""

    def _run_steps(self, given, threads, progress):
        program = self._program
        words = {
            layout.ORDER_SLOT: given.order, layout.TOTAL_SLOT: len(given.order), layout.BATCH_SLOT: given.batch_size,
            layout.STEPS_SLOT: given.steps, layout.SHARES_SLOT: 1,
        }  # fmt: skip
        shared = _run(program, words, program.scratch_nbytes, _arguments(program, given.arrays), [("train", (0,))])
        return int(shared[layout.DONE // 8])


def install():
    """From now on, programs are for AArch64, and run there: this process believes that it has such a processor."""
    if EMULATOR is None:
        raise RuntimeError("there is no QEMU: apt-get install qemu-user")
    host = target.Host(ARM.triple, ARM.cpu, ARM.features)
    target.ask_llvm = processor.ask_llvm = lambda: host
    processor.description = lambda path: None
    compiled.native_code = Code
    executable.TrainingExecutable = Training
    inference_executable.InferenceExecutable = Inference
