"""A callback made of plain functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish.callbacks.callback import HOOK_ARGUMENTS, Callback
from planish.errors import explain, unknown_name

Hook = Callable[..., Any]


class LambdaCallback(Callback):
    """Calls the given functions as hooks: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))`.

    Any hook of `Callback` can be given by its name. ValueError for a name that is not a hook.

    Arguments: `on_epoch_begin` and `on_epoch_end` (epoch, logs), `on_train_begin` and `on_train_end` (logs),
    `on_train_batch_begin` and `on_train_batch_end` (batch, logs).

    >>> callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    """

    def __init__(
        self,
        on_epoch_begin: Hook | None = None,
        on_epoch_end: Hook | None = None,
        on_train_begin: Hook | None = None,
        on_train_end: Hook | None = None,
        on_train_batch_begin: Hook | None = None,
        on_train_batch_end: Hook | None = None,
        **kwargs: Hook | None,
    ) -> None:
        super().__init__()
        given: dict[str, Hook | None] = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in given.items():
            if name not in HOOK_ARGUMENTS:
                raise ValueError(unknown_name("hook of LambdaCallback", name, HOOK_ARGUMENTS))
            if function is not None and not callable(function):
                raise TypeError(
                    explain(
                        what=f"LambdaCallback: `{name}` is not a function",
                        expected=f"a function such as lambda {HOOK_ARGUMENTS[name]}: print(logs)",
                        received=f"{function!r} of type {type(function).__name__}",
                    )
                )
            if function is not None:
                vars(self)[name] = function
