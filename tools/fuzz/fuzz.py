"""Random functional models, compiled and interpreted: `python tools/fuzz/fuzz.py [--models 200] [--first-seed 0]`.

Each runs in a process of its own, so that a crash or a hang is a finding, too. It prints the seed of what fails, what
failed, and the smallest program that still fails in that way; the status is 1 if something did.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator

from agreement import failures
from random_programs import Program, random_program, run

_SECONDS = 120


def failure(program: Program) -> str:
    """What is wrong with a program, found in a child of this process; nothing if nothing is."""
    return _in_child(lambda: failures(lambda: run(program)))


def _in_child(check: Callable[[], str]) -> str:
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        signal.alarm(_SECONDS)
        os.write(writing, _answer(check).encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().decode(errors="replace")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGALRM:
        return f"not done after {_SECONDS} seconds"
    return f"died: {signal.Signals(-status).name}" if status < 0 else answer


def _answer(check: Callable[[], str]) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return check()
    except BaseException as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} ({os.path.basename(frame.filename)}:{frame.lineno}): {error}"


def smaller(program: Program) -> Iterator[Program]:
    """The programs that have one output or one line less."""
    for place in range(len(program.outputs)):
        yield program._replace(outputs=program.outputs[:place] + program.outputs[place + 1 :])
    for line in reversed(program.lines):
        name = line.split(" = ")[0]
        used = " ".join([*(other for other in program.lines if other is not line), *program.outputs])
        if not re.search(rf"\b{name}\b", used):
            lines = tuple(other for other in program.lines if other is not line)
            yield program._replace(lines=lines, inputs=tuple(x for x in program.inputs if x != name))
    for line in program.lines:
        name = line.split(" = ")[0]
        if program.outputs == (name,):
            yield from (program._replace(outputs=(other,)) for other in re.findall(r"\bt\d+\b", line)[1:])


def smallest(program: Program, found: str) -> Program:
    """The program without what its failure does not need."""
    kind = _kind(found)
    for candidate in smaller(program):
        if candidate.outputs and candidate.inputs and _kind(failure(candidate)) == kind:
            return smallest(candidate, found)
    return program


def _kind(found: str) -> str:
    return re.split(r" in |: ", re.sub(r"\d+ images", "", found))[0] if found else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.models):
        program = random_program(seed)
        if found := failure(program):
            failed += 1
            print(f"seed {seed}: {found}\n{smallest(program, found).text()}", flush=True)
    print(f"{arguments.models - failed} of {arguments.models} models are the same, compiled and interpreted")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
