"""A million images of a file by two worker processes, one of which is killed: `python benchmarks/dask_predict.py`.

The blog's net, one thread a process. In turns: two bare processes, each with half of the file (`bare`); workers of
Dask that write the answers (`dask`), one of which dies of `kill -9` when half is written (`killed`); workers whose
answers come here (`lazy`). Answers must have the bits of `predict`. The scheduler is a process of its own; its memory
and that of the client are watched.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from nets import BLOG
from own import model_of
from peers import ROOT, interpreter

SIDE, BLOCK = 28, 50_000
NAMES = ["bare", "dask", "lazy", "killed"]
ENVIRONMENT = {**os.environ, "PLANISH_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"}

BARE = """
import sys
import numpy as np
from nets import BLOG
from own import model_of
path, to, start, stop = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
model = model_of(BLOG)
x, y = np.load(path, mmap_mode="r"), np.load(to, mmap_mode="r+")
model.predict(np.asarray(x[:2048]), verbose=0)
print("ready", flush=True)
sys.stdin.readline()
for row in range(start, stop, 16384):
    end = min(row + 16384, stop)
    y[row:end] = model.predict(x[row:end], verbose=0)
y.flush()
print("done", flush=True)
"""


def make_images(path: Path, count: int) -> None:
    """Random strokes, mostly zeros, as digits are."""
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (count, SIDE, SIDE))
    for start in range(0, count, BLOCK):
        random = np.random.default_rng(start)
        size = min(BLOCK, count - start)
        block = random.integers(0, 256, (size, SIDE, SIDE), dtype=np.uint8)
        images[start : start + size] = block * (random.random((size, SIDE, SIDE), np.float32) < 0.2)
    images.flush()


def bare(path: Path, folder: Path, count: int, classes: int) -> float:
    """Seconds of two processes that know nothing of each other, from when both are ready."""
    to = folder / "bare.npy"
    np.lib.format.open_memmap(to, "w+", np.float32, (count, classes)).flush()
    halves = [(0, count // 2), (count // 2, count)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BARE, str(path), str(to), *map(str, half)],
            env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for half in halves
    ]  # fmt: skip
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    start = time.perf_counter()
    for process in running:
        assert process.stdin
        print(file=process.stdin, flush=True)
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "done\n"
    seconds = time.perf_counter() - start
    for process in running:
        process.wait()
    return seconds


@contextmanager
def cluster(folder: Path):
    """A scheduler and two workers with a nanny each, as `dask scheduler` and `dask worker` start them."""
    at = folder / "scheduler.json"
    at.unlink(missing_ok=True)
    options = ["--scheduler-file", str(at), "--no-dashboard"]
    log = (folder / "cluster.log").open("a")

    def started(kind: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *more, *options]
        return subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log)

    scheduler = started("scheduler", "--port", "0", "--host", "127.0.0.1")
    workers = started("worker", "--nworkers", "2", "--nthreads", "1", "--local-directory", str(folder))
    try:
        yield at, scheduler.pid
    finally:
        for process in (workers, scheduler):
            process.terminate()
            process.wait()


class Watched:
    """The largest memory, in MiB, of processes by name, while it is open."""

    def __init__(self, **pids: int) -> None:
        import psutil

        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self.most = {name: process.memory_info().rss / 2**20 for name, process in self._processes.items()}
        self.before = dict(self.most)
        self._ended = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            for name, process in self._processes.items():
                self.most[name] = max(self.most[name], process.memory_info().rss / 2**20)


def kill_one(client, to: Path, parts: int, told: list[str]) -> None:
    """Waits until half of the parts are written, and kills a worker."""
    pid = next(iter(client.run(os.getpid).values()))
    unfinished = Path(f"{to}.unfinished")
    while len(written(unfinished)) < parts // 2:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    told.append(f"worker {pid} was killed when {len(written(unfinished))} of {parts} files were there")


def written(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".parquet")] if folder.is_dir() else []


def answers_of_predict(path: Path, count: int, model: Any) -> np.ndarray:
    """Computed in this process, and kept beside the images."""
    import planish

    kept = path.with_name("expected.npy")
    if not kept.exists():
        planish.set_num_threads(2)
        x = np.load(path, mmap_mode="r")
        rows = range(0, count, BLOCK)
        np.save(kept, np.concatenate([model.predict(x[row : row + BLOCK], verbose=0) for row in rows]))
    return np.load(kept)


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from distributed import Client

    import planish

    path, count, part = folder / "images.npy", arguments.images, arguments.part
    if not path.exists():
        make_images(path, count)
    model = model_of(BLOG)
    expected = answers_of_predict(path, count, model)
    seconds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    told: list[str] = []
    if not arguments.only:
        return {"images": count, "seconds": seconds, "MiB": memory, "told": told}
    with cluster(folder) as (at, scheduler), Client(scheduler_file=str(at)) as client:
        client.wait_for_workers(2)
        warm_up(model, path, part, client, folder / "warm.parquet")
        for _ in range(arguments.rounds):
            for name in arguments.only:
                seconds.setdefault(name, [])
                if name == "bare":
                    seconds[name].append(bare(path, folder, count, expected.shape[1]))
                elif name == "lazy":
                    start = time.perf_counter()
                    gathered = planish.distributed.predict(model, path, client, batch_size=part).compute()
                    seconds[name].append(time.perf_counter() - start)
                    assert np.array_equal(gathered, expected), "other bits"
                else:
                    once = written_by(model, path, part, client, scheduler, folder, name, memory, told, expected)
                    seconds[name].append(once)
                print(f"{name}: {seconds[name][-1]:.2f} s", file=sys.stderr)
    return {"images": count, "seconds": seconds, "MiB": memory, "told": told}


def warm_up(model: Any, path: Path, part: int | None, client: Any, to: Path) -> None:
    """Both workers have compiled the model and imported all that they need, as the bare processes have."""
    import planish

    some = planish.distributed.images(path, part)[: 8 * 16384]
    for _ in range(10):  # Dask may give all of a few parts to one of them
        shutil.rmtree(to, ignore_errors=True)
        planish.distributed.predict(model, some, client, to=to, verbose=0)
        if all(client.run(compiled).values()):
            return
    raise SystemExit("a worker got nothing to do")


def compiled() -> bool:
    from planish.distributed import model_copy

    return bool(model_copy._kept)


def written_by(model, path, part, client, scheduler, folder, name, memory, told, expected) -> float:
    """Seconds until the workers have written all answers, which are compared with those of `predict`."""
    import pyarrow.parquet as parquet

    import planish

    to = folder / f"{name}.parquet"
    for old in (to, Path(f"{to}.unfinished")):
        shutil.rmtree(old, ignore_errors=True)
    killing = threading.Thread(target=kill_one, args=(client, to, parts_of(path, part), told))
    with Watched(client=os.getpid(), scheduler=scheduler) as watched:
        start = time.perf_counter()
        if name == "killed":
            killing.start()
        planish.distributed.predict(model, path, client, batch_size=part, to=to, verbose=0)
        seconds = time.perf_counter() - start
    if name == "killed":
        killing.join()
        client.wait_for_workers(2)
    for process, most in watched.most.items():
        label = f"{process}, more than before, {name}"
        memory[label] = max(memory.get(label, 0.0), most - watched.before[process])
    row = 0
    for file in sorted(written(to)):
        column = parquet.read_table(to / file).column(0).combine_chunks()
        answers = column.flatten().to_numpy().reshape(len(column), -1)
        assert np.array_equal(answers, expected[row : row + len(answers)]), f"{file}: other bits"
        row += len(answers)
    assert row == len(expected), "answers are missing"
    return seconds


def parts_of(path: Path, part: int | None) -> int:
    import planish

    return int(planish.distributed.images(path, part).numblocks[0])


def show(images: int, seconds: dict[str, list[float]]) -> None:
    bare = statistics.median(seconds.get("bare", [float("nan")]))
    for name, taken in seconds.items():
        median = statistics.median(taken)
        rates = f"{images / median:,.0f} images a second, {bare / median:.3f} of two bare processes"
        print(f"{name}: {median:.2f} s, {rates}; {', '.join(f'{each:.2f}' for each in taken)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, help="images that a task reads and computes, by default 16 MiB of them")
    parser.add_argument("--rounds", type=int, default=3, help="of each, in turns (%(default)s)")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES, help="these; none only makes the images")
    parser.add_argument("--folder", type=Path, help="where the images are kept for the next time")
    parser.add_argument("--json", type=Path, help="where the numbers go")
    arguments = parser.parse_args()
    try:
        import distributed  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError:
        os.execve(interpreter("dask"), [interpreter("dask"), *sys.argv], ENVIRONMENT)
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        numbers = run(arguments, folder)
    show(numbers["images"], numbers["seconds"])
    for name, nbytes in numbers["MiB"].items():
        print(f"{name}: {nbytes:.1f} MiB")
    print(*numbers["told"], sep="\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(numbers))


if __name__ == "__main__":
    main()
