"""Ends a training run whose loss is no longer a number."""

from __future__ import annotations

import math

from planish.callbacks.callback import Callback, Logs
from planish.output import show


class TerminateOnNaN(Callback):
    """Stops `fit` at the first batch after which the loss is NaN or infinite."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            show(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True
