"""Libraries that only this room needs, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from planish.errors import explain


def dask_array() -> Any:
    """The module `dask.array`. ImportError that says what to install."""
    return dask_module("dask.array")


def dask_module(name: str) -> Any:
    """A module of Dask's, or of what comes with it."""
    return needed(name, "planish.distributed needs Dask, which is missing", "dask")


def needed(module: str, what: str, extra: str) -> Any:
    """A module by its name; `extra` is the extra of planish's that brings it. ImportError that says so."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(explain(what=what, received=str(error), remedy=f"pip install 'planish[{extra}]'")) from error
