"""Configurations, shapes and attributes of layers of users' own."""

import numpy as np

from tests.keras.own.layers import linear
from tests.keras.own.programs import array, names, numbered, program, raised, rows, shapes


@program
def a_config_that_is_written(keras):
    layer = linear(keras)(4, name="mine")
    config = layer.get_config()
    again = type(layer).from_config(config)
    return config, again.units, again.name


@program
def a_config_that_is_not_written(keras):
    class Plain(keras.layers.Layer):
        def __init__(self, units, rate=0.5, flags=(1, 2), name=None):
            super().__init__(name=name)
            self.units, self.rate = units, rate

    config = Plain(4, name="mine").get_config()
    again = Plain.from_config(config)
    return config, again.units, again.rate, again.name


@program
def a_config_that_is_not_written_with_keywords(keras):
    class Plain(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

    config = Plain(4, name="mine", trainable=False).get_config()
    again = Plain.from_config(config)
    return config, again.units, again.name, again.trainable


@program
def a_config_that_is_not_written_without_a_name(keras):
    class Plain(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units

    config = Plain(4).get_config()
    return sorted(config), config["units"]


@program
def a_config_that_is_not_written_of_objects(keras):
    class Holding(keras.layers.Layer):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

    return raised(Holding(keras.layers.Dense(2)).get_config)


@program
def a_config_that_is_not_written_of_many(keras):
    class Holding(keras.layers.Layer):
        def __init__(self, *sizes):
            super().__init__()
            self.sizes = sizes

    return raised(Holding(1, 2).get_config)


@program
def a_config_that_is_not_written_of_nothing(keras):
    class Plain(keras.layers.Layer):
        def call(self, x):
            return x

    config = Plain(name="mine").get_config()
    return config["name"], config["trainable"], Plain.from_config(config).name


@program
def an_output_shape_that_is_written(keras):
    layer = linear(keras, compute_output_shape=lambda self, input_shape: (*input_shape[:-1], self.units))(4)
    before = layer.compute_output_shape((None, 3))
    return list(before), len(layer.weights), list(layer(keras.Input((3,))).shape)


@program
def an_output_shape_that_comes_with_the_data(keras):
    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.seen = [*input_shape]
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

        def call(self, x):
            return x * self.scale

    layer = Scale()
    return list(layer(keras.Input((None, None, 3))).shape), layer.seen, array(layer(np.ones((1, 2, 2, 3)))).shape


@program
def a_weight_of_a_size_that_comes_with_the_data(keras):
    class Wrong(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[1],), initializer="ones")

        def call(self, x):
            return x * self.scale

    return raised(lambda: Wrong()(keras.Input((None,))))


@program
def element_types(keras):
    layer = linear(keras)()
    return layer.dtype, layer.compute_dtype, layer.variable_dtype, layer.input_dtype


@program
def weights_of_the_element_type_of_the_layer(keras):
    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(2,), initializer="ones", dtype=self.dtype)

        def call(self, x):
            return keras.ops.cast(x, self.compute_dtype) * self.scale

    return array(Scale()(rows(2, 2)))


@program
def an_input_spec_for_the_rank(keras):
    class Ranked(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.input_spec = keras.layers.InputSpec(ndim=4)

        def call(self, x):
            return x

    layer = Ranked()
    return layer.input_spec.ndim, array(layer(np.ones((1, 1, 1, 1)))), raised(lambda: layer(rows(1, 2)))


@program
def an_input_spec_set_in_build(keras):
    class Fixed(keras.layers.Layer):
        def build(self, input_shape):
            self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

        def call(self, x):
            return x * self.scale

    layer = Fixed()
    layer(rows(1, 3))
    return raised(lambda: layer(rows(1, 4))), array(layer(rows(2, 3)))


@program
def input_and_output_of_a_layer_that_was_never_called(keras):
    layer = linear(keras)()
    before = [raised(lambda: layer.input), raised(lambda: layer.output), hasattr(layer, "output")]
    layer(rows(1, 3))
    return before, raised(lambda: layer.output)


@program
def input_and_output_of_a_layer_that_was_called(keras):
    x = keras.Input((3,))
    layer = linear(keras)(4)
    y = layer(x)
    return list(layer.input.shape), list(layer.output.shape), layer.input is x, list(y.shape)


@program
def inputs_and_outputs_of_several_tensors(keras):
    class Both(keras.layers.Layer):
        def call(self, inputs):
            a, b = inputs
            return a + b, a - b

    layer = Both()
    layer([keras.Input((3,), name="a"), keras.Input((3,), name="b")])
    return [each.name for each in layer.input], [list(each.shape) for each in layer.output]


@program
def a_layer_inside_a_layer_has_no_output(keras):
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(2)

        def call(self, x):
            return self.inner(x)

    layer = Outer()
    layer(keras.Input((3,)))
    return list(layer.output.shape), raised(lambda: layer.inner.output)


@program
def forgotten_init_of_the_base_class(keras):
    class Forgetful(keras.layers.Layer):
        def __init__(self, units):
            self.units = units

        def call(self, x):
            return x

    return raised(lambda: Forgetful(2)(rows(1, 2)))


@program
def unknown_argument(keras):
    return raised(lambda: linear(keras)(3, unit=4))


@program
def call_that_is_not_written(keras):
    class Empty(keras.layers.Layer):
        pass

    return raised(lambda: Empty()(rows(1, 2)))


@program
def python_if_on_numbers(keras):
    class Branch(keras.layers.Layer):
        def call(self, x):
            return x if keras.ops.sum(x) > 0 else -x

    return raised(lambda: Branch()(keras.Input((2,)))) != "nothing"


@program
def numbers_of_a_symbolic_tensor(keras):
    x = keras.Input((2,))
    return [raised(lambda: bool(x)) != "nothing", raised(lambda: float(x)) != "nothing", raised(lambda: [*x])]


@program
def a_layer_that_returns_its_input(keras):
    class Same(keras.layers.Layer):
        def call(self, x):
            return x

    x = keras.Input((2,))
    y = Same()(x)
    model = keras.Model(x, Same()(y))
    return list(y.shape), [type(each).__name__ for each in model.layers], array(model(rows(1, 2)))


@program
def a_shared_layer(keras):
    layer = linear(keras)(3)
    a, b = keras.Input((3,)), keras.Input((3,))
    model = numbered(keras.Model([a, b], layer(a) + layer(b)))
    return len(model.weights), array(model([rows(2, 3), 2 * rows(2, 3)]))


@program
def randomness_of_ones_own(keras):
    class Noise(keras.layers.Layer):
        def __init__(self, stddev=0.5, **kwargs):
            super().__init__(**kwargs)
            self.stddev = stddev
            self.seed_generator = keras.random.SeedGenerator(1)

        def call(self, x, training=None):
            if not training:
                return x
            return x + self.stddev * keras.random.normal(keras.ops.shape(x), seed=self.seed_generator)

    layer = Noise()
    x = np.zeros((64, 64))
    noisy = array(layer(x, training=True))
    return (
        array(layer(rows(1, 2))),
        bool(0.45 < noisy.std() < 0.55),
        bool((noisy != array(layer(x, training=True))).any()),
    )


@program
def the_paths_of_weights(keras):
    class Block(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = keras.layers.Dense(2, name="inner")

        def build(self, input_shape):
            self.dense.build(input_shape)
            self.scale = self.add_weight(shape=(2,), name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

    model = keras.Sequential([keras.Input((3,)), Block(name="block")], name="net")
    return [each.path.removeprefix("net/") for each in model.weights], names(model.weights), shapes(model.weights)


@program
def a_list_as_one_array(keras):
    return array(numbered_built(linear(keras)(2), 2)([[1.0, 2.0], [3.0, 4.0]]))


def numbered_built(layer, size):
    layer.build((None, size))
    return numbered(layer)
