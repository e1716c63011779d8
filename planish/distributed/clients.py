"""Dask's clients: which one computes, and whether its workers can."""

from __future__ import annotations

import sys
from typing import Any

import planish
from planish.distributed.libraries import dask_module
from planish.distributed.model_copy import ModelCopy, other_version
from planish.errors import explain, kind_with_article

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


def sent(copy: ModelCopy, client: Any) -> Any:
    """What stands for the copy in Dask's graphs: it goes to the scheduler once, and from there once to each worker."""
    name = f"planish-model-{copy.digest}"
    dask = dask_module("dask")
    if client is None:
        return dask.delayed(copy, name=name, traverse=False)
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 PB"}):
        return client.submit(_itself, copy, key=name, retries=2)


def _itself(copy: ModelCopy) -> ModelCopy:
    return copy
