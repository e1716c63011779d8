"""`model.build("model.plan")`: which kinds of files there are, and who writes them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from planish.errors import explain, unknown_name
from planish.shipping import c_library, plan_file, web
from planish.shipping.order import Order
from planish.shipping.to_ship import to_ship

if TYPE_CHECKING:
    from planish.models.model import Model


class Kind(NamedTuple):
    """A kind of file: what writes it, and gives what the user should know of it; arguments of `build` that only some
    kinds take."""

    write: Callable[[Order], str]
    takes: Sequence[str] = ()


KINDS: Mapping[str, Kind] = {
    "plan": Kind(plan_file.write),
    "c": Kind(c_library.write, ("prefix", "form")),
    "wasm": Kind(web.write),
}
"""What can be emitted."""


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
    prefix: str | None = None,
    form: str | None = None,
) -> str:
    """Writes what the model predicts as a `.plan` file, which `planish_runtime.Model(path).predict(x)` runs without
    planish and without a compiler.

    `targets` are kinds of processors: 'x86-64-v4', 'x86-64-v3', 'x86-64-v2', 'aarch64', or 'host', for this machine
    exactly. The file takes any number of images; `batch` is how many of them go through a layer together at most (28),
    which decides how much memory is needed. `dtypes` are types of images that programs read as they are, such as
    'uint8'; images of other types are converted first. `class_names` (else those in the model's notes) and
    `preprocessing`, a text for people, are kept in the file.

    `emit="c"` writes files for C instead, which begin with `path`: a header, an example, and for one target a static
    library, or with `form="object"` an object file. Functions are called `prefix`_run, ... (else as the file), and take
    images of one type. There are microcontrollers among its targets: 'cortex-m4', 'cortex-m7', 'cortex-m33' and
    'cortex-m55'. Gives a report of the sizes.

    `emit="wasm"` writes a folder instead: the model as WebAssembly, of one type of images, and what loads it.

    ValueError for a model that is not built, takes images of any size, or computes images together, and for names that
    are not known. OSError if the file cannot be written.
    """
    if emit not in KINDS:
        raise ValueError(unknown_name("kind of file to emit", emit, KINDS))
    kind, only_some = KINDS[emit], {"prefix": prefix, "form": form}
    for name, value in only_some.items():
        if value is not None and name not in kind.takes:
            raise ValueError(
                explain(
                    what=f"build: emit={emit!r} does not take `{name}`",
                    received=repr(value),
                    remedy=f"leave `{name}` out, or emit={next(each for each in KINDS if name in KINDS[each].takes)!r}",
                )
            )
    shipped = functools.partial(to_ship, model, class_names, preprocessing)
    return kind.write(Order(shipped, path, targets, batch, dtypes, prefix, form))
