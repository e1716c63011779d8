"""One image by all threads, and by one thread, where the machine is shared: `python benchmarks/sharing.py`.

On an idle machine, beside busy processes, on one processor, and with a quota of one processor as containers have it (if
this process may set one). Threads share an image only as long as that is faster, so no share should be much above 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nets import NETS, images
from own import busy_processes, model_of
from report import machine_line, save, table

PROCESSORS = os.cpu_count() or 1
CASES = {
    "idle": 0,
    "beside a busy process": 1,
    "beside a busy process for each processor": PROCESSORS,
    "on one processor": 0,
    "with a quota of one processor": 0,
}
"""How many busy processes there are."""
SECONDS, WARM_UP_SECONDS = 0.2, 0.3
GROUPS = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds, as container runtimes have it


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=["mlp", "blog", "vgg", "mobilenetv2-96"])
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inside", help=argparse.SUPPRESS)  # the folder of the group that this process enters, or ""
    arguments = parser.parse_args()
    if arguments.inside is not None:
        print(json.dumps(_measured(arguments)))
        return 0
    found = {case: _in_own_process(case, arguments) for case in arguments.cases}
    rows = []
    for case, of_nets in found.items():
        for net, turns in of_nets.items():
            alone, shared = (statistics.median(seconds) for seconds in zip(*turns, strict=True))
            ratio = statistics.median(b / a for a, b in turns)
            rows.append([case, net, f"{alone * 1e6:,.1f} µs", f"{shared * 1e6:,.1f} µs", f"{ratio:.2f}"])
    print(table(["", "net", "one thread", "all threads", "as a share"], rows))
    print(f"\nMeans of calls of one image, medians of {arguments.rounds} turns. {machine_line()}")
    save(arguments.json, seconds=found)
    return 0


def _in_own_process(case: str, arguments: argparse.Namespace) -> dict[str, list[tuple[float, float]]]:
    """Nothing where no quota can be set."""
    command = [
        sys.executable,
        __file__,
        "--models",
        *arguments.models,
        "--rounds",
        str(arguments.rounds),
        "--cases",
        case,
    ]
    with busy_processes(CASES[case]), _group(case) as group:
        if group is None:
            return {}
        return json.loads(subprocess.check_output([*command, "--inside", group]))


@contextlib.contextmanager
def _group(case: str) -> Iterator[str | None]:
    """A new control group with a quota, "" if none is needed, None if none can be made."""
    if case != "with a quota of one processor":
        yield ""
        return
    older = (GROUPS / "cpu").exists()
    folder = (GROUPS / "cpu" if older else GROUPS) / f"planish-{os.getpid()}"
    try:
        folder.mkdir()
        if older:
            (folder / "cpu.cfs_quota_us").write_text(str(PERIOD))
        else:
            (folder / "cpu.max").write_text(f"{PERIOD} {PERIOD}")
    except OSError as error:
        print(f"there is no quota here: {error}", file=sys.stderr)
        yield None
        return
    try:
        yield str(folder)
    finally:
        folder.rmdir()


def _measured(arguments: argparse.Namespace) -> dict[str, list[tuple[float, float]]]:
    """By net: seconds of a call on one thread, and on all, for each turn."""
    if arguments.inside:
        Path(arguments.inside, "cgroup.procs").write_text(str(os.getpid()))
    if arguments.cases == ["on one processor"]:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return {name: _turns(name, arguments.rounds) for name in arguments.models}


def _turns(name: str, rounds: int) -> list[tuple[float, float]]:
    import planish

    model, (x, _) = model_of(NETS[name]), images(NETS[name], 1)

    def seconds(threads: int | None, least: float) -> float:
        planish.set_num_threads(threads)
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < least:
            model.predict_on_batch(x)
            calls += 1
        return (time.perf_counter() - start) / calls

    for threads in (1, None):
        seconds(threads, WARM_UP_SECONDS)
    return [(seconds(1, SECONDS), seconds(None, SECONDS)) for _ in range(rounds)]


if __name__ == "__main__":
    sys.exit(main())
