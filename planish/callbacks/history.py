"""The record of a training run, which `fit` returns."""

from __future__ import annotations

from typing import Any

from planish.callbacks.callback import Callback, Logs


class History(Callback):
    """`history` maps each metric to its values, an epoch each; `epoch` lists the epochs' numbers, from 0."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        model.history = self

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.history = {}
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
