"""What `compile` was given, checked and turned into objects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from planish import foreign, losses, optimizers, serialization, signatures
from planish.errors import explain
from planish.losses.loss import Loss
from planish.metrics import Metric, resolve


@dataclass(frozen=True, eq=False)
class CompileSettings:
    """`loss` and `metrics` are as given: what 'accuracy' means depends on the targets, which come later."""

    optimizer: optimizers.Optimizer
    loss: Any
    loss_weight: float | None
    metrics: tuple[Any, ...]
    weighted_metrics: tuple[Any, ...]
    run_eagerly: bool
    steps_per_execution: int
    config: Mapping[str, Any]

    @classmethod
    def checked(
        cls,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        run_eagerly: bool,
        steps_per_execution: int,
        before: CompileSettings | None = None,
    ) -> CompileSettings:
        """ValueError for unknown names, TypeError for objects of the wrong kind.

        Where neither kind of metrics is given, those of `before` are kept, as in Keras.
        """
        if metrics is None and _are_metrics(loss_weights):
            metrics, loss_weights = loss_weights, None
        if metrics is None and weighted_metrics is None and before is not None:
            metrics, weighted_metrics = (before.config[name] for name in ("metrics", "weighted_metrics"))
        chosen = optimizers.get(optimizer)
        config = {
            "optimizer": chosen,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
        }
        if isinstance(steps_per_execution, bool) or not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                explain(
                    what="compile: `steps_per_execution` is not a number of steps",
                    expected="an integer, 1 or more",
                    received=repr(steps_per_execution),
                )
            )
        alone = _single(loss, "loss")
        return cls(
            optimizer=chosen,
            loss=alone if alone is None or _is_automatic(alone) else losses.get(alone),
            loss_weight=_loss_weight(loss_weights),
            metrics=_metric_list(metrics, "metrics"),
            weighted_metrics=_metric_list(weighted_metrics, "weighted_metrics"),
            run_eagerly=bool(run_eagerly),
            steps_per_execution=steps_per_execution,
            config=config,
        )

    def serialized(self) -> dict[str, Any]:
        """The arguments of `compile` in Keras's form; those that planish does not act on have Keras's defaults."""
        plain = {name: serialization.serialize(value) for name, value in self.config.items()}
        return {**plain, "jit_compile": "auto"}

    def loss_for(self, targets: Sequence[int], outputs: Sequence[int]) -> Loss | None:
        """The loss for targets and outputs of these shapes (batch axis included)."""
        if not _is_automatic(self.loss):
            loss: Loss | None = self.loss
            return loss
        if outputs[-1] == 1:
            return _cross_entropy("binary_crossentropy")
        sparse = len(targets) < len(outputs) or targets[-1] == 1
        return _cross_entropy("sparse_categorical_crossentropy" if sparse else "categorical_crossentropy")


@cache
def _cross_entropy(name: str) -> Loss:
    """One object each, since programs are kept by the loss that they were made for."""
    loss: Loss = losses.get(name)
    return loss


def _is_automatic(loss: Any) -> bool:
    """Keras's short name for whichever cross-entropy fits."""
    return isinstance(loss, str) and loss.lower() in ("crossentropy", "ce")


def _are_metrics(value: Any) -> bool:
    """Whether the third positional argument is the list of metrics, as people expect, and not `loss_weights`."""
    items = value if isinstance(value, list | tuple) else [value]
    return bool(items) and all(isinstance(item, str | Metric) or callable(item) for item in items)


def _single(value: Any, name: str) -> Any:
    """The only item of a list or dictionary of per-output values."""
    if not isinstance(value, list | tuple | Mapping):
        return value
    items = list(value.values()) if isinstance(value, Mapping) else list(value)
    if len(items) != 1:
        raise ValueError(
            explain(what=f"compile: `{name}` has {len(items)} items", expected="one: the model has one output")
        )
    return items[0]


def _loss_weight(value: Any) -> float | None:
    alone = _single(value, "loss_weights")
    if alone is None:
        return None
    if isinstance(alone, bool) or not isinstance(alone, int | float):
        raise TypeError(
            explain(
                what="compile: `loss_weights` is not a number",
                expected="a float, or a list of one",
                received=f"{value!r} of type {type(value).__name__}",
            )
        )
    if not math.isfinite(alone):
        raise ValueError(
            explain(what="compile: `loss_weights` is not finite", expected="a finite number", received=repr(value))
        )
    return float(alone)


def _check_metric(item: Any, *, weighted: bool) -> None:
    """TypeError for a metric that cannot be called as it will be, or that belongs to another library."""
    foreign.refuse(item, "metrics")
    if isinstance(item, Metric):
        item.require_init()
        weights = {"sample_weight": None} if weighted else {}
        signatures.require(
            item.update_state, f"update_state of the metric '{item.name}'", "y_true", "y_pred", **weights
        )
    elif callable(item) and not isinstance(item, type):
        signatures.require(item, "the metric", "y_true", "y_pred")


def _metric_list(value: Any, name: str) -> tuple[Any, ...]:
    """The metrics as given. ValueError for unknown names, TypeError for objects that cannot be metrics."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        value = _single(value, name)
    items = value if isinstance(value, list | tuple) else [value]
    if len(items) == 1 and isinstance(items[0], list | tuple):
        items = items[0]
    wrong = [item for item in items if item is not None and not isinstance(item, str | Metric) and not callable(item)]
    if wrong:
        raise TypeError(
            explain(
                what=f"compile: an item of `{name}` is not a metric",
                expected="a metric's name, a Metric, or a function of (y_true, y_pred)",
                received=f"{wrong[0]!r} of type {type(wrong[0]).__name__}",
            )
        )
    for item in items:
        _check_metric(item, weighted=name == "weighted_metrics")
        if isinstance(item, str):
            resolve(item, (1,), (1, 2))  # an unknown name is refused here and not at the first step
    return tuple(item for item in items if item is not None)
