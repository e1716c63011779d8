"""Arguments of `build` that all kinds of files share, checked."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from planish.codegen.planning.plan import INFERENCE_BLOCK
from planish.errors import explain, unknown_name
from planish_runtime.facts import DTYPES


def place_of(path: Any, example: str) -> str:
    """A path as text; `example` is one that would do."""
    if isinstance(path, str | os.PathLike):
        place = os.fspath(path)
        if isinstance(place, str) and os.path.basename(place) and "\0" not in place:
            return place
    raise TypeError(
        explain(
            what="build: the name of a file is expected",
            received=repr(path),
            remedy=f"model.build({example!r})",
        )
    )


def target_names(targets: str | Sequence[str], known: Collection[str]) -> list[str]:
    """Those that are asked for, in the order of the known ones."""
    given = targets.split(",") if isinstance(targets, str) else list(targets)
    order = list(known)
    for name in given:
        if name not in order:
            raise ValueError(unknown_name("target", name, order))
    if not given:
        raise ValueError(explain(what="build: no targets", expected="one or more of " + ", ".join(order)))
    return sorted(set(given), key=order.index)


def images_together(batch: Any, usual: int = INFERENCE_BLOCK) -> int:
    """How many images go through a layer together; `usual` if nothing is said."""
    if batch is None:
        return usual
    if isinstance(batch, bool) or not isinstance(batch, int | np.integer) or batch < 1:
        raise ValueError(
            explain(
                what="build: `batch` is how many images are computed together",
                expected=f"a whole number from 1 on; {INFERENCE_BLOCK} and more are the same",
                received=repr(batch),
            )
        )
    return int(batch)


def json_of(facts: Mapping[str, Any]) -> bytes:
    """What a file says of itself: the same bytes for the same facts, and JSON for every reader."""
    try:
        return json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise ValueError(
            explain(
                what="build: the notes of the model have NaN or Infinity, which JSON lacks",
                received=str(error),
                remedy="strings in their place: model.notes[name] = str(value)",
            )
        ) from error


def types_of_images(dtypes: Any) -> list[str]:
    """NumPy's names of types of images that programs read as they are; none if nothing is said."""
    if dtypes is None:
        return []
    given = dtypes.split(",") if isinstance(dtypes, str) else [str(np.dtype(each)) for each in dtypes]
    for dtype in given:
        if dtype not in DTYPES:
            raise ValueError(unknown_name("type of images", dtype, DTYPES))
    return list(dict.fromkeys(given))
