"""Compilations of models of several outputs, in every form that Keras takes: what is History called, and what is in it?

All batches have one size: in Keras on TensorFlow the loss of a single output is a mean over batches, however few images
the last one has.

`run(library, name)` gives the answers of a case: `library` is the module planish, or keras. Weights start from NumPy's
random numbers, so that both start the same. Needs NumPy only.
"""

import math

import numpy as np

COUNT, BATCH = 12, 4
SPARSE = "sparse_categorical_crossentropy"


def two_heads(keras):
    layers = keras.layers
    image, extra = keras.Input((4, 4, 1), name="image"), keras.Input((2,), name="extra")
    x = layers.Concatenate()([layers.Flatten()(image), extra])
    x = layers.Dense(5, activation="tanh")(x)
    return keras.Model(
        [image, extra], [layers.Dense(3, activation="softmax", name="kind")(x), layers.Dense(1, name="size")(x)]
    )


def two_heads_by_key(keras):
    """Outputs in a dictionary, whose keys are not the names of the layers."""
    inner = two_heads(keras)
    return keras.Model({"image": inner.inputs[0], "extra": inner.inputs[1]},
                       {"s": inner.outputs[1], "k": inner.outputs[0]})  # fmt: skip


def two_heads_by_name(keras):
    inner = two_heads(keras)
    return keras.Model(inner.inputs, {"size": inner.outputs[1], "kind": inner.outputs[0]})


def one_head(keras):
    layers = keras.layers
    image, extra = keras.Input((4, 4, 1), name="image"), keras.Input((2,), name="extra")
    x = layers.Concatenate()([layers.Flatten()(image), extra])
    return keras.Model([image, extra], layers.Dense(3, activation="softmax", name="kind")(x))


def same_layer_twice(keras):
    """Two outputs of one layer have one name."""
    layers = keras.layers
    dense = layers.Dense(2, name="shared")
    image, extra = keras.Input((4, 4, 1), name="image"), keras.Input((2,), name="extra")
    x = layers.Dense(2, name="front")(layers.Flatten()(image))
    return keras.Model([image, extra], [dense(x), dense(extra)])


def data():
    random = np.random.default_rng(5)
    return {
        "image": random.standard_normal((COUNT, 4, 4, 1)).astype(np.float32),
        "extra": random.standard_normal((COUNT, 2)).astype(np.float32),
        "kind": random.integers(0, 3, COUNT).astype(np.int32),
        "size": random.standard_normal((COUNT, 1)).astype(np.float32),
        "weights": random.random(COUNT).astype(np.float32),
        "others": random.random(COUNT).astype(np.float32),
        "pair": random.standard_normal((COUNT, 2)).astype(np.float32),
    }


def listed(d):
    return [d["image"], d["extra"]]


def named(d):
    return {"extra": d["extra"], "image": d["image"]}


LIST_Y = lambda d: [d["kind"], d["size"]]  # noqa: E731
NAMED_Y = lambda d: {"size": d["size"], "kind": d["kind"]}  # noqa: E731
KEYED_Y = lambda d: {"s": d["size"], "k": d["kind"]}  # noqa: E731
ONE_Y = lambda d: d["kind"]  # noqa: E731
PAIR_Y = lambda d: [d["pair"], d["pair"]]  # noqa: E731

# name: (model, compile's arguments, x, y, fit's further arguments)
CASES = {
    "list of losses": (two_heads, {"loss": [SPARSE, "mse"]}, listed, LIST_Y, {}),
    "dict of losses": (two_heads, {"loss": {"size": "mse", "kind": SPARSE}}, named, NAMED_Y, {}),
    "dict of losses, list of targets": (two_heads, {"loss": {"size": "mse", "kind": SPARSE}}, named, LIST_Y, {}),
    "one loss for all": (same_layer_twice, {"loss": "mse"}, listed, PAIR_Y, {}),
    "one loss for all and metrics": (same_layer_twice, {"loss": "mse", "metrics": ["mae"]}, listed, PAIR_Y, {}),
    "list of lists of metrics": (
        two_heads, {"loss": [SPARSE, "mse"], "metrics": [["accuracy"], ["mae", "mse"]]}, listed, LIST_Y, {},
    ),
    "list of metrics, one each": (
        two_heads, {"loss": [SPARSE, "mse"], "metrics": ["accuracy", "mae"]}, listed, LIST_Y, {},
    ),
    "metrics for one output of a list": (
        two_heads, {"loss": [SPARSE, "mse"], "metrics": [None, ["mae"]]}, listed, LIST_Y, {},
    ),
    "dict of metrics": (
        two_heads, {"loss": [SPARSE, "mse"], "metrics": {"size": ["mae"], "kind": "accuracy"}}, listed, LIST_Y, {},
    ),
    "dict of metrics for one output": (
        two_heads, {"loss": {"kind": SPARSE, "size": "mse"}, "metrics": {"kind": ["accuracy"]}}, named, NAMED_Y, {},
    ),
    "loss weights in a list": (
        two_heads, {"loss": [SPARSE, "mse"], "loss_weights": [0.3, 2.0], "metrics": [[], ["mae"]]}, listed, LIST_Y, {},
    ),
    "loss weights in a dict": (
        two_heads,
        {"loss": {"kind": SPARSE, "size": "mae"}, "loss_weights": {"kind": 0.5, "size": 1.5}},
        named, NAMED_Y, {},
    ),
    "a loss for one output only": (two_heads, {"loss": [None, "mse"]}, listed, LIST_Y, {}),
    "a loss for one output only, by name": (two_heads, {"loss": {"size": "mse"}}, listed, NAMED_Y, {}),
    "outputs by key": (
        two_heads_by_key,
        {"loss": {"k": SPARSE, "s": "mse"}, "metrics": {"k": ["accuracy"], "s": ["mae"]}},
        named, KEYED_Y, {},
    ),
    "outputs by name": (
        two_heads_by_name,
        {"loss": {"kind": SPARSE, "size": "mse"}, "metrics": {"kind": ["accuracy"], "size": ["mae"]}},
        named, NAMED_Y, {},
    ),
    "sample weights for all": (
        two_heads, {"loss": [SPARSE, "mse"]}, listed, LIST_Y, {"sample_weight": lambda d: [d["weights"], d["others"]]},
    ),
    "sample weights by name": (
        two_heads,
        {"loss": {"kind": SPARSE, "size": "mse"}, "weighted_metrics": {"kind": ["accuracy"], "size": ["mae"]}},
        named, NAMED_Y, {"sample_weight": lambda d: {"kind": d["weights"], "size": d["others"]}},
    ),
    "one sample weight for two outputs": (
        two_heads, {"loss": [SPARSE, "mse"]}, listed, LIST_Y, {"sample_weight": lambda d: d["weights"]},
    ),
    "validation": (
        two_heads, {"loss": [SPARSE, "mse"], "metrics": [["accuracy"], ["mae"]]}, listed, LIST_Y,
        {"validation_data": lambda d: (listed(d), LIST_Y(d))},
    ),
    "validation with weights": (
        two_heads, {"loss": [SPARSE, "mse"]}, listed, LIST_Y,
        {"validation_data": lambda d: (listed(d), LIST_Y(d), [d["weights"], d["others"]])},
    ),
    "a part of the data for validation": (
        two_heads, {"loss": [SPARSE, "mse"]}, named, LIST_Y, {"validation_split": lambda d: 1 / 3},
    ),
    "class weights of the only output": (
        one_head, {"loss": SPARSE, "metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}, listed, ONE_Y,
        {"class_weight": lambda d: {0: 1.0, 1: 2.0, 2: 0.5}},
    ),
    "one output, loss by name": (one_head, {"loss": {"kind": SPARSE}}, named, lambda d: {"kind": d["kind"]}, {}),
    "one output, loss and metric by name": (
        one_head, {"loss": {"kind": SPARSE}, "metrics": {"kind": "accuracy"}}, named, ONE_Y, {},
    ),
    "one output, loss in a list": (
        one_head, {"loss": [SPARSE], "metrics": ["accuracy"]}, named, lambda d: [d["kind"]], {},
    ),
    "metrics of one name for two outputs": (
        same_layer_twice, {"loss": ["mse", "mae"], "metrics": [["mae"], ["mae"]]}, listed, PAIR_Y, {},
    ),
    "everything in tuples": (
        two_heads, {"loss": (SPARSE, "mse")}, lambda d: tuple(listed(d)), lambda d: tuple(LIST_Y(d)), {},
    ),
}  # fmt: skip


def start(model):
    """The same weights on both sides."""
    random = np.random.default_rng(3)
    model.set_weights(
        [
            (random.standard_normal(shape) / math.sqrt(shape[0])).astype(np.float32)
            for shape in (tuple(variable.shape) for variable in model.weights)
        ]
    )


def run(keras, name):
    build, settings, x, y, more = CASES[name]
    given = data()
    model = build(keras)
    start(model)
    model.compile(keras.optimizers.SGD(0.1), **settings)
    extra = {key: make(given) for key, make in more.items()}
    history = model.fit(x(given), y(given), batch_size=BATCH, epochs=2, shuffle=False, verbose=0, **extra)
    weighted = {"sample_weight": extra["sample_weight"]} if "sample_weight" in extra else {}
    scores = model.evaluate(x(given), y(given), batch_size=BATCH, verbose=0, **weighted)
    by_name = model.evaluate(x(given), y(given), batch_size=BATCH, verbose=0, return_dict=True, **weighted)
    step = model.train_on_batch(x(given), y(given), return_dict=True, **weighted)
    test = model.test_on_batch(x(given), y(given), return_dict=True, **weighted)
    return {
        "history": {key: [float(value) for value in values] for key, values in history.history.items()},
        "evaluate": plain(scores),
        "evaluate_by_name": plain(by_name),
        "train_on_batch": plain(step),
        "test_on_batch": plain(test),
        "metrics_names": list(model.metrics_names),
    }


def plain(value):
    if isinstance(value, dict):
        return {key: float(number) for key, number in value.items()}
    return [float(number) for number in value] if isinstance(value, list | tuple) else float(value)
