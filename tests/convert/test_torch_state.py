"""State dicts of PyTorch: names, shapes, orders, and what does not fit."""

import sys
import types

import numpy as np
import pytest

import planish
from planish import layers
from planish.convert import from_state_dict, to_torch_state_dict

RANDOM = np.random.default_rng(0)


def random_weights(model):
    model.set_weights([RANDOM.normal(size=each.shape).astype(np.float32) for each in model.get_weights()])
    return model


def classifier(**names):
    return random_weights(
        planish.Sequential(
            [
                planish.Input((4, 5, 3)),
                layers.Conv2D(2, 1, name=names.get("conv", "conv")),
                layers.Flatten(),
                layers.Dropout(0.5),
                layers.BatchNormalization(name=names.get("norm", "norm")),
                layers.Dense(6, name=names.get("dense", "dense")),
            ]
        )
    )


def as_in_pytorch(state, x, names=("conv", "norm", "dense")):
    """What PyTorch's modules compute of images that have their channels first."""
    conv, norm, dense = names
    y = np.einsum("nchw,fc->nfhw", x, state[f"{conv}.weight"][:, :, 0, 0]) + state[f"{conv}.bias"][:, None, None]
    y = y.reshape(len(y), -1)
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + 1e-3)
    y = (y - state[f"{norm}.running_mean"]) * scale + state[f"{norm}.bias"]
    return y @ state[f"{dense}.weight"].T + state[f"{dense}.bias"]


def made_positive(model):
    norm = model.get_layer("norm")
    *others, variance = norm.get_weights()
    norm.set_weights([*others, np.abs(variance) + 0.5])
    return model


def test_rows_behind_a_flatten_are_in_pytorchs_order():
    model = made_positive(classifier())
    x = RANDOM.normal(size=(3, 4, 5, 3)).astype(np.float32)
    theirs = as_in_pytorch(to_torch_state_dict(model), np.moveaxis(x, -1, 1))
    np.testing.assert_allclose(model.predict(x, verbose=0), theirs, rtol=1e-4, atol=1e-4)


def test_rows_behind_two_flattened_maps_and_a_vector_are_in_pytorchs_order():
    one, two, three = planish.Input((2, 3, 4)), planish.Input((3, 2)), planish.Input((5,))
    joined = layers.Concatenate()([layers.Flatten()(one), layers.Flatten()(two), three])
    model = random_weights(planish.Model([one, two, three], layers.Dense(7, name="fc")(joined)))
    x, y, z = (RANDOM.normal(size=(2, *shape)).astype(np.float32) for shape in ((2, 3, 4), (3, 2), (5,)))
    state = to_torch_state_dict(model)
    flat = np.concatenate([np.moveaxis(x, -1, 1).reshape(2, -1), np.moveaxis(y, -1, 1).reshape(2, -1), z], 1)
    ours = model.predict([x, y, z], verbose=0)
    np.testing.assert_allclose(ours, flat @ state["fc.weight"].T + state["fc.bias"], rtol=1e-4, atol=1e-5)


def test_units_in_front_of_a_reshape_are_in_pytorchs_order():
    model = planish.Sequential([planish.Input((3,)), layers.Dense(24, "relu", name="fc"), layers.Reshape((2, 3, 4))])
    random_weights(model)
    x = RANDOM.normal(size=(2, 3)).astype(np.float32)
    state = to_torch_state_dict(model)
    theirs = np.maximum(x @ state["fc.weight"].T + state["fc.bias"], 0).reshape(2, 4, 2, 3)
    np.testing.assert_allclose(np.moveaxis(model.predict(x, verbose=0), -1, 1), theirs, rtol=1e-4, atol=1e-5)


def test_a_flatten_behind_a_permute_is_as_it_is():
    model = planish.Sequential(
        [planish.Input((2, 3, 4)), layers.Permute((3, 1, 2)), layers.Flatten(), layers.Dense(5, name="fc")]
    )
    assert np.array_equal(to_torch_state_dict(model)["fc.weight"], model.get_weights()[0].T)


def test_channels_first_is_as_it_is():
    model = planish.Sequential(
        [
            planish.Input((3, 4, 5)),
            layers.Conv2D(2, 3, data_format="channels_first"),
            layers.Reshape((-1,)),
            layers.Dense(5, name="fc"),
        ]
    )
    assert np.array_equal(to_torch_state_dict(model)["fc.weight"], model.get_weights()[2].T)


def test_the_shapes_of_all_kinds_of_weights():
    model = planish.Sequential(
        [
            planish.Input((9, 9, 4)),
            layers.DepthwiseConv2D((3, 2), depth_multiplier=2, name="depth"),
            layers.SeparableConv2D(6, 2, name="separable"),
            layers.Conv2DTranspose(5, (3, 2), name="transposed"),
            layers.Conv2D(10, 3, groups=5, use_bias=False, name="grouped"),
            layers.GroupNormalization(2, name="group"),
            layers.LayerNormalization(axis=(1, 2, 3), name="layer"),
            layers.PReLU(shared_axes=[1, 2], name="slopes"),
            planish.Sequential([planish.Input((6, 6, 10)), layers.Conv2D(2, 1, name="conv")], name="inner"),
            layers.TimeDistributed(layers.Dense(3, name="each"), name="rows"),
        ]
    )
    shapes = {name: array.shape for name, array in to_torch_state_dict(model).items()}
    rows, columns, channels = model.get_layer("layer").get_weights()[0].shape
    assert shapes == {
        "depth.weight": (8, 1, 3, 2),
        "depth.bias": (8,),
        "separable.depthwise.weight": (8, 1, 2, 2),
        "separable.pointwise.weight": (6, 8, 1, 1),
        "separable.pointwise.bias": (6,),
        "transposed.weight": (6, 5, 3, 2),
        "transposed.bias": (5,),
        "grouped.weight": (10, 1, 3, 3),
        "group.weight": (10,),
        "group.bias": (10,),
        "layer.weight": (channels, rows, columns),
        "layer.bias": (channels, rows, columns),
        "slopes.weight": (10,),
        "inner.conv.weight": (2, 10, 1, 1),
        "inner.conv.bias": (2,),
        "rows.each.weight": (3, 2),
        "rows.each.bias": (3,),
    }


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("renamed", [False, True])
def test_there_and_back_are_the_same_bits(prefix, renamed):
    model = classifier()
    state = to_torch_state_dict(model)
    places = {"conv": "features.0", "norm": "classifier.0", "dense": "classifier.2"} if renamed else {}
    given = {
        f"{prefix}{places.get(module, module)}.{role}": array
        for (module, _, role), array in ((name.rpartition("."), array) for name, array in state.items())
    }
    given[f"{prefix}{places.get('norm', 'norm')}.num_batches_tracked"] = np.array(12)
    like = classifier()
    before = like.get_weights()
    made = from_state_dict(given, like=like)
    for ours, theirs in zip(made.get_weights(), model.get_weights(), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    for ours, theirs in zip(like.get_weights(), before, strict=True):
        assert np.array_equal(ours, theirs)


def test_arrays_are_copies():
    model = classifier()
    before = model.get_weights()
    for array in to_torch_state_dict(model).values():
        array[...] = 0
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(model.get_weights(), before, strict=True))


def test_tensors_if_pytorch_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(from_numpy=lambda array: ("tensor", array.shape)))
    assert to_torch_state_dict(classifier())["conv.bias"] == ("tensor", (2,))


def test_half_precision_is_taken():
    class Tensor:
        dtype = "torch.bfloat16"

        def __init__(self, array):
            self.array = array

        def detach(self):
            return self

        cpu = detach

        def float(self):
            return types.SimpleNamespace(numpy=lambda: self.array)

    model = classifier()
    state = to_torch_state_dict(model)
    made = from_state_dict({name: Tensor(array) for name, array in state.items()}, like=classifier())
    assert all(np.array_equal(a, b) for a, b in zip(made.get_weights(), model.get_weights(), strict=True))


# -- matching ----------------------------------------------------------------------------------------------------------


def two_alike(first="one", second="two", shortcut="three"):
    """Two convolutions of one shape, and a third that PyTorch may have registered before them."""
    x = planish.Input((4, 4, 3))
    y = layers.Conv2D(3, 1, use_bias=False, name=first)(x)
    y = layers.Conv2D(3, 1, use_bias=False, name=second)(y)
    z = layers.Conv2D(5, 1, use_bias=False, name=shortcut)(x)
    return random_weights(planish.Model(x, layers.Concatenate()([y, z])))


def test_another_order_is_found_out_by_names():
    model = two_alike()
    state = to_torch_state_dict(model)
    shuffled = {f"block.{name}": state[name] for name in ("three.weight", "two.weight", "one.weight")}
    made = from_state_dict(shuffled, like=two_alike())
    assert all(np.array_equal(a, b) for a, b in zip(made.get_weights(), model.get_weights(), strict=True))


def text_of(kind, use):
    with pytest.raises(kind) as caught:
        use()
    return str(caught.value).splitlines()


def test_what_would_fit_several_layers_is_named():
    state = to_torch_state_dict(two_alike())
    own = {"c.weight": "three.weight", "a.weight": "one.weight", "b.weight": "two.weight"}
    shuffled = {name: state[each] for name, each in own.items()}
    assert text_of(ValueError, lambda: from_state_dict(shuffled, like=two_alike())) == [
        "Conv2D 'one': from_state_dict: several arrays of the state dict would fit one layer",
        "  rule:     weights are matched by order if all shapes follow one another as in the model, else by names",
        "  expected: Conv2D 'one': weight (3, 3, 1, 1)",
        "  received: 'a', 'b'",
        "  remedy:   name the layers as PyTorch does: name='a'",
    ]


def test_another_shape_is_named():
    state = to_torch_state_dict(classifier())
    state["dense.weight"] = np.zeros((6, 41), np.float32)
    assert text_of(ValueError, lambda: from_state_dict(state, like=classifier())) == [
        "Dense 'dense': from_state_dict: the state dict is that of another network",
        "  expected: Dense 'dense': weight (6, 40), bias (6,)",
        "  received: 'dense': weight (6, 41), bias (6,)",
        "  remedy:   like: a model whose Dense 'dense' has the shapes of 'dense', for images of the same size",
    ]


def test_what_the_model_lacks_is_named():
    state = {**to_torch_state_dict(classifier()), "aux.weight": np.zeros((2, 2), np.float32)}
    lines = text_of(ValueError, lambda: from_state_dict(state, like=classifier()))
    assert lines[0] == "from_state_dict: the model has no layer for 'aux'"
    names = {"state": state}
    left = eval(lines[-1].partition("remedy:")[2].strip(), names)
    assert from_state_dict(left, like=classifier()).built


def test_what_the_state_lacks_is_named():
    state = to_torch_state_dict(classifier())
    left = {name: array for name, array in state.items() if not name.startswith("norm")}
    assert (
        text_of(ValueError, lambda: from_state_dict(left, like=classifier()))[2]
        == "  received: no arrays that are left"
    )


@pytest.mark.parametrize(
    ("kind", "state", "line"),
    [
        (TypeError, [np.zeros(3)], "from_state_dict: this is not a state dict"),
        (ValueError, {"net": {"a": np.zeros(3)}}, "from_state_dict: the state dict is inside: 'net' is a dictionary"),
        (ValueError, {"a": "b"}, "from_state_dict: 'a' is not an array of numbers"),
    ],
)  # fmt: skip
def test_what_is_not_a_state_dict(kind, state, line):
    assert text_of(kind, lambda: from_state_dict(state, like=classifier()))[0] == line


def test_models_without_weights():
    unbuilt = planish.Sequential([layers.Dense(3)])
    assert "has no weights before it knows" in text_of(ValueError, lambda: to_torch_state_dict(unbuilt))[0]
    assert text_of(TypeError, lambda: to_torch_state_dict("model"))[0] == "to_torch_state_dict: this is not a model"
