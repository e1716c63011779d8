"""Evaluates with the averages of weights that the optimizer keeps, and trains on with the weights themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planish.callbacks.callback import Callback, Logs
from planish.callbacks.coming_run import ComingRun
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model


class SwapEMAWeights(Callback):
    """Puts the averages of an optimizer with `use_ema=True` into the model while it is evaluated, or predicts.

    `swap_on_epoch`: also from the end of an epoch to the beginning of the next one, so that callbacks that come later
    in the list, such as `ModelCheckpoint`, save the averages; after the last epoch, they stay.

    >>> swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._averages_in_model = False

    def check_before_training(self, run: ComingRun) -> None:
        """ValueError if the optimizer keeps no averages."""
        self._optimizer(run.model)

    def _optimizer(self, model: Model) -> Any:
        """The one that keeps averages, which may be wrapped."""
        optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        if getattr(optimizer, "use_ema", False):
            return optimizer
        raise ValueError(
            explain(
                what="SwapEMAWeights: the optimizer keeps no averages of weights",
                expected="an optimizer with use_ema=True",
                received=repr(optimizer),
                remedy="compile(optimizer=Adam(use_ema=True), ...)",
            )
        )

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Each weight with its average; none before training has begun."""
        optimizer, weights = self._optimizer(self.model), self.model.trainable_weights
        if not optimizer.is_built_for(weights):
            return []
        return [(weight, optimizer.slots(weight)["average"]) for weight in weights]

    def _swap(self, *, in_model: bool) -> None:
        """Makes weights and averages change places, unless the averages are where they should be."""
        if self._averages_in_model == in_model:
            return
        for weight, average in self._pairs():
            value = weight.value.copy()
            weight.assign(average.value)
            average.assign(value)
        self._averages_in_model = in_model

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(in_model=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(in_model=True)
        if epoch == self.params.get("epochs", 0) - 1:
            for weight, average in self._pairs():
                average.assign(weight.value)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap(in_model=True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap(in_model=False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap(in_model=True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap(in_model=False)
