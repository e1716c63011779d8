"""What a callback is: hooks that `fit`, `evaluate` and `predict` call, all of them optional."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from planish.constructors import Constructed
from planish.errors import explain
from planish.signatures import shown, takes

if TYPE_CHECKING:
    from planish.callbacks.coming_run import ComingRun
    from planish.models.model import Model

Logs = dict[str, float]

_BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback(Constructed):
    """Base of all callbacks: override the hooks that you need.

    `model` is the model that runs (assign `model.stop_training = True` to end `fit`), and `params` says how it runs:
    `verbose`, `epochs` and `steps` (per epoch; None if unknown). `logs` hold the metrics so far; a hook may add to
    those of `on_epoch_end`, and what it adds reaches `History`.

    As long as no callback overrides a hook for single batches, whole epochs run in native code without returning to
    Python. `on_train_progress` and its siblings are the cheap way to watch: they are called a few times a second.

    >>> class Say(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), callbacks=[Say()], verbose=0)
    0 ['loss']
    """

    adds: tuple[str, ...] = ()
    """Names that the callback puts into the logs of an epoch."""

    writes = False
    """Whether it writes files: of several processes that train together (`keras.distribution`), one does so for all."""

    def __init__(self) -> None:
        # Any: a callback may use whatever its model has, methods of the user's own subclass included.
        self.model: Any = None
        self.params: dict[str, Any] = {}

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Model) -> None:
        self.model = model

    def check_before_training(self, run: ComingRun) -> None:
        """Called by `fit` before anything else: raises an error for whatever is sure to fail later."""

    def resume_from(self, epoch: int) -> None:
        """Called by `fit` before `on_train_begin` if the run goes on from a backup, with its first epoch from there."""

    def wants_batches(self, mode: str) -> bool:
        """Whether a hook for single batches is defined; `mode` is 'train', 'test' or 'predict'."""
        return any(
            getattr(type(self), hook) is not getattr(Callback, hook) or hook in vars(self)
            for hook in _BATCH_HOOKS[mode]
        )

    def wants_progress(self, mode: str) -> bool:
        """Whether to call `on_<mode>_progress` during a run; it is always called at the end."""
        hook = f"on_{mode}_progress"
        return getattr(type(self), hook) is not getattr(Callback, hook) or hook in vars(self)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; `epoch` counts from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; `logs` hold the training metrics and those of validation ("val_...")."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step; `batch` counts from 0 in every epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step; `logs` hold the means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_train_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        """Before the first step of an epoch, at times during it, and at its end: the steps and images done."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of `evaluate` or of `fit`'s validation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of `evaluate` or of `fit`'s validation."""

    def on_test_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        """From time to time during `evaluate`, and at its end."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of `predict`; `logs["outputs"]` are its predictions."""

    def on_predict_progress(self, step: int, images: int, logs: Logs | None = None) -> None:
        """From time to time during `predict`, and at its end."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """When `fit` begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """When `fit` ends; `logs` are those of the last epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """When `evaluate` or a validation begins."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """When `evaluate` or a validation ends."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """When `predict` begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """When `predict` ends."""


HOOK_ARGUMENTS = {
    name: ", ".join(list(inspect.signature(getattr(Callback, name)).parameters)[1:])
    for name in dir(Callback)
    if name.startswith("on_")
}
"""What each hook is called with: "epoch, logs" for on_epoch_end."""


def check_hooks(callback: Callback) -> None:
    """TypeError for a hook that cannot be called the way `fit` will call it."""
    for name, arguments in HOOK_ARGUMENTS.items():
        hook = own_hook(callback, name)
        if hook is not None and not takes(hook, *arguments.split(", ")):
            raise TypeError(
                explain(
                    what=f"{type(callback).__name__}: `{name}` cannot be called as a hook",
                    expected=f"a function of ({arguments})",
                    received=shown(hook, name),
                    remedy=f"lambda {arguments}: ..."
                    if name in vars(callback)
                    else f"def {name}(self, {arguments.replace('logs', 'logs=None')}):",
                )
            )


def own_hook(callback: Callback, name: str) -> Any:
    """The hook as the callback defines it; None if it has that of `Callback`."""
    if name in vars(callback):
        return vars(callback)[name]
    found = inspect.getattr_static(type(callback), name)
    if found is vars(Callback)[name]:
        return None
    return found.__get__(callback, type(callback)) if hasattr(found, "__get__") else found
