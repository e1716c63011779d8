"""`model.build("model.plan")`: which kinds of files there are, and who writes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from planish.errors import unknown_name
from planish.shipping import plan_file, web
from planish.shipping.order import Order
from planish.shipping.to_ship import to_ship

if TYPE_CHECKING:
    from planish.models.model import Model

KINDS: Mapping[str, Callable[[Order], None]] = {"plan": plan_file.write, "wasm": web.write}
"""What can be emitted, and what writes it."""


def build(
    model: Model,
    path: str | os.PathLike[str],
    targets: str | Sequence[str] | None = None,
    batch: int | None = None,
    dtypes: str | Sequence[str] | None = None,
    *,
    class_names: Sequence[str] | None = None,
    preprocessing: str | None = None,
    emit: str = "plan",
) -> None:
    """Writes what the model predicts as a `.plan` file, which `planish_runtime.Model(path).predict(x)` runs without
    planish and without a compiler.

    `targets` are kinds of processors: 'x86-64-v4', 'x86-64-v3', 'x86-64-v2', 'aarch64', or 'host', for this machine
    exactly. The file takes any number of images; `batch` is how many of them go through a layer together at most (28),
    which decides how much memory is needed. `dtypes` are types of images that programs read as they are, such as
    'uint8'; images of other types are converted first. `class_names` (else those in the model's notes) and
    `preprocessing`, a text for people, are kept in the file.

    `emit="wasm"` writes a folder instead: the model as WebAssembly, of one type of images, and what loads it.

    ValueError for a model that is not built, takes images of any size, or computes images together, and for names that
    are not known. OSError if the file cannot be written.
    """
    if emit not in KINDS:
        raise ValueError(unknown_name("kind of file to emit", emit, KINDS))
    KINDS[emit](Order(lambda: to_ship(model, class_names, preprocessing), path, targets, batch, dtypes))
