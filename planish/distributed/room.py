"""How much memory a worker of Dask's has left, before its nanny kills it.

Dask stops giving tasks to a worker whose memory is used to four fifths, and kills it at 95 percent. A worker that is
killed again and again takes the job down; one that stays above four fifths never computes again. So a task looks first,
reads and computes as many images at once as there is room for, and says so where there is none.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from planish.distributed.libraries import dask_module

_PAUSED, _KILLED = 0.8, 0.95
MODEL_COPIES = 3
"""Of its weights: as they came, as the model holds them, and as programs read them."""


class Room(NamedTuple):
    """Bytes: what a worker may use (`limit`), and what it uses."""

    limit: int
    used: int

    @property
    def usual(self) -> int:
        """What is left before the worker gets no more tasks."""
        return int(_share("pause", _PAUSED) * self.limit) - self.used

    @property
    def most(self) -> int:
        """What is left before the worker is killed."""
        return int(_share("terminate", _KILLED) * self.limit) - self.used

    def __str__(self) -> str:
        return f"{self.used / 2**20:,.0f} of {self.limit / 2**20:,.0f} MiB are in use"


def this_worker() -> Any:
    """Dask's worker that runs the present task; None with a scheduler within the process."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.get_worker()
    except ValueError:
        return None


def here() -> Room | None:
    """The room of the worker that runs the present task; None where nobody watches memory."""
    worker = this_worker()
    limit = None if worker is None else getattr(worker.memory_manager, "memory_limit", None)
    if not limit:
        return None
    return Room(int(limit), int(dask_module("psutil").Process().memory_info().rss))


def of_workers(client: Any) -> dict[str, Room]:
    """That of all workers that have a limit, by their addresses."""
    found: Mapping[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return {
        address: Room(int(each["memory_limit"]), int(each.get("metrics", {}).get("memory") or 0))
        for address, each in found.items()
        if each.get("memory_limit")
    }


def _share(what: str, usual: float) -> float:
    found = dask_module("dask").config.get(f"distributed.worker.memory.{what}", usual)
    return usual if isinstance(found, bool) or not isinstance(found, int | float) else float(found)
