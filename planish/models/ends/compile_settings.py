"""What `compile` was given, checked and turned into objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import foreign, losses, optimizers, serialization, signatures, structures
from planish.errors import explain
from planish.metrics import Metric, resolve
from planish.models.ends.output_settings import OutputSettings, is_automatic, loss_names, metric_prefixes, only, spread

if TYPE_CHECKING:
    from planish.models.model import Model


@dataclass(frozen=True, eq=False)
class CompileSettings:
    """`losses`, `loss_weights` and metrics are in the structure in which they were given: which output they are for
    depends on the model, and what 'accuracy' means on the targets, which come later."""

    optimizer: optimizers.Optimizer
    losses: Any
    loss_weights: Any
    metrics: Any
    weighted_metrics: Any
    run_eagerly: bool
    steps_per_execution: int
    config: Mapping[str, Any]
    _chosen: dict[int, OutputSettings] = field(default_factory=dict)

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

        Without a loss, that of `before` is kept with its weights, as in Keras; and where neither kind of metrics is
        given, its metrics.
        """
        if metrics is None and _are_metrics(loss_weights):
            metrics, loss_weights = loss_weights, None
        if metrics is None and weighted_metrics is None and before is not None:
            metrics, weighted_metrics = (before.config[name] for name in ("metrics", "weighted_metrics"))
        if loss is None and before is not None:
            loss = before.config["loss"]
            loss_weights = before.config["loss_weights"] if loss_weights is None else loss_weights
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
        _check_weights(loss_weights)
        _check_metrics(metrics, "metrics")
        _check_metrics(weighted_metrics, "weighted_metrics")
        return cls(
            optimizer=chosen,
            losses=structures.mapped(_loss, loss),
            loss_weights=loss_weights,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=bool(run_eagerly),
            steps_per_execution=steps_per_execution,
            config=config,
        )

    def serialized(self) -> dict[str, Any]:
        """The arguments of `compile` in Keras's form; those that planish does not act on have Keras's defaults."""
        plain = {name: serialization.serialize(value) for name, value in self.config.items()}
        return {**plain, "jit_compile": "auto"}

    def for_outputs(self, model: Model) -> OutputSettings:
        """What was given for each output of a model that is built. ValueError if it does not match them."""
        chosen = self._chosen.get(model.structure_version)
        if chosen is None:
            self._chosen.clear()
            chosen = self._chosen[model.structure_version] = self._for_outputs(model.output_form, model)
        return chosen

    def _for_outputs(self, form: Any, model: Model) -> OutputSettings:
        given = spread(self.config["loss"], "loss", form, everywhere=True)
        named = model.network is not None
        return OutputSettings(
            losses=tuple(spread(self.losses, "loss", form, everywhere=True)),
            weights=tuple(map(_weight, spread(self.loss_weights, "loss_weights", form, everywhere=True))),
            metrics=_metrics_by_output(self.metrics, "metrics", form),
            weighted_metrics=_metrics_by_output(self.weighted_metrics, "weighted_metrics", form),
            names=loss_names(form, given, named=named),
            prefixes=metric_prefixes(form, named=named),
        )


def _loss(given: Any) -> Any:
    return given if given is None or is_automatic(given) else losses.get(given)


def _weight(value: Any) -> float | None:
    return None if value is None else float(value)


def _metrics_by_output(value: Any, what: str, form: Any) -> tuple[tuple[Any, ...], ...]:
    outputs = structures.leaves(form)
    if len(outputs) > 1:
        return tuple(tuple(_items(each)) for each in spread(value, what, form, everywhere=False))
    if isinstance(value, Mapping):
        value = only(value, what, [*form] if isinstance(form, Mapping) else [outputs[0].name])
    return (tuple(_items(value)),)


def _items(value: Any) -> list[Any]:
    """The metrics of one output, given alone, in a list, or in lists of lists; None is none."""
    if isinstance(value, list | tuple):
        return [each for item in value for each in _items(item)]
    return [] if value is None else [value]


def _are_metrics(value: Any) -> bool:
    """Whether the third positional argument is the list of metrics, as people expect, and not `loss_weights`."""
    items = [item for item in structures.leaves(value) if item is not None]
    return bool(items) and all(isinstance(item, str | Metric) or callable(item) for item in items)


def _check_weights(given: Any) -> None:
    """TypeError for loss weights that are not numbers, ValueError for those that are not finite."""
    for weight in structures.leaves(given):
        if weight is None:
            continue
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number):
            raise TypeError(
                explain(
                    what="compile: `loss_weights` is not a number",
                    expected="a float, or a list or dictionary of them: one for each output",
                    received=f"{weight!r} of type {type(weight).__name__}",
                )
            )
        if not math.isfinite(weight):
            raise ValueError(
                explain(what="compile: `loss_weights` is not finite", expected="finite numbers", received=repr(given))
            )


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


def _check_metrics(value: Any, name: str) -> None:
    """ValueError for unknown names, TypeError for objects that cannot be metrics."""
    items = [item for item in structures.leaves(value) if item is not None]
    wrong = [item for item in items if not isinstance(item, str | Metric) and not callable(item)]
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
