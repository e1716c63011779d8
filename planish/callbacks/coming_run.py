"""What is known about a run of `fit` before its first step: callbacks check with it whether they can do their work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planish.errors import nearest_names

if TYPE_CHECKING:
    from planish.models.model import Model


def nearest_metrics(name: str, names: Iterable[str]) -> list[str]:
    """The names that `name` may have been meant to be; "acc" is short for "accuracy"."""
    longer = [known for known in sorted(names) if len(name) > 2 and known.startswith(name)]
    return longer or nearest_names(name, names)


@dataclass(frozen=True)
class ComingRun:
    """`metrics`: which way each is better, by name: 'up', 'down', or None if nobody knows; "loss" is one of them.

    `validated` holds True if some epochs are followed by a validation, and False if some are not. `added` are the names
    that planish's own callbacks put into the logs. `open_ended`: the user's own callbacks may add others.
    """

    model: Model
    metrics: Mapping[str, str | None]
    validated: frozenset[bool] = frozenset({False})
    added: frozenset[str] = frozenset()
    open_ended: bool = False

    @property
    def batch_names(self) -> set[str]:
        """What the logs of a training step hold."""
        return set(self.metrics)

    def epoch_names(self, validated: bool) -> set[str]:
        """What the logs of an epoch hold, with a validation or without."""
        own = {*self.metrics, *self.added}
        return own | {f"val_{name}" for name in self.metrics} if validated else own

    @property
    def all_names(self) -> set[str]:
        """What the logs of some epoch hold."""
        return self.epoch_names(True in self.validated)

    @property
    def certain_names(self) -> set[str]:
        """What the logs of every epoch hold."""
        return self.epoch_names(False not in self.validated)
