"""The record of a training run, which `fit` returns."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import html
from planish.callbacks.callback import Callback, Logs

if TYPE_CHECKING:
    from planish.models.model import Model


class History(Callback):
    """`history` maps each metric to its values, one per epoch; `epoch` lists the epochs' numbers, from 0.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> sorted(model.fit(np.ones((4, 2)), np.ones(4), epochs=2, verbose=0).history)
    ['loss']
    """

    _model: weakref.ref[Any] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self._logs: list[Logs] = []

    def _repr_html_(self) -> str:
        """For notebooks: a row for each epoch."""
        names = list(self.history)
        rows = [
            [epoch + 1, *(_short(logs[name]) if name in logs else "" for name in names)]
            for epoch, logs in zip(self.epoch, self._logs, strict=True)
        ]
        return html.table(["epoch", *names], rows, numbers=["epoch", *names])

    @property
    def model(self) -> Any:
        """The model that was trained; None if it is gone. It keeps this record alive, not the reverse."""
        return None if self._model is None else self._model()

    @model.setter
    def model(self, model: Model) -> None:
        self._model = None if model is None else weakref.ref(model)

    def set_model(self, model: Model) -> None:
        super().set_model(model)
        model.history = self

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold the model itself, as they cannot refer to it weakly."""
        return {**vars(self), "_model": self.model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.model = state["_model"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.history = {}
        self.epoch = []
        self._logs = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        self._logs.append(dict(logs or {}))  # not every epoch has every metric: see `validation_freq`
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


def _short(value: Any) -> str:
    """A number as the progress bar shows it; a metric with a value for each class as it is."""
    return f"{value:.4g}" if np.ndim(value) == 0 else str(value)
