"""Calls a hook on every callback of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import foreign
from planish.callbacks.callback import Callback, Logs, check_hooks, own_hook
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.history import History
from planish.callbacks.progbar_logger import ProgbarLogger
from planish.distribution.data_parallel import is_first
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model


class CallbackList:
    """A `ProgbarLogger`, the user's callbacks and a `History`, as asked for; hooks are called in that order.

    The progress bar comes first so that what other callbacks print stands below its line; `History` comes last so that
    it sees what they add to the logs.

    `callbacks`: a list; `add_history` and `add_progbar`: whether these two are added; `model`: what all of them get.

    >>> [type(each).__name__ for each in keras.callbacks.CallbackList(None, add_history=True).callbacks]
    ['History']
    """

    def __init__(
        self,
        callbacks: Callback | Iterable[Any] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Model | None = None,
        **params: Any,
    ) -> None:
        given = _flat(callbacks)
        if add_progbar and not any(isinstance(callback, ProgbarLogger) for callback in given):
            given.insert(0, ProgbarLogger())
        histories = [callback for callback in given if isinstance(callback, History)]
        if add_history and not histories:
            histories = [History()]
            given.append(histories[0])
        self.callbacks: tuple[Callback, ...] = tuple(given)
        self.called = self.callbacks if is_first() else tuple(each for each in given if not each.writes)
        """Those whose hooks are called in this process."""
        self.history: History | None = histories[0] if histories else None
        self.params: dict[str, Any] = {}
        self.model: Any = None
        self.set_params(params)
        if model is not None:
            self.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Model) -> None:
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def check_before_training(
        self, metrics: Mapping[str, str | None], validated: frozenset[bool] = frozenset({False})
    ) -> None:
        """Every callback checks whether it can do its work in a coming run of `fit`; see `ComingRun`."""
        added = frozenset(name for callback in self.callbacks for name in callback.adds)
        open_ended = any(map(_is_open_ended, self.callbacks))
        run = ComingRun(self.model, metrics, validated, added, open_ended)
        for callback in self.called:
            callback.check_before_training(run)

    def wants_batches(self, mode: str) -> bool:
        """Whether any of them does: processes that train together do their steps alike."""
        return any(callback.wants_batches(mode) for callback in self.callbacks)

    def wants_progress(self, mode: str) -> bool:
        return any(callback.wants_progress(mode) for callback in self.called)

    def on_begin(self, mode: str) -> None:
        """`on_train_begin`, `on_test_begin` or `on_predict_begin`."""
        for callback in self.called:
            getattr(callback, f"on_{mode}_begin")({})

    def on_end(self, mode: str, logs: Logs | None = None) -> None:
        for callback in self.called:
            getattr(callback, f"on_{mode}_end")(logs or {})

    def on_epoch_begin(self, epoch: int) -> None:
        for callback in self.called:
            callback.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for callback in self.called:
            callback.on_epoch_end(epoch, logs)

    def on_batch_begin(self, mode: str, batch: int) -> None:
        for callback in self.called:
            getattr(callback, f"on_{mode}_batch_begin")(batch, {})

    def on_batch_end(self, mode: str, batch: int, logs: dict[str, Any]) -> None:
        for callback in self.called:
            getattr(callback, f"on_{mode}_batch_end")(batch, logs)

    def on_progress(self, mode: str, step: int, images: int, logs: Logs) -> None:
        for callback in self.called:
            getattr(callback, f"on_{mode}_progress")(step, images, logs)


def _flat(callbacks: Any) -> list[Callback]:
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        check_hooks(callbacks)
        return [callbacks]
    foreign.refuse(callbacks, "callbacks")
    if not isinstance(callbacks, Iterable) or isinstance(callbacks, str | bytes | Mapping | np.ndarray):
        raise _no_callback(callbacks, "`callbacks` is not a callback or a list of them")
    flat: list[Callback] = []
    for item in callbacks:
        foreign.refuse(item, "callbacks")
        if not isinstance(item, Callback | list | tuple):
            raise _no_callback(item, "an item of `callbacks` is not a callback")
        flat.extend(_flat(item))
    return flat


def _no_callback(value: Any, what: str) -> TypeError:
    return TypeError(
        explain(
            what=what,
            expected="an instance of planish.callbacks.Callback or of a subclass",
            received=f"{value!r} of type {type(value).__name__}",
            remedy=f"make an instance of the class: {value.__name__}()" if isinstance(value, type) else None,
        )
    )


def _is_open_ended(callback: Callback) -> bool:
    """Whether it is a callback of the user's own, which may add to the logs."""
    hook = own_hook(callback, "on_epoch_end")
    return hook is not None and not getattr(hook, "__module__", "").startswith("planish.callbacks.")
