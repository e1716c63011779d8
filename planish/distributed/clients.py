"""Dask's clients: which one computes, and whether its workers can."""

from __future__ import annotations

import sys
from typing import Any

import planish
from planish.distributed import room
from planish.distributed.libraries import dask_module
from planish.distributed.model_copy import ModelCopy, other_version
from planish.errors import explain, kind_with_article

_SMALL = 16 << 20
"""Bytes of a model that are left out of account: a worker's use of memory goes up and down by as much."""

_VERSION = "__import__('planish').__version__"


def distributed() -> Any:
    return dask_module("distributed")


def checked(client: Any) -> Any:
    """The client that computes: the given one, or the one that the program works with already; None for a scheduler
    within this process.

    TypeError for something that is not a client, RuntimeError if its workers do not have this version of planish.
    """
    chosen = _current() if client is None else client
    if chosen is None:
        return None
    if not isinstance(chosen, distributed().Client):
        remedy = f"client=Client({chosen!r})" if isinstance(chosen, str) else "client=distributed.Client()"
        raise TypeError(
            explain(
                what="`client` is not a client of Dask's",
                expected="a distributed.Client, or None for the one that is there, or for this process",
                received=repr(chosen) if isinstance(chosen, str) else kind_with_article(chosen),
                remedy=remedy,
            )
        )
    if chosen.status != "running":
        raise RuntimeError(
            explain(
                what="`client` is not connected to a scheduler",
                received=f"a client that is {chosen.status}",
                remedy="a new one: client = distributed.Client(address)",
            )
        )
    if chosen.asynchronous:
        raise TypeError(explain(what="`client` is asynchronous", remedy="Client(address), without asynchronous=True"))
    _check_workers(chosen)
    return chosen


def _current() -> Any:
    module = sys.modules.get("distributed")
    if module is None:
        return None
    try:
        return module.default_client()
    except ValueError:  # there is none
        return None


def _check_workers(client: Any) -> None:
    """The workers are asked with functions of Python's own: those of planish may be missing there."""
    for address, found in client.run(eval, _VERSION, on_error="return").items():
        if isinstance(found, ImportError):
            raise RuntimeError(
                explain(
                    what=f"the worker {address} cannot import planish",
                    expected=f"planish {planish.__version__} on all workers",
                    received=str(found),
                    remedy=f"pip install 'planish=={planish.__version__}' there, or "
                    "client.register_plugin(distributed.PipInstall(['planish']))",
                )
            )
        if isinstance(found, OSError):  # it has just died: Dask gives its work to others
            continue
        if isinstance(found, BaseException):
            raise RuntimeError(explain(what=f"the worker {address} does not answer", received=repr(found)))
        if found != planish.__version__:
            raise RuntimeError(other_version(planish.__version__, f"the worker {address}", found))


def check_room(copy: ModelCopy, client: Any) -> None:
    """MemoryError if no worker has the memory for the model: all of them would be killed, one after another."""
    found = {} if client is None else room.of_workers(client)
    needed = room.MODEL_COPIES * copy.nbytes
    if not found or any(each.usual >= needed or copy.nbytes < _SMALL for each in found.values()):
        return
    address, largest = max(found.items(), key=lambda item: item[1].usual)
    raise MemoryError(
        explain(
            what="no worker has the memory for the model",
            rule="a worker holds its weights as they came, as the model has them, and as programs read them",
            expected=f"{needed / 2**20:,.0f} MiB that are free, and less than 80% in use then",
            received=f"{largest} on {address}, which has the most",
            remedy="workers with more memory: dask worker --memory-limit, or fewer of them on a machine",
        )
    )


def in_graphs(copy: ModelCopy, client: Any) -> Any:
    """What stands for the copy in Dask's graphs. Only the client that the program works with knows what was sent to its
    scheduler: graphs for others have the copy in them."""
    if client is not None and client is _current():
        return sent(copy, client)
    return dask_module("dask").delayed(copy, name=_name(copy), traverse=False)


def sent(copy: ModelCopy, client: Any) -> Any:
    """The copy on its way: it goes to the scheduler once, and from there once to each worker."""
    with dask_module("dask").config.set({"distributed.admin.large-graph-warning-threshold": "1 PB"}):
        return client.submit(_itself, copy, key=_name(copy), retries=2)


def _name(copy: ModelCopy) -> str:
    return f"planish-model-{copy.digest}"


def _itself(copy: ModelCopy) -> ModelCopy:
    return copy
