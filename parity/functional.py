"""Cases of functional models: a network of `networks.py` with its losses, metrics, forms of data, and an optimizer.

A case has `"network"`, and for each output in `"names"`: `"units"`, `"losses"`, `"metrics"`, `"weighted_metrics"` and
`"loss_weights"` (or None); the forms in which they are given (`"loss_form"`, `"x_form"`, `"y_form"`); `"frozen"`, the
paths of parts that do not learn; `"sample_weight"`, `"class_weight"`; `"optimizer"`, `"batch"`, `"steps"`, and by how
many images the last batch is `"short"`.
"""

from __future__ import annotations

from typing import Any

from drawn_optimizers import OPTIMIZERS
from networks import Dice, NetworkBuilder

Case = dict[str, Any]

# Each with the activation that it needs.
LOSSES: list[tuple[Any, str | None, list[str]]] = [
    ("sparse_categorical_crossentropy", "softmax", ["accuracy", "sparse_categorical_accuracy"]),
    ("sparse_categorical_crossentropy", "softmax", ["accuracy"]),
    (["SparseCategoricalCrossentropy", {"from_logits": True}], None, ["accuracy"]),
    ("categorical_crossentropy", "softmax", ["accuracy", "categorical_accuracy", "mse"]),
    (["CategoricalCrossentropy", {"label_smoothing": 0.1}], "softmax", ["accuracy"]),
    (["BinaryCrossentropy", {"label_smoothing": 0.1}], "sigmoid", ["mae"]),
    ("mse", None, ["mae", "mse"]),
    ("mean_squared_error", "tanh", ["mae"]),
    ("huber", None, ["mse"]),
]


def functional_case(seed: int, steps: int = 3) -> Case:
    """The model of a seed."""
    dice = Dice([seed, 7])
    inputs: list[tuple[str, tuple[int, ...]]] = [("image", (dice.number(5, 11), dice.number(5, 11), dice.number(1, 4)))]
    if dice.chance(0.45):
        inputs.append(dice.pick([("extra", (dice.number(1, 6),)), ("other", inputs[0][1]), ("another", (7, 5, 2))]))
    if dice.chance(0.1):
        inputs.append(("third", (3,)))
    builder = NetworkBuilder(dice, f"f{seed}", inputs, dice.number(0, 3), named=dice.chance(0.7))
    maps = [builder.body(name, dice.number(1, 3)) for name, shape in inputs if len(shape) == 3]
    if len(maps) == 2 and dice.chance(0.5):
        one, other = maps
        shape = builder.shapes[one]
        maps = [builder.merge("Add", [one, builder.matched(other, shape)], shape)]
    rows = [builder.features(x) for x in maps] + [name for name, shape in inputs if len(shape) == 1]
    x = builder.together(rows)
    if dice.chance(0.5):
        x = builder.dense(x, dice.number(2, 9))
    count = dice.pick([1, 1, 2, 2, 3])
    chosen = [_head(builder, x, i) for i in range(count)]
    network = builder.finish([head for head, *_ in chosen])
    return {
        "seed": seed, "network": network, **_training(dice, network, chosen), "frozen": _frozen(dice, network),
        "optimizer": OPTIMIZERS[seed % len(OPTIMIZERS)], "steps": steps,
    }  # fmt: skip


def _head(builder: NetworkBuilder, x: str, place: int) -> tuple[str, int, Any, list[str]]:
    """The output, its size, its loss, and metrics that suit it."""
    dice = builder.dice
    loss, activation, metrics = dice.pick(LOSSES)
    if dice.chance(0.3):
        x = builder.dense(x, dice.number(2, 5))
    units = dice.number(2, 6)
    name = f"head{place}"
    builder.layers[name] = ["Dense", {"name": name, "units": units, "activation": activation}]
    return builder.call(name, x, (units,)), units, loss, metrics


def _training(dice: Dice, network: dict[str, Any], heads: list[Any]) -> dict[str, Any]:
    """Losses, metrics, weights, and the forms of everything."""
    several, keyed = len(heads) > 1, network["output_form"] == "dict"
    units = [size for _, size, *_ in heads]
    weighted = dice.chance(0.3)
    sparse = not several and "sparse" in str(heads[0][2]).lower()
    balanced = sparse and not weighted and dice.chance(0.4)
    return {
        "names": network["outputs"] if keyed else [f"head{i}" for i in range(len(heads))],
        "units": units,
        "losses": [loss for _, _, loss, _ in heads],
        "loss_form": ("dict" if keyed else dice.pick(["list", "dict"])) if several else "single",
        "metrics": _metrics(dice, heads),
        "weighted_metrics": [suited[:1] for *_, suited in heads] if weighted and dice.chance(0.5) else None,
        "loss_weights": [dice.pick([0.3, 1.0, 2.5]) for _ in heads] if several and dice.chance(0.4) else None,
        "sample_weight": weighted,
        "class_weight": {str(i): dice.pick([0.5, 1.0, 2.0]) for i in range(units[0])} if balanced else None,
        "x_form": _input_form(dice, network["input_form"]),
        "y_form": ("dict" if keyed else dice.pick(["list", "tuple"])) if several else "single",
        "batch": dice.number(2, 8),
        "short": dice.number(0, 1),
    }


def _metrics(dice: Dice, heads: list[Any]) -> list[Any] | None:
    """For each output one by itself, or a list; a list if there is one output only."""
    if dice.chance(0.3):
        return None
    chosen = [dice.pick([suited, suited[:1], suited[0]]) for *_, suited in heads]
    return chosen if len(heads) > 1 else [told if isinstance(told, list) else [told] for told in chosen]


def _input_form(dice: Dice, form: str) -> str:
    """Data for a model whose inputs have this form."""
    if form in ("single", "dict"):
        return form
    return "dict" if dice.chance(0.4) else dice.pick(["list", "tuple"])


def _frozen(dice: Dice, network: dict[str, Any]) -> list[list[str]]:
    """Paths of layers, whole nested models, or layers inside of those."""
    paths = []
    for name, (kind, arguments) in network["layers"].items():
        if not dice.chance(0.08) or "name" not in arguments or name.startswith("head"):
            continue
        inside = arguments["layers"] if kind == "Network" else {}
        inner = [layer for layer, (_, settings) in inside.items() if "name" in settings]
        paths.append([name, dice.pick(inner)] if inner and dice.chance(0.5) else [name])
    return paths
