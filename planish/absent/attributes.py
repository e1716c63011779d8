"""What models, layers, optimizers, metrics and losses of Keras have and planish's do not: said where it is used.

A class that derives from `Told` says in `keras_kinds` which of the tables below hold for it. An attribute that it does
not have is looked up there; so a row holds until the class has the attribute.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from planish.errors import explain

Rows = tuple[tuple[str, str], ...]

_LOOP = "a loop of your own: model.train_on_batch(x, y)"
_FLOAT32 = "leave it out: planish computes in float32"
_COMPILED = "leave it out: planish compiles a training step as a whole"
_ARRAYS = "get_weights() and set_weights(arrays)"
_STATE = "model.save(path) and load_model(path), which keep the optimizer's state"
_MASK = "leave it out: images have no masks"

# For each kind: (what to use instead, the names that Keras 3 has).
_NOW: dict[str, Rows] = {
    "Layer": (
        ("self.add_weight(...), which takes the same arguments", "add_variable"),
        ("compile(metrics=[function of (y_true, y_pred)])", "add_metric"),
        ("compile(metrics=[...]) and model.metrics", "metrics metrics_variables"),
        ("leave it out: build is called with the shape that the file has", "build_from_config"),
        ("leave it out: the shape of the output follows from call", "compute_output_spec"),
        (_MASK, "compute_mask"),
        ("store what has to be saved in weights: self.add_weight(...)", "load_own_variables save_own_variables"),
        (_FLOAT32, "quantization_mode quantize quantized_build quantized_call"),
        ("leave it out: planish keeps what gradients need, in slices of the batch", "rematerialized_call"),
        ("layer(x), which works on arrays and in other layers", "stateless_call symbolic_call"),
        ("layer.name, and weight.path for each weight", "path"),
    ),
    "Model": (
        ("model.loss and model.metrics", "compiled_loss compiled_metrics"),
        ("a loss of your own: compile(loss=function of (y_true, y_pred))", "stateless_compute_loss"),
        ("a metric of your own: compile(metrics=[function of (y_true, y_pred)])", "compute_metrics"),
        ("model.evaluate(x, y, return_dict=True)", "get_metrics_result"),
        ("leave it out: planish uses all processors of one machine", "distribute_reduction_method distribute_strategy"),
        ("model.get_weights() and model.set_weights(arrays)", "get_state_tree set_state_tree"),
        (_FLOAT32, "get_quantization_layer_structure"),
        ("compile(run_eagerly=True), whose value model.get_compile_config() has", "run_eagerly jit_compile"),
        (_LOOP, "train_step make_train_function"),
        ("a loop of your own: model.test_on_batch(x, y)", "test_step make_test_function"),
        ("model.predict_on_batch(x)", "predict_step make_predict_function"),
    ),
    "Optimizer": (
        (_COMPILED, "apply apply_gradients assign assign_add assign_sub scale_loss stateless_apply update_step"),
        ("slot_names of a subclass, which has them for every weight", "add_optimizer_variables add_variable"),
        ("slot_names of a subclass, which has them for every weight", "add_variable_from_reference"),
        (_STATE, "load_own_variables save_own_variables set_weights"),
    ),
    "Metric": (
        ("reset_state(), update_state(...) and result()", "stateless_reset_state stateless_result"),
        ("reset_state(), update_state(...) and result()", "stateless_update_state"),
    ),
    "Loss": (),
}

# The same for names that Keras 2 had, and that programs still use.
_BEFORE: dict[str, Rows] = {
    "Layer": (
        ("layer.input and layer.output", "get_input_at get_output_at get_input_mask_at get_output_mask_at"),
        ("layer.input and layer.output", "inbound_nodes outbound_nodes"),
        ("layer.input.shape and layer.output.shape", "get_input_shape_at get_output_shape_at"),
        (_MASK, "input_mask output_mask"),
        ("context.update(variable, value) in call(self, x, context)", "add_update updates"),
        ("leave it out: planish has no recurrent layers", "stateful reset_states"),
        ("leave it out: models are compiled", "dynamic"),
    ),
    "Model": (
        ("model.fit(generator), which takes generators", "fit_generator"),
        ("model.evaluate(generator), which takes generators", "evaluate_generator"),
        ("model.predict(generator), which takes generators", "predict_generator"),
        ("model.predict(x).argmax(axis=-1)", "predict_classes"),
        ("model.predict(x)", "predict_proba"),
        ("model.to_json()", "to_yaml"),
        ("model.evaluate(x, y)", "total_loss"),
        ("model.get_weights()", "state_updates get_updates_for get_losses_for"),
    ),
    "Optimizer": (
        ("optimizer.learning_rate", "lr"),
        ("learning_rate=planish.optimizers.schedules.InverseTimeDecay(rate, decay_steps, decay_rate)", "decay"),
        ("optimizer.variables", "weights get_weights"),
        (_COMPILED, "minimize compute_gradients get_gradients get_updates"),
        ("optimizer.slots(weight)", "get_slot get_slot_names add_slot"),
    ),
    "Metric": (
        ("metric.reset_state()", "reset_states"),
        ("metric.variables", "weights get_weights"),
        ("update_state(y_true, y_pred) of the rows of both", "merge_state"),
        ("metric.result()", "updates"),
    ),
    "Loss": (),
}


class Told:
    """A class whose objects say what to use instead of what only Keras's have."""

    keras_kinds: tuple[str, ...] = ()

    if not TYPE_CHECKING:  # a type checker is to find attributes that do not exist

        def __getattr__(self, name: str) -> Any:
            text = told(self.keras_kinds, name)
            if text is None:
                return object.__getattribute__(self, name)  # raises what was raised before, in a property for example
            raise AttributeError(text, name=name, obj=self)


def told(kinds: tuple[str, ...], name: str) -> str | None:
    """What is said about an attribute that only Keras has; None if Keras does not have it either."""
    if name.startswith("_"):
        return None
    for kind in kinds:
        for verb in ("has", "2 had"):
            if (instead := _instead(kind, verb).get(name)) is not None:
                return explain(what=f"Keras {verb} {kind}.{name}; planish does not", remedy=instead)
    return None


def names(kind: str) -> set[str]:
    """The attributes that Keras 3 has and that are told."""
    return set(_instead(kind, "has"))


@cache
def _instead(kind: str, verb: str) -> dict[str, str]:
    table = _NOW if verb == "has" else _BEFORE
    return {name: instead for instead, listed in table.get(kind, ()) for name in listed.split()}
