"""Configurations of functional models that are not what Keras writes: each a ValueError, in bounded time."""

import copy
import json
import random

import pytest

import planish
from planish import ops
from planish.layers import Conv2D, Dense, Input


@pytest.fixture(scope="module")
def config():
    image, row = Input((5, 7, 3), name="image"), Input((4,), name="row")
    maps = Conv2D(4, 3)(image)
    means = ops.mean(maps, axis=(1, 2))
    square = ops.reshape(means, (-1, 2, 2))
    product = ops.einsum("bij,bjk->bik", square, square)
    y = Dense(3)(ops.concatenate([means, row], -1))
    return json.loads(planish.Model([image, row], [y, product, image[:, 1:3, ::2], ops.tile(means, (1, 2))]).to_json())


def places(value, path=()):
    """The keys that lead to every part of a configuration."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (*path, key)
        yield from places(item, (*path, key))


def with_value(config, path, value):
    changed = copy.deepcopy(config)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return changed


def tensor(layer, call, shape):
    return {"class_name": "__keras_tensor__", "config": {"shape": shape, "keras_history": [layer, call, 0]}}


HOSTILE = [
    None, -1, 10**12, 10**30, float("nan"), "x", "a" * 10_000, [], {}, [10**12, 10**12], [[[]]], ["image", 0, 0],
    {"class_name": "__tuple__", "items": [10**12]}, {"class_name": "Dense", "config": {}}, tensor("dense", 99, [None]),
    tensor("image", 0, [None, 10**12]), tensor("nobody", 0, [None]), tensor("dense", 0, [None, 3]),
]  # fmt: skip


def test_values_of_other_kinds_anywhere(config):
    dice, paths = random.Random(0), [*places(config)]
    for _ in range(150):
        text = json.dumps(with_value(config, dice.choice(paths), dice.choice(HOSTILE)))
        try:
            planish.models.model_from_json(text)
        except ValueError:
            continue


def test_a_call_on_nothing(config):
    place = next(i for i, layer in enumerate(config["config"]["layers"]) if layer["class_name"] == "Dense")
    changed = with_value(config, ("config", "layers", place, "inbound_nodes", 0, "args"), [])
    with pytest.raises(ValueError, match="a call of the layer names nothing that another layer gave"):
        planish.models.model_from_json(json.dumps(changed))


def test_layers_that_wait_for_each_other(config):
    layers = config["config"]["layers"]
    place = next(i for i, layer in enumerate(layers) if layer["class_name"] == "Dense")
    changed = with_value(
        config,
        ("config", "layers", place, "inbound_nodes", 0, "args"),
        [tensor(layers[place]["config"]["name"], 0, [None, 7])],
    )
    with pytest.raises(ValueError, match="layers that wait for each other, or for one that is missing: 'dense"):
        planish.models.model_from_json(json.dumps(changed))
