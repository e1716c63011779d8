"""Damaged files of every format that planish reads, and of those that it only recognizes:
`python tools/fuzz/files.py [--formats keras onnx]`.

Each mutant follows from its format and its seed. It is read in a child of this process, which also predicts with what
it gave. It may be read, or be refused by an error in the house's form: one of ValueError, TypeError or OSError that
names the file. All else is a finding, which is printed with its seed: a crash, a hang, any other error, and memory
above twice what the file needs. `--keep FOLDER` writes the files of findings there. The status is 1 if there are any.
Every thousand mutants a line says how far it is.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import numpy as np  # noqa: E402
from subjects import SUBJECTS, Files  # noqa: E402

from planish_runtime.memory import TooLargeError  # noqa: E402

_CPU_SECONDS = 20
_WALL_SECONDS = 300
_SLACK_NBYTES = 48 << 20
"""What reading may take besides, whatever the file: the interpreter's and HDF5's own buffers."""

_MOST_INPUT = 100_000
_OF_NATIVE = 50
"""One mutant of so many that are read is compiled; the others are interpreted."""

_MOST_PREDICTED = 3
"""Mutants of one architecture that are run, of each child: the others differ in the values of their weights only."""

_predicted_of: Counter[str] = Counter()

_TOLD_AFTER = 1000
"""Mutants, after which a line says how far it is: a run that is cut short has told what it did."""


class Finding(NamedTuple):
    format: str
    seed: int
    told: str


def mutant(name: str, seed: int, made: list[Files]) -> Files:
    """The damaged files of a seed; the undamaged ones of the first seeds, which have to be read."""
    dice = random.Random(f"{name}:{seed}")
    return made[seed] if seed < len(made) else SUBJECTS[name].damaged(dice, dice.choice(made))


def findings(
    name: str, seeds: range, made: list[Files], until: float, folder: str, counts: dict[str, int]
) -> Iterator[Finding]:
    """What is wrong, by child after child: each goes on after the mutant at which the last one died."""
    seed = seeds.start
    while seed < seeds.stop and time.monotonic() < until:
        for seed, answer in _answers(name, range(seed, seeds.stop), until, folder, made):  # noqa: B020
            counts["done"] += 1
            if answer in ("read", "refused"):
                counts[answer] += 1
            else:
                yield Finding(name, seed, answer)
            if counts["done"] % _TOLD_AFTER == 0:
                print(f"{summary(name, counts)} up to seed {seed}", flush=True)
        seed += 1


def summary(name: str, counts: dict[str, int]) -> str:
    return f"{name}: {counts['done']} mutants, {counts['refused']} refused, {counts['read']} read"


def _answers(name: str, seeds: range, until: float, folder: str, made: list[Files]) -> Iterator[tuple[int, str]]:
    """The answers of one child, up to its death."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            _child(name, seeds, until, folder, made, writing)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    last = seeds.start - 1
    with os.fdopen(reading) as pipe:
        for line in pipe:
            last, answer = json.loads(line)
            yield last, answer
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        told = {-signal.SIGPROF: f"not done after {_CPU_SECONDS} s", -signal.SIGALRM: "hangs"}
        yield last + 1, told.get(status, f"the process died: {status}")


def _child(name: str, seeds: range, until: float, folder: str, made: list[Files], writing: int) -> None:
    warnings.simplefilter("ignore")
    gc.collect()
    gc.freeze()  # what is there before the first mutant is not looked through again and again
    for seed in seeds:
        if time.monotonic() > until:
            break
        signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS)
        signal.alarm(_WALL_SECONDS)
        files = mutant(name, seed, made)
        answer = outcome(name, seed, files, folder, undamaged=seed < len(made))
        os.write(writing, (json.dumps([seed, answer]) + "\n").encode())


def outcome(name: str, seed: int, files: Files, folder: str, *, undamaged: bool = False) -> str:
    """ "read", "refused", or what is wrong; what is undamaged has to be what its subject says."""
    subject, must_read = SUBJECTS[name], undamaged and SUBJECTS[name].is_read
    paths = write(files, folder)
    try:
        honest = sum(map(len, files.values()))
        before = _reset_peak()
        try:
            model = subject.read(paths[0])
        except Exception as error:
            return _excess(before, honest) or ("" if must_read else _refusal(error, folder)) or _told(error, "reading")
        if undamaged and not subject.is_read:
            return "was read, and is of a kind that is not"
        return _excess(before, honest) or _predicted(model, native=seed % _OF_NATIVE == 0)
    finally:
        for path in paths:
            os.unlink(path)


def write(files: Files, folder: str) -> list[str]:
    paths = []
    for name, contents in files.items():
        paths.append(os.path.join(folder, name))
        Path(paths[-1]).write_bytes(contents)
    return paths


def _refusal(error: Exception, folder: str) -> str:
    """ "refused" for an error in the house's form."""
    plain = isinstance(error, ValueError | TypeError | OSError) and not isinstance(error, UnicodeError)
    return "refused" if plain and folder in str(error) else ""


def _predicted(model: Any, *, native: bool) -> str:
    """Predicts zeros, if images are not huge."""
    try:
        shapes = [spec.shape for spec in model.input_specs] if model.built else []
        sizes = [[4 if extent is None else extent for extent in shape[1:]] for shape in shapes]
        if not shapes or sum(float(np.prod(size)) for size in sizes) > _MOST_INPUT or not _is_new(model, native):
            return "read"
        if bool((model.get_compile_config() or {}).get("run_eagerly")) is native:
            model.compile(run_eagerly=not native)
        images = [np.zeros((2, *size), np.float32) for size in sizes]
        with np.errstate(all="ignore"):
            model.predict(images if len(images) > 1 else images[0], verbose=0)
    except (ValueError, TypeError, TooLargeError) as error:
        return "read" if str(error) else _told(error, "predicting")
    except Exception as error:
        return _told(error, "predicting")
    return "read"


def _is_new(model: Any, native: bool) -> bool:
    """Whether this child has run few models of the same layers."""
    architecture = f"{native}: {model.to_json()}"
    _predicted_of[architecture] += 1
    return _predicted_of[architecture] <= _MOST_PREDICTED


def _told(error: BaseException, while_: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames[:-4:-1])
    return f"{type(error).__name__} in {while_} ({places}): {str(error)[:300]}"


def _reset_peak() -> int:
    """Forgets the process's largest memory, and returns the present one in bytes; 0 where the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _peak()
    except OSError:
        return 0


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def _excess(before: int, honest: int) -> str:
    if not before:
        return ""
    taken = _peak() - before
    return f"took {taken >> 20} MB for {honest:,} bytes" if taken > 2 * honest + _SLACK_NBYTES else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formats", nargs="+", choices=SUBJECTS, default=list(SUBJECTS))
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60, help="at most, for each format")
    parser.add_argument("--keep", type=Path, help="a folder for the files of findings")
    arguments = parser.parse_args()
    found = 0
    for name in arguments.formats:
        counts = dict.fromkeys(("done", "read", "refused"), 0)
        seeds = range(arguments.first_seed, arguments.first_seed + arguments.mutants)
        with tempfile.TemporaryDirectory() as folder, _inside(folder):
            made = SUBJECTS[name].made()
            for finding in findings(name, seeds, made, time.monotonic() + 60 * arguments.minutes, folder, counts):
                found += 1
                print(f"{finding.format} seed {finding.seed}: {finding.told}", flush=True)
                if arguments.keep:
                    kept = arguments.keep / f"{name}-{finding.seed}"
                    kept.mkdir(parents=True, exist_ok=True)
                    write(mutant(name, finding.seed, made), str(kept))
        print(summary(name, counts), flush=True)
    return 1 if found else 0


class _inside:  # noqa: N801 (used as a function)
    """The current folder, for a while."""

    def __init__(self, folder: str) -> None:
        self._folder, self._before = folder, os.getcwd()

    def __enter__(self) -> None:
        os.chdir(self._folder)

    def __exit__(self, *error: object) -> None:
        os.chdir(self._before)


if __name__ == "__main__":
    sys.exit(main())
