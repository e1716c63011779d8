"""Threads that call native code. Native calls release the interpreter lock, so Python threads are all it takes."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_POOLS: dict[int, ThreadPoolExecutor] = {}
_POOL_LOCK = threading.Lock()


def _pool(threads: int) -> ThreadPoolExecutor:
    """Kept threads; a forked child, which has none of its parent's, gets its own."""
    with _POOL_LOCK:
        key = (os.getpid() << 12) + threads
        if key not in _POOLS:
            _POOLS.clear()
            _POOLS[key] = ThreadPoolExecutor(threads, thread_name_prefix="planish")
        return _POOLS[key]


def run_together(work: Callable[[int], None], threads: int) -> None:
    """Calls work(0) here and work(1) ..

    Work(threads - 1) on other threads; returns when all are done, raising what one raised.
    """
    if threads == 1:
        work(0)
        return
    pool = _pool(threads - 1)
    futures = [pool.submit(work, number) for number in range(1, threads)]
    try:
        work(0)
    finally:
        for future in futures:
            future.result()


def run_watched(
    work: Callable[[int], None], threads: int, watch: Callable[[], None], stop: Callable[[], None], seconds: float
) -> None:
    """Calls work(0) .. work(threads - 1) on other threads, and `watch` here every so many seconds until all are done.

    If `watch`, or a signal such as Ctrl-C, raises, `stop` is called, the threads are waited for, and the exception
    goes on.
    """
    done = threading.Semaphore(0)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # handed to the waiting thread below
            failures.append(error)
            stop()
        finally:
            done.release()

    workers = [
        threading.Thread(target=run, args=(number,), daemon=True, name=f"planish-{number}") for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    waiting = threads
    try:
        while waiting:
            if done.acquire(timeout=seconds):
                waiting -= 1
            else:
                watch()
    except BaseException:
        stop()
        raise
    finally:
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]


@functools.cache
def yield_address() -> int:
    """The address of the operating system's function that lets another thread run."""
    library: Any
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32")
        return ctypes.cast(library.SwitchToThread, ctypes.c_void_p).value or 0
    library = ctypes.CDLL(None)
    return ctypes.cast(library.sched_yield, ctypes.c_void_p).value or 0
