"""The optimizers that take turns in the random models: every class, and every option that changes the steps."""

from typing import Any

INNER = {
    "module": "keras.optimizers",
    "class_name": "SGD",
    "config": {"learning_rate": 0.05, "momentum": 0.5},
    "registered_name": None,
}
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

OTHERS: list[list[Any]] = [
    ["Adadelta", {"learning_rate": 0.5}],
    ["Adadelta", {"learning_rate": 1.0, "rho": 0.8, "weight_decay": 0.01}],
    ["Adafactor", {"learning_rate": 0.01}],
    ["Adafactor", {"learning_rate": 0.02, "relative_step": False, "clip_threshold": 0.7}],
    ["Adamax", {"learning_rate": 0.005}],
    ["Adamax", {"learning_rate": 0.01, "beta_1": 0.8, "gradient_accumulation_steps": 2}],
    ["Ftrl", {"learning_rate": 0.05}],
    ["Ftrl", {"learning_rate": 0.05, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02,
              "l2_shrinkage_regularization_strength": 0.01, "beta": 0.1}],
    ["Lamb", {"learning_rate": 0.005}],
    ["Lamb", {"learning_rate": 0.01, "weight_decay": 0.02, "beta_2": 0.9}],
    ["Lion", {"learning_rate": 0.002}],
    ["Lion", {"learning_rate": 0.001, "beta_1": 0.8, "weight_decay": 0.05}],
    ["Muon", {"learning_rate": 0.005}],
    ["Muon", {"learning_rate": 0.01, "nesterov": False, "momentum": 0.9, "ns_steps": 3}],
    ["ScheduleFreeAdamW", {"learning_rate": 0.005}],
    ["ScheduleFreeAdamW", {"learning_rate": 0.005, "warmup_steps": 3, "weight_decay": 0.02}],
    ["LossScaleOptimizer", {"inner_optimizer": INNER, "initial_scale": 8.0}],
    ["SGD", {"learning_rate": 0.05, "momentum": 0.9, "gradient_accumulation_steps": 3}],
    ["Nadam", {"learning_rate": 0.004, "beta_1": 0.8, "clipvalue": 0.02}],
    ["Adagrad", {"learning_rate": 0.03, "initial_accumulator_value": 0.3, "weight_decay": 0.01}],
    ["AdamW", {"learning_rate": 0.003, "weight_decay": 0.02, "use_ema": True, "ema_momentum": 0.8}],
]  # fmt: skip
"""Those that random models do not take."""
