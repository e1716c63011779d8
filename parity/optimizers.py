"""The optimizers that take turns in the random models: every class, and every option that changes the steps."""

from typing import Any

SCHEDULE = {
    "module": "keras.optimizers.schedules",
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.05, "decay_steps": 2, "decay_rate": 0.5, "staircase": False},
    "registered_name": None,
}

# [class, configuration as `from_config` takes it]
OPTIMIZERS: list[list[Any]] = [
    ["SGD", {"learning_rate": 0.05}],
    ["SGD", {"learning_rate": 0.02, "momentum": 0.9}],
    ["SGD", {"learning_rate": 0.02, "momentum": 0.8, "nesterov": True}],
    ["Adam", {"learning_rate": 0.002}],
    ["Adam", {"learning_rate": 0.002, "amsgrad": True, "beta_2": 0.9}],
    ["AdamW", {"learning_rate": 0.002, "weight_decay": 0.05}],
    ["RMSprop", {"learning_rate": 0.001}],
    ["RMSprop", {"learning_rate": 0.001, "centered": True, "momentum": 0.5, "epsilon": 0.001}],
    ["Adagrad", {"learning_rate": 0.02}],
    ["Nadam", {"learning_rate": 0.002}],
    ["SGD", {"learning_rate": 0.05, "clipnorm": 0.05}],
    ["SGD", {"learning_rate": 0.05, "global_clipnorm": 0.1, "momentum": 0.9}],
    ["SGD", {"learning_rate": 0.05, "clipvalue": 0.01}],
    ["Adam", {"learning_rate": 0.002, "weight_decay": 0.02, "clipnorm": 0.5}],
    ["SGD", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}],
    ["SGD", {"learning_rate": SCHEDULE, "momentum": 0.5}],
]
