"""Methods that Keras calls while it trains and planish does not: overriding one would have no effect, so it is refused.

planish compiles a training step as a whole. What a user may write is what becomes a part of that program, or is called
around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish.errors import explain
from planish.signatures import shown, takes

_LOSS = (
    "what the loss is made of: def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True)\n"
    "or a loss of your own: compile(loss=function of (y_true, y_pred)), or a subclass of Loss with call"
)
_METRIC = (
    "a metric of your own: compile(metrics=[function of (y_true, y_pred)]), or a subclass of planish.metrics.Metric"
)
_UPDATED = "metrics of other values in compute_loss: self.tracker.update_state(value), with self.tracker from __init__"
_UNPACKING = "leave it out if it only unpacks data: fit takes batches of (x, y) or (x, y, sample_weight)"
_STEP = f"{_LOSS}\n{_UNPACKING}\nor a loop of your own: model.train_on_batch(x, y)"
_STORED = "store what has to be saved in weights: self.add_weight(...) in create_weights"
_RULE = "the update is compiled: write step(weight, gradient, slots, scalars), with planish.ops"

MODEL: Mapping[str, str] = {
    "train_step": _STEP,
    "test_step": f"{_METRIC}\n{_UNPACKING}\nor a loop of your own: model.test_on_batch(x, y)",
    "predict_step": "override predict: def predict(self, x, **options): return after(super().predict(x, **options))",
    "stateless_compute_loss": _LOSS,
    "compute_metrics": f"{_METRIC}\n{_UPDATED}",
    "get_metrics_result": _METRIC,
    "metrics": _METRIC,
    "reset_metrics": "a callback: planish.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: ...)",
    "make_train_function": _STEP,
    "make_test_function": "a loop of your own: model.test_on_batch(x, y)",
    "make_predict_function": "override predict",
}
LAYER: Mapping[str, str] = {
    "__call__": "write call(self, x, context), with planish.ops",
    "compute_output_spec": "leave it out: the shape of the output follows from call",
    "save_own_variables": _STORED,
    "load_own_variables": _STORED,
    "build_from_config": "leave it out: build is called with the shape that the file has",
    "stateless_call": "write call(self, x, context), with planish.ops",
    "symbolic_call": "write call(self, x, context), with planish.ops",
    "losses": "context.add_loss(penalty) in call",
}
LOSS: Mapping[str, str] = {"__call__": "write call(self, y_true, y_pred), with planish.ops"}
OPTIMIZER: Mapping[str, str] = dict.fromkeys(
    (
        *("update_step", "apply", "apply_gradients", "minimize", "assign", "assign_add", "assign_sub"),
        *("stateless_apply", "compute_gradients", "get_updates", "_resource_apply_dense"),
    ),
    _RULE,
)


_WITH_LOSS = ("metrics", "reset_metrics")
"""What is called in a model that has a `compute_loss` of its own."""


def refuse_model(model: Any) -> None:
    """As `refuse`, for what planish does not call in a model."""
    own = writes(model, "compute_loss")
    refuse(model, "model", {name: way for name, way in MODEL.items() if not (own and name in _WITH_LOSS)})


def writes(value: Any, name: str) -> bool:
    """Whether the class of `value`, or the object itself, has a method of that name that is the user's own."""
    return name in _own_names(value)


def refuse(value: Any, kind: str, uncalled: Mapping[str, str]) -> None:
    """TypeError if the class of `value`, or the object itself, has a method of its own that would never be called.

    `kind` is what it is ("model"), `uncalled` the names with what to do instead.
    """
    found = [name for name in uncalled if name in _own_names(value)]
    if not found:
        return
    remedies = dict.fromkeys(line for name in found for line in uncalled[name].split("\n"))
    raise TypeError(
        explain(
            what=f"{type(value).__name__} overrides {', '.join(found)}, which planish does not call",
            rule=f"planish compiles what the {kind} does in a step as a whole; Keras's methods for its parts have no "
            "effect",
            remedy="\n".join(remedies),
        )
    )


def check_call(layer: Any) -> None:
    """TypeError for a layer whose `call` does not take what planish gives it: (x, context), or (x) as in Keras."""
    if not (takes(layer.call, "x", "context") or takes(layer.call, "x") or takes(layer.call, "x", training=True)):
        raise TypeError(
            explain(
                layer=layer.label,
                what="`call` takes other arguments than planish gives it",
                expected="call(self, x, context), where context.training says whether the model is trained",
                received=shown(layer.call, "call"),
                remedy="def call(self, x, context):",
            )
        )


def _own_names(value: Any) -> set[str]:
    """What the user's classes, or the object itself, define; not what planish or Python does."""
    classes = [
        class_
        for class_ in type(value).__mro__
        if class_ is not object and class_.__module__.partition(".")[0] not in ("planish", "abc", "typing")
    ]
    put_on = {name for name, item in vars(value).items() if callable(item)}
    return put_on | {name for class_ in classes for name in vars(class_)}
