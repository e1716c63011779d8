"""Layers inside layers. Numbers and names were asked of Keras 3.15.1 on TensorFlow."""

import copy
import pickle
import re

import numpy as np
import pytest

from planish import primitives
from planish.layers import BatchNormalization, Dense, Dropout, Flatten, Input, Layer
from planish.layers.base.context import CallContext
from planish.models import Sequential, load_model
from planish.utils import set_random_seed

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.random((32, 2), dtype=np.float32), RANDOM.random((32, 1), dtype=np.float32)


class Block(Layer):
    """Keras code: layers as attributes, in a list and in a dictionary, one of them twice, and a weight of its own."""

    def __init__(self, n=3, **options):
        super().__init__(**options)
        self.n = n
        self.first = Dense(n, activation="relu")
        self.stack = [Dense(n), Dense(n, name="mine")]
        self.by = {"a": Dense(n), "b": BatchNormalization()}
        self.alias = self.first

    def build(self, input_shape):
        self.own = self.add_weight(shape=(self.n,), name="own")

    def call(self, x):
        x = self.first(x)
        for layer in self.stack:
            x = layer(x)
        return primitives.add(self.by["b"](self.by["a"](x)), self.own.node)

    def get_config(self):
        return {**super().get_config(), "n": self.n}


class Twice(Layer):
    """Gives the sum of what a layer gives for x and for 2 * x."""

    def __init__(self, inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x, context):
        return primitives.add(self.inner(x), self.inner(primitives.multiply(x, 2.0)))


class Noisy(Layer):
    """The difference of two dropouts: zero only where they draw alike."""

    def __init__(self, *inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x, training=False):
        first, second = (layer(x) for layer in self.inner)
        return primitives.subtract(first, second)


def blocks():
    return Sequential([Input((2,)), Block(), Block(), Dense(1)])


def paths_of(block, normalization, *dense):
    """The paths of a block's weights in Keras's order: its own first, then those of its parts as they were assigned."""
    kernels = [f"{block}/{name}/{weight}" for name in dense for weight in ("kernel", "bias")]
    others = ("gamma", "beta", "moving_mean", "moving_variance")
    return [f"{block}/own", *kernels, *(f"{block}/{normalization}/{name}" for name in others)]


PATHS = [
    *paths_of("block", "batch_normalization", "dense", "dense_1", "mine", "dense_2"),
    *paths_of("block_1", "batch_normalization_1", "dense_3", "dense_4", "mine", "dense_5"),
    *("dense_6/kernel", "dense_6/bias"),
]


def test_weights_are_those_of_keras_in_keras_order():
    model = blocks()
    assert [variable.path for variable in model.weights] == PATHS
    trained = [path for path in PATHS if "moving" not in path]
    assert [variable.path for variable in model.trainable_weights] == trained
    assert (model.count_params(), model.layers[0].count_params()) == (127, 60)
    assert len(model.get_layer("block").get_weights()) == 13


def test_the_summary_counts_them_as_keras_does():
    printed = []
    blocks().summary(print_fn=printed.append)
    text = printed[0]
    assert re.search(r"block \(Block\) +│ \(None, 3\) +│ +60 │", text)
    assert "Total params: 127 (508.00 B)" in text
    assert "Trainable params: 115 (460.00 B)" in text
    assert "Non-trainable params: 12 (48.00 B)" in text


def computed(model, x):
    """What a model of blocks gives, in plain NumPy."""
    for block in model.layers[:-1]:
        own, *dense, gamma, beta, mean, variance = block.get_weights()
        x = np.maximum(x @ dense[0] + dense[1], 0)
        for kernel, bias in zip(dense[2::2], dense[3::2], strict=True):
            x = x @ kernel + bias
        x = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta + own
    kernel, bias = model.layers[-1].get_weights()
    return x @ kernel + bias


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_they_predict_and_train(run_eagerly):
    set_random_seed(1)  # with some kernels, relu gives nothing but zeros
    model = blocks()
    np.testing.assert_allclose(model.predict(X, verbose=0), computed(model, X), rtol=0, atol=1e-5)
    np.testing.assert_allclose(model(X), computed(model, X), rtol=0, atol=1e-5)
    model.compile("adam", "mse", run_eagerly=run_eagerly)
    before = model.get_weights()
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    unchanged = [v.path for v, old in zip(model.weights, before, strict=True) if np.array_equal(v.value, old)]
    assert unchanged == []
    np.testing.assert_allclose(model.predict(X, verbose=0), computed(model, X), rtol=0, atol=1e-5)


def test_both_kinds_of_training_agree():
    model = blocks()
    other = copy.deepcopy(model)
    for each, eager in ((model, True), (other, False)):
        each.compile("sgd", "mse", run_eagerly=eager)
        each.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


def test_activations_name_the_layers_of_the_model_and_give_any():
    model = blocks()
    assert [*model.activations(X)] == ["block", "block_1", "dense_6"]
    inner = model.layers[1].stack[0]
    assert model.activations(X, inner).shape == model.activations(X, "dense_4").shape == (32, 3)
    with pytest.raises(ValueError, match="2 layers inside the model have the name 'mine'"):
        model.activations(X, "mine")


def test_freezing_a_block_freezes_what_is_in_it():
    model = blocks()
    model.layers[0].trainable = False
    assert not any(layer.trainable for layer in [model.layers[0].first, *model.layers[0].stack])
    assert model.trainable_weights[0].path == "block_1/own"
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(one, two) for one, two in zip(before, model.layers[0].get_weights(), strict=True))


def test_two_dropouts_in_a_layer_drop_other_numbers():
    model = Sequential([Input((1000,)), Noisy(Dropout(0.5), Dropout(0.5))])
    difference = model(np.ones((1, 1000), np.float32), training=True)
    assert 400 < np.count_nonzero(difference) < 600
    assert not model(np.ones((1, 1000), np.float32)).any()
    alone = Noisy(Dropout(0.5), Dropout(0.5))(np.ones((1, 1000), np.float32), training=True)
    assert 400 < np.count_nonzero(alone) < 600


def test_one_dropout_that_is_used_twice_drops_other_numbers():
    shared = Dropout(0.5)
    assert Noisy(shared, shared)(np.ones((1, 1000), np.float32), training=True).any()


def test_a_part_can_be_told_how_to_behave():
    class Told(Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = Dropout(0.5)

        def call(self, x, context):
            return self.inner(x, training=not context.training)

    ones = np.ones((1, 1000), np.float32)
    assert (Told()(ones, training=True) == 1).all()
    assert (Told()(ones) != 1).any()


def test_all_updates_of_a_shared_batch_normalization_count():
    normalization = BatchNormalization(momentum=0.9)
    Twice(normalization)(X, training=True)
    mean, variance = np.zeros(2), np.ones(2)
    for batch in (X, 2 * X):
        mean = 0.9 * mean + 0.1 * batch.mean(axis=0)
        variance = 0.9 * variance + 0.1 * batch.var(axis=0)
    np.testing.assert_allclose(normalization.moving_mean, mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(normalization.moving_variance, variance, rtol=0, atol=1e-6)


def test_they_count_in_compiled_training_too():
    model = Sequential([Input((2,)), Twice(BatchNormalization(momentum=0.9)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=32, verbose=0)
    expected = 0.9 * (0.1 * X.mean(axis=0)) + 0.1 * (2 * X).mean(axis=0)
    np.testing.assert_allclose(model.layers[0].inner.moving_mean, expected, rtol=0, atol=1e-6)


def test_a_shared_layer_has_its_weights_once_and_learns_from_both_uses():
    model = Sequential([Input((2,)), Twice(Dense(1, use_bias=False))])
    assert len(model.weights) == 1
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(model.predict(X, verbose=0), 3 * X @ kernel, rtol=1e-5)
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.1
    gradient = np.mean(2 * (3 * X @ kernel - Y) * 3 * X, axis=0)[:, None]
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.1 * gradient, rtol=0, atol=1e-5)


def test_an_update_is_what_later_layers_read():
    class Counting(Layer):
        def create_weights(self, shape):
            self.count = self.add_weight("count", (), "zeros", trainable=False)

        def call(self, x, context):
            context.update(self.count, primitives.add(self.count.node, 1.0))
            return primitives.multiply(x, self.count.node)

    counting = Counting()
    np.testing.assert_allclose(Twice(counting)(X), X * 1 + 2 * X * 2)
    assert counting.count == 2
    assert counting.count.node.op == "parameter"


def test_a_model_in_a_layer():
    inner = Sequential([Dense(3, activation="relu"), Dense(1)])
    model = Sequential([Input((2,)), Twice(inner)])
    assert model.weights[0].path.endswith(f"/{inner.name}/{inner.layers[0].name}/kernel")
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    np.testing.assert_allclose(model.predict(X, verbose=0), inner.predict(X) + inner.predict(2 * X), rtol=1e-4)


def test_layers_of_custom_layers_with_a_list_called_layers():
    class Pile(Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.layers = []
            for units in (4, 1):
                self.layers.append(Dense(units))

        def call(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    model = Sequential([Input((2, 1)), Flatten(), Pile()])
    assert len(model.weights) == 4
    assert [*model.activations(X[..., None])] == [layer.name for layer in model.layers]
    assert model.flatten_map() is not None
    printed = []
    model.summary(print_fn=printed.append, expand_nested=True)
    assert "└" not in printed[0].split("Output Shape")[1].split("Total")[0].replace("└─", "")


def test_a_layer_that_takes_the_place_of_another_is_used():
    model = Sequential([Input((2,)), Twice(Dense(1))])
    before = model.predict(X, verbose=0)
    model.layers[0].inner = Dense(1, kernel_initializer="zeros")
    assert not model.predict(X, verbose=0).any()
    assert before.any()
    assert len(model.weights) == 2


def test_build_makes_all_weights():
    block = Block()
    block.build((None, 2))
    assert (block.built, len(block.weights)) == (True, 1)  # as in Keras: the others are made when they are called
    twice = Twice(Dense(3))
    twice.build((None, 2))
    assert (twice.built, len(twice.weights)) == (True, 2)
    assert twice.compute_output_shape((None, 2)) == (None, 3)


def test_another_shape_can_be_tried_after_a_failure():
    class Picky(Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense, self.flat = Dense(3), Dense(2, input_shape=(3,))

        def call(self, x, context):
            if x.shape[-1] == 5:
                self.dense(x)
                raise ValueError("not this one")
            return self.flat(self.dense(x))

    layer = Picky()
    with pytest.raises(ValueError, match="not this one"):
        layer(np.ones((1, 5), np.float32))
    assert (layer.built, layer.dense.built, layer.weights) == (False, False, [])
    assert layer(np.ones((1, 4), np.float32)).shape == (1, 2)


def test_what_is_not_a_node_is_refused():
    class Wrong(Layer):
        def call(self, x):
            return [x, 1.0]

    with pytest.raises(
        TypeError,
        match=r"Wrong 'mine': call did not return a node\n.*\n  expected: one node, or a list.*\n  received: a float",
    ):
        Wrong(name="mine")(X)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies(again):
    model = blocks()
    other = again(model)
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    assert other.layers[0].alias is other.layers[0].first
    other.layers[0].first.kernel.assign(np.zeros((2, 3)))
    assert model.layers[0].first.kernel.numpy().any()


def test_unbuilt_copies_have_layers_of_their_own():
    block = blocks().layers[0]
    other = block.unbuilt_copy()
    assert other.alias is other.first is not block.first
    assert (other.built, other.weights, len(block.weights)) == (False, [], 13)


def test_files_hold_them_where_keras_has_them(tmp_path):
    import h5py

    model = blocks()
    model.save_weights(tmp_path / "model.weights.h5")
    with h5py.File(tmp_path / "model.weights.h5") as file:
        shapes = {}
        file.visititems(lambda name, item: shapes.update({name: item.shape}) if hasattr(item, "shape") else None)
    normalization = [f"by/batch_normalization/vars/{number}" for number in range(4)]
    dense = [f"{name}/vars/{n}" for name in ("alias", "by/dense", "stack/dense", "stack/dense_1") for n in (0, 1)]
    expected = {f"layers/block/{name}" for name in ("vars/0", *normalization, *dense)}
    assert {name for name in shapes if name.startswith("layers/block/")} == expected


def test_models_of_them_are_saved_and_loaded(tmp_path):
    model = blocks()
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras", custom_objects={"Block": Block})
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    for each in (model, loaded):
        each.fit(X, Y, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    fresh = blocks()
    fresh.load_weights(tmp_path / "model.keras")
    assert fresh.get_weights()[1].tolist() != model.get_weights()[1].tolist()


def test_a_trace_in_training_collects_what_parts_leave_behind():
    model = blocks()
    model.trace(context := CallContext(training=True))
    assert [variable.path for variable in context.updates] == [path for path in PATHS if "moving" in path]
    assert [visit.layer.name for visit in context.visits if not visit.in_layer] == [
        "block",
        "block_1",
        "dense_6",
        model.name,
    ]


@pytest.mark.parametrize(
    "call",
    [
        lambda self, x: 2 * super(type(self), self).call(x),
        lambda self, x, **options: 2 * super(type(self), self).call(x, **options),
        lambda self, x, training=None: 2 * super(type(self), self).call(x, training=training),
        lambda self, x, context: 2 * super(type(self), self).call(x, context),
    ],
)
@pytest.mark.parametrize("base", [Dense, BatchNormalization, Sequential])
def test_a_subclass_calls_what_it_derives_from_as_in_keras(base, call):
    def made(class_):
        return class_([Dense(2, kernel_initializer="ones")]) if base is Sequential else class_(*[2] * (base is Dense))

    plain, twice = made(base), made(type("Own", (base,), {"call": call}))
    plain.build((None, 2))
    twice.build((None, 2))
    twice.set_weights(plain.get_weights())
    for training in (False, True):
        np.testing.assert_allclose(twice(X, training=training), 2 * plain(X, training=training), rtol=1e-6)
    for one, two in zip(plain.get_weights(), twice.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)  # moving statistics too
