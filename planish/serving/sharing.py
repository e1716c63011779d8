"""Processes of one server share weights: the first one compiles a model into a plan, and all of them map its file."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator

from planish.errors import is_explained
from planish.saving import class_names
from planish.serving.folder import PLAN, Source
from planish.serving.loaded import KerasModel, Loaded, PlanModel, load, opened
from planish.shipping import build

_LOG = logging.getLogger(__name__)


def shared(source: Source, folder: str) -> Loaded:
    """The model of a file. `folder` is one that nobody but this server can write to; plans are kept there.

    A model that cannot be a plan is loaded by each process for itself. The errors of `load`.
    """
    if source.path.endswith(PLAN):
        return load(source.path)
    name = hashlib.sha256(source.path.encode()).hexdigest()
    path = os.path.join(folder, f"{name}-{'-'.join(map(str, source.stamp))}{PLAN}")
    with _alone(os.path.join(folder, name + ".lock")):
        if not os.path.exists(path):
            _forget(folder, name)
            if not _built(source, path):
                return load(source.path)
        found = PlanModel(path)
    found.platform = KerasModel.platform
    return found


def _forget(folder: str, name: str) -> None:
    """Removes what the file was before: who has mapped it keeps it."""
    for entry in os.listdir(folder):
        if entry.startswith(name) and entry.endswith(PLAN):
            os.unlink(os.path.join(folder, entry))


def _built(source: Source, path: str) -> bool:
    """Whether the model can be a plan, which has then been written."""
    model = opened(source.path)
    scores = len(model.output_specs) == 1 and len(model.output_shape) == 2
    try:
        build(model, path, "host", class_names=class_names.known(model, source.path) if scores else None)
    except ValueError as error:
        if not is_explained(error):
            raise
        _LOG.warning("every process has weights of its own: %s", error, extra={"path": source.path})
        return False
    return True


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """While no other process of this server is here."""
    import fcntl  # which Windows lacks

    with open(path, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
