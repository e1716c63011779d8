"""Layers as Keras users write them."""

import numpy as np

from tests.keras.own.programs import array, names, numbered, program, raised, rows, shapes


def linear(keras, **changes):
    class Linear(keras.layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
            self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return type("Linear", (Linear,), changes) if changes else Linear


@program
def weights_made_in_init(keras):
    class Linear(keras.layers.Layer):
        def __init__(self, units=3, input_dim=2):
            super().__init__()
            self.w = self.add_weight(shape=(input_dim, units), initializer="ones", trainable=True)
            self.b = self.add_weight(shape=(units,), initializer="zeros", trainable=True)

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

    layer = Linear()
    before = [layer.built, shapes(layer.weights)]
    return before, array(layer(rows(2, 2))), layer.built, [each is layer.w for each in layer.weights]


@program
def weights_made_in_build(keras):
    layer = linear(keras)(4)
    before = [layer.built, len(layer.weights)]
    shape = layer(keras.Input((5,))).shape
    return before, list(shape), layer.built, shapes(layer.weights), array(numbered(layer)(rows(2, 5)))


@program
def build_that_calls_that_of_the_base_class(keras):
    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
            super().build(input_shape)

        def call(self, x):
            return x * self.scale

    layer = Scale()
    return list(layer(keras.Input((5,))).shape), layer.built, names(layer.weights)


@program
def build_that_sets_built(keras):
    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
            self.built = True

        def call(self, x):
            return x * self.scale

    layer = Scale(name="mine")
    layer.build((None, 3))
    layer.build_again = layer.built
    return layer.built, shapes(layer.weights), array(layer(rows(2, 3)))


@program
def trainable_and_other_weights(keras):
    class Mixed(keras.layers.Layer):
        def build(self, input_shape):
            self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")
            self.kernel = self.add_weight(shape=(input_shape[-1], 2), initializer="ones", name="kernel")
            self.mean = self.add_weight(shape=(2,), initializer="zeros", trainable=False, name="mean")
            self.inner = keras.layers.Dense(2, name="inner")
            self.inner.build((None, 2))
            self.bias = self.add_weight(shape=(2,), initializer="zeros", name="bias")

        def call(self, x):
            return self.inner(keras.ops.matmul(x, self.kernel)) + self.bias

    layer = Mixed()
    layer.build((None, 3))
    return {
        "weights": names(layer.weights),
        "variables": names(layer.variables),
        "trainable": names(layer.trainable_weights),
        "others": names(layer.non_trainable_variables),
        "count": layer.count_params(),
    }


@program
def frozen_layer_with_layers_inside(keras):
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(2), keras.layers.Dense(3)

        def call(self, x):
            return self.second(self.first(x))

    layer = Outer()
    layer(rows(1, 4))
    layer.first.trainable = False
    some = [len(layer.trainable_weights), len(layer.non_trainable_weights)]
    layer.trainable = False
    none = [len(layer.trainable_weights), layer.second.trainable, layer.second.kernel.trainable]
    layer.trainable = True
    return some, none, len(layer.trainable_weights)


@program
def orders_of_the_arguments_of_add_weight(keras):
    layer = keras.layers.Layer()
    made = [
        layer.add_weight((3,), "zeros"),
        layer.add_weight((3, 2), "ones", "float32", trainable=False, name="second"),
        layer.add_weight(shape=(2,), initializer=keras.initializers.Constant(3.0), name="third"),
        layer.add_weight(name="scalar", initializer="ones"),
        layer.add_weight(shape=[4], initializer="zeros", name="of_list"),
        layer.add_weight(shape=(1,), regularizer="l2", constraint="non_neg", name="kept"),
    ]
    return shapes(made), [each.trainable for each in made], [array(each) for each in made[:5]], names(made[1:])


@program
def regularized_weight(keras):
    class Kernel(keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight(
                shape=(input_shape[-1], 2), initializer="ones", regularizer=keras.regularizers.L2(0.5), name="kernel"
            )

        def call(self, x):
            return keras.ops.matmul(x, self.kernel)

    layer = Kernel()
    layer(rows(2, 3))
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile("sgd", "mse")
    loss = model.evaluate(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)
    return float(loss)


@program
def constrained_weight(keras):
    class Kernel(keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(3, 2), initializer="ones", constraint="non_neg")

        def call(self, x):
            return keras.ops.matmul(x, self.kernel)

    model = keras.Sequential([keras.Input((3,)), Kernel()])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), batch_size=4, verbose=0)
    return model.get_weights()


@program
def activity_regularizer(keras):
    class Same(keras.layers.Layer):
        def call(self, x):
            return x * 2.0

    model = keras.Sequential([keras.Input((3,)), Same(activity_regularizer=keras.regularizers.L1(0.5))])
    model.compile("sgd", "mse")
    return float(model.evaluate(np.ones((4, 3)), np.full((4, 3), 2.0), verbose=0))


@program
def training_as_an_argument(keras):
    class Either(keras.layers.Layer):
        def call(self, x, training=None):
            return x * 2.0 if training else x + 1.0

    layer = Either()
    x = np.full((1, 2), 3.0)
    return array(layer(x)), array(layer(x, training=True)), array(layer(x, training=False))


@program
def training_that_is_true_by_default(keras):
    class Always(keras.layers.Layer):
        def call(self, x, training=True):
            return x * 2.0 if training else x + 1.0

    model = keras.Sequential([keras.Input((2,)), Always()])
    x = np.full((1, 2), 3.0)
    return array(Always()(x)), array(model(x)), array(model.predict(x, verbose=0))


@program
def training_reaches_layers_inside(keras):
    class Inner(keras.layers.Layer):
        def call(self, x, training=False):
            return x * 2.0 if training else x + 1.0

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.still = Inner(), Inner()

        def call(self, x):
            return self.inner(x) + 10.0 * self.still(x, training=False)

    x = np.full((1, 2), 3.0)
    return array(Outer()(x)), array(Outer()(x, training=True))


@program
def layers_in_lists_tuples_and_dictionaries(keras):
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.listed = [keras.layers.Dense(2, name="d0"), keras.layers.Dense(2, name="d1")]
            self.pair = (keras.layers.Dense(2, name="t0"), [keras.layers.Dense(2, name="t1")])
            self.named = {"z": keras.layers.Dense(2, name="dz"), "a": {"b": keras.layers.Dense(2, name="db")}}

        def call(self, x):
            for layer in [*self.listed, self.pair[0], *self.pair[1], self.named["z"], self.named["a"]["b"]]:
                x = layer(x)
            return x

    layer = Holder()
    layer(rows(1, 2))
    return len(layer.weights), [each.path.split("/")[-2] for each in layer.weights]


@program
def layers_added_to_a_list_later(keras):
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.blocks = []
            for units in (4, 3):
                self.blocks.append(keras.layers.Dense(units))

        def call(self, x):
            for layer in self.blocks:
                x = layer(x)
            return x

    layer = Holder()
    return list(layer(keras.Input((2,))).shape), shapes(layer.weights)


@program
def layers_made_in_build(keras):
    class Lazy(keras.layers.Layer):
        def build(self, input_shape):
            self.dense = keras.layers.Dense(input_shape[-1] * 2)
            self.dense.build(input_shape)

        def call(self, x):
            return self.dense(x)

    layer = Lazy()
    return list(layer(keras.Input((3,))).shape), shapes(layer.weights)


@program
def layers_made_in_build_but_built_in_call(keras):
    class Lazy(keras.layers.Layer):
        def build(self, input_shape):
            self.dense = keras.layers.Dense(4)

        def call(self, x):
            return self.dense(x)

    layer = Lazy()
    return list(layer(keras.Input((3,))).shape), shapes(layer.weights)


@program
def a_layer_made_in_call_of_a_layer_that_is_built(keras):
    class Lazy(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(1,), initializer="ones")

        def call(self, x):
            if not hasattr(self, "dense"):
                self.dense = keras.layers.Dense(4)
            return self.dense(x)

    return raised(lambda: Lazy()(rows(1, 3)))


@program
def a_weight_made_after_build(keras):
    layer = linear(keras)()
    layer.build((None, 3))

    def add():
        layer.more = layer.add_weight(shape=(2,))

    return raised(add)
