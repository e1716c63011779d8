"""Shows the progress of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from planish.callbacks.callback import Callback, Logs
from planish.callbacks.progress_bar import ProgressBar, live_display
from planish.output import show


class ProgbarLogger(Callback):
    """What `verbose=1` (a bar where it can be drawn, else a line per epoch) and `verbose=2` (a line per epoch) show.

    `fit`, `evaluate` and `predict` add one themselves unless verbose=0.

    >>> bar = keras.callbacks.ProgbarLogger()
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar: ProgressBar | None = None
        self._training = False

    def wants_progress(self, mode: str) -> bool:
        return self.params.get("verbose", 1) not in (0, 2) and live_display()

    def _begin(self) -> None:
        verbose = self.params.get("verbose", 1)
        live = verbose not in (0, 2) and live_display()
        self._bar = ProgressBar(self.params.get("steps"), live=live) if verbose else None

    def _finish(self, logs: Logs | None) -> None:
        if self._bar is not None:
            self._bar.finish(dict(sorted((logs or {}).items())))
            self._bar = None

    def break_off(self) -> None:
        """Leaves the bar where it is: the run was stopped by an error or by Ctrl-C."""
        if self._bar is not None:
            self._bar.break_off()
            self._bar = None

    def _update(self, step: int, images: int, logs: Logs | None) -> None:
        if self._bar is not None:
            self._bar.update(step, images, logs or {})

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.params.get("verbose", 1) and self.params.get("epochs", 1) > 1:
            show(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self._begin()

    def on_train_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        self._update(step, images, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._training = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._training:  # the validation of `fit` has no line of its own
            self._begin()

    def on_test_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        if not self._training:
            self._update(step, images, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        self._update(step, images, logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish({})
