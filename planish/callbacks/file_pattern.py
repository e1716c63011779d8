"""Names of files with fields that are filled from the logs: "{epoch:02d}-{val_loss:.2f}.keras"."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from planish.callbacks.coming_run import nearest_metrics
from planish.errors import explain


class _Anything:
    """Stands for a value about which nothing is known."""

    def __format__(self, form: str) -> str:
        return "0"


class FilePattern:
    """`own` are the fields that always exist, and hold whole numbers; the others are names of metrics."""

    def __init__(self, owner: str, pattern: str, own: Sequence[str]) -> None:
        self._owner = owner
        self._pattern = pattern
        self._own = tuple(own)
        try:
            self._fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
        except ValueError as error:
            raise self._mistake(str(error)) from None
        nameless = [name for name in self._fields if not name.isidentifier()]
        if nameless:
            raise self._mistake(f"the field {{{nameless[0]}}}, which has no name")

    def _mistake(self, received: str) -> ValueError:
        return ValueError(
            explain(
                what=f"{self._owner}: the file's name {self._pattern!r} cannot be filled in",
                expected="fields such as {epoch:02d} and {val_loss:.2f}; braces in the name itself are doubled",
                received=received,
            )
        )

    def checked_example(self, names: Collection[str], *, sometimes: Collection[str], open_ended: bool) -> str:
        """An example of the name, for logs that have numbers under `names`.

        ValueError for a field that is not one of them, or whose format does not take a number.

        `sometimes` are the names that only some epochs have; with `open_ended`, there may be others.
        """
        for field in self._fields:
            if field not in (*self._own, *names) and (field in sometimes or not open_ended):
                raise ValueError(self._missing(field, names, field in sometimes))
        others = dict.fromkeys(self._fields, _Anything())
        return self.filled({**others, **dict.fromkeys(names, 0.5), **dict.fromkeys(self._own, 1)})

    def _missing(self, field: str, names: Collection[str], at_times: bool) -> str:
        known = [*self._own, *sorted(names)]
        near = nearest_metrics(field, known)
        if at_times:
            remedy = "save_best_only=True, which saves only where the metric is there, or validation_freq=1 in fit"
        elif field.startswith("val_") and not any(name.startswith("val_") for name in known):
            remedy = "pass validation_data=(x_val, y_val) or validation_split=0.2 to fit"
        else:
            remedy = f"{{{near[0]}}}" if near else "compile(metrics=[...]) with a metric of that name"
        return explain(
            what=f"{self._owner}: the file's name asks for {{{field}}}, which the logs "
            + ("of some epochs do not have" if at_times else "do not have"),
            expected=f"fields of {', '.join(known)}",
            received=repr(self._pattern),
            remedy=remedy,
        )

    def filled(self, fields: Mapping[str, Any]) -> str:
        """The name with its fields filled in. ValueError, not KeyError, for a field that is not there."""
        missing = [field for field in self._fields if field not in fields]
        if missing:
            raise ValueError(self._missing(missing[0], [name for name in fields if name not in self._own], False))
        try:
            return self._pattern.format(**fields)
        except (ValueError, TypeError) as error:
            raise self._mistake(str(error)) from None
