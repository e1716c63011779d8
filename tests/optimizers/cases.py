"""Optimizers that are recorded from Keras and compared here: the name of the class, and its arguments."""

import numpy as np

SHAPES = {"kernel": (4, 3), "bias": (3,), "conv": (2, 2, 2, 3)}
STEPS = 10

CASES = [
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adadelta", {"learning_rate": 0.5, "rho": 0.6, "epsilon": 1e-3, "weight_decay": 0.01}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Adamax", {"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.01, "clipnorm": 0.5}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.3,
            "l1_regularization_strength": 0.2,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.05,
            "beta": 0.3,
        },
    ),
    ("Lion", {"learning_rate": 0.01}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.4, "beta_2": 0.7, "weight_decay": 0.1}),
    ("Lamb", {"learning_rate": 0.05}),
    ("Lamb", {"learning_rate": 0.05, "beta_1": 0.6, "beta_2": 0.8, "epsilon": 0.01, "global_clipnorm": 1.0}),
    ("Adafactor", {"learning_rate": 0.5}),
    (
        "Adafactor",
        {
            "learning_rate": 0.1,
            "beta_2_decay": -0.5,
            "epsilon_1": 1e-5,
            "epsilon_2": 0.1,
            "clip_threshold": 0.4,
            "relative_step": False,
            "weight_decay": 0.02,
        },
    ),
    ("Muon", {"learning_rate": 0.05}),
    ("Muon", {"learning_rate": 0.05, "exclude_layers": ["kern"], "adam_weight_decay": None, "adam_lr_ratio": 0.5}),
    ("Muon", {"learning_rate": 0.05, "momentum": 0.5, "ns_steps": 3, "nesterov": False, "rms_rate": None}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "beta_1": 0.6, "warmup_steps": 4, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 3}),
    ("Adam", {"learning_rate": 0.05, "gradient_accumulation_steps": 2, "weight_decay": 0.1, "clipnorm": 0.7}),
    ("Nadam", {"learning_rate": 0.05, "gradient_accumulation_steps": 3}),
    (
        "Adam",
        {
            "learning_rate": 0.05,
            "use_ema": True,
            "ema_momentum": 0.7,
            "ema_overwrite_frequency": 2,
            "gradient_accumulation_steps": 2,
        },
    ),
    ("Muon", {"learning_rate": 0.05, "use_ema": True, "gradient_accumulation_steps": 3}),
    ("Adafactor", {"learning_rate": 0.1, "use_ema": True, "gradient_accumulation_steps": 4}),
]


def first_values():
    random = np.random.default_rng(7)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def gradients():
    """Of each step: some numbers are zero, some are large."""
    random = np.random.default_rng(11)
    steps = [{name: random.normal(size=shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]
    return [{name: (array * (array > -1)).astype(np.float32) for name, array in step.items()} for step in steps]
