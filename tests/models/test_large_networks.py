"""Networks of many calls: what is done with them takes time in proportion to their size, whatever their form."""

import numpy as np
import pytest

from planish import Input, Model, Sequential, ops
from planish.layers import Add, Dense, ReLU
from planish.layers.base import context
from planish.models import wiring

MANY = 300


def counted(monkeypatch, function):
    """How often `wiring` asks whether something that a call needs is there, while `function` runs."""
    asked = []
    is_there = wiring._is_there
    monkeypatch.setattr(wiring, "_is_there", lambda *question: asked.append(question) or is_there(*question))
    function()
    return len(asked)


def chain(layers):
    x = y = Input((2,))
    for layer in layers:
        y = layer(y)
    return Model(x, y)


def star():
    x = Input((2,))
    return Model(x, Add()([ReLU()(x) for _ in range(MANY)]))


def shared():
    dense = Dense(2)
    return chain([dense] * MANY)


@pytest.mark.parametrize("make", [lambda: chain([ReLU() for _ in range(MANY)]), star, shared])
@pytest.mark.parametrize("order", [1, -1])
def test_a_network_is_put_together_without_looking_twice_at_what_is_missing(make, order, monkeypatch):
    config = make().get_config()
    config["layers"] = config["layers"][::order]
    calls = sum(len(layer["inbound_nodes"]) for layer in config["layers"])
    inputs = MANY if make is star else 0
    assert counted(monkeypatch, lambda: Model.from_config(config)) <= 2 * (calls + inputs) + 2


def test_one_tensor_stacked_very_often_can_be_saved():
    x = Input((2,))
    model = Model(x, ops.stack([x] * 2_000, axis=1))
    assert Model.from_config(model.get_config()).output_shape == (None, 2_000, 2)


def test_models_that_double_at_each_level_are_refused_where_they_are_traced(monkeypatch):
    monkeypatch.setattr(context, "MOST_VISITS", 500)
    model = Sequential([Input((2,)), ReLU()])
    for _ in range(40):
        x = Input((2,))
        model = Model(x, model(x) + model(x))
    again = Model.from_config(model.get_config())
    with pytest.raises(ValueError, match=r"calls layers too often to be compiled(.|\n)*y = inner\(x\); y \+ y"):
        again.predict(np.ones((1, 2)), verbose=0)


@pytest.mark.parametrize("make", [lambda layers: Sequential([Input((2,)), *layers]), chain])
def test_equal_names_are_refused_alike(make):
    with pytest.raises(ValueError, match="two layers have the same name") as caught:
        make([Dense(2, name="a"), ReLU(), Dense(2, name="a")])
    _, *rest = str(caught.value).split(": two layers", 1)
    assert rest == [
        " have the same name\n"
        "  rule:     all layers of a model have different names\n"
        "  received: 'a' again\n"
        "  remedy:   give it another one: name='...'"
    ]


def test_a_configuration_with_equal_names_is_refused_in_the_same_words():
    config = chain([Dense(2, name="a"), ReLU()]).get_config()
    config["layers"].append(config["layers"][1])
    with pytest.raises(ValueError, match=r"two layers have the same name\n(.|\n)*received: 'a' again"):
        Model.from_config(config)
