"""Ends a training run whose loss is no longer a number."""

from __future__ import annotations

import math

from planish.callbacks.callback import Callback, Logs
from planish.errors import explain
from planish.output import show


class TerminateOnNaN(Callback):
    """Stops `fit` at the first batch after which the loss is NaN or infinite; with `raise_error`, by a RuntimeError.

    >>> keras.callbacks.TerminateOnNaN(raise_error=True).raise_error
    True
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            if self.raise_error:
                raise RuntimeError(
                    explain(
                        what=f"the loss is {loss} after batch {batch}",
                        remedy="lower the learning rate, scale the images (x / 255), or check the targets",
                    )
                )
            show(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True
