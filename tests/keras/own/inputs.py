"""What layers of users' own take: several inputs, settings, masks."""

from tests.keras.own.programs import array, program, raised, rows, shapes


@program
def two_inputs_by_position(keras):
    class Gate(keras.layers.Layer):
        def build(self, x_shape, gate_shape):
            self.shapes = [[*x_shape], [*gate_shape]]
            self.kernel = self.add_weight(shape=(gate_shape[-1], x_shape[-1]), initializer="ones")

        def call(self, x, gate):
            return x * keras.ops.matmul(gate, self.kernel)

    layer = Gate()
    y = layer(keras.Input((3,)), keras.Input((2,)))
    config = {name: [*shape] for name, shape in layer.get_build_config()["shapes_dict"].items()}
    return list(y.shape), layer.shapes, array(layer(rows(2, 3), rows(2, 2))), config


@program
def two_inputs_in_the_other_order_of_build(keras):
    class Gate(keras.layers.Layer):
        def build(self, gate_shape, x_shape):
            self.kernel = self.add_weight(shape=(gate_shape[-1], x_shape[-1]), initializer="ones")

        def call(self, x, gate):
            return x * keras.ops.matmul(gate, self.kernel)

    layer = Gate()
    layer(keras.Input((3,)), gate=keras.Input((2,)))
    return shapes(layer.weights)


@program
def an_input_that_may_be_left_out(keras):
    class Shift(keras.layers.Layer):
        def build(self, x_shape, by_shape=None):
            self.by_shape = None if by_shape is None else [*by_shape]
            self.scale = self.add_weight(shape=(x_shape[-1],), initializer="ones")

        def call(self, x, by=None):
            return x * self.scale if by is None else x * self.scale + by

    one, two = Shift(), Shift()
    return array(one(rows(2, 3))), one.by_shape, array(two(rows(2, 3), by=rows(2, 3))), two.by_shape[1:]


@program
def build_with_one_shape_and_call_with_two_inputs(keras):
    class Shift(keras.layers.Layer):
        def build(self, input_shape):
            self.seen = str(type(input_shape).__name__)
            self.scale = self.add_weight(shape=(3,), initializer="ones")

        def call(self, x, by):
            return x * self.scale + by

    layer = Shift()
    return array(layer(rows(2, 3), rows(2, 3))), layer.seen


@program
def build_with_names_that_match_nothing(keras):
    class Wrong(keras.layers.Layer):
        def build(self, first_shape, second_shape):
            self.scale = self.add_weight(shape=(3,))

        def call(self, x, by):
            return x * self.scale + by

    return raised(lambda: Wrong()(rows(2, 3), rows(2, 3)))


@program
def inputs_as_a_list(keras):
    class Join(keras.layers.Layer):
        def build(self, input_shape):
            self.seen = [type(input_shape).__name__, [[*each] for each in input_shape]]
            self.kernel = self.add_weight(shape=(input_shape[0][-1], input_shape[1][-1]), initializer="ones")

        def call(self, inputs):
            a, b = inputs
            return keras.ops.matmul(a, self.kernel) + b

    layer = Join()
    y = layer([keras.Input((3,)), keras.Input((2,))])
    return list(y.shape), layer.seen, array(layer([rows(2, 3), rows(2, 2)]))


@program
def inputs_as_a_dictionary(keras):
    class Join(keras.layers.Layer):
        def build(self, input_shape):
            self.seen = {name: [*shape] for name, shape in input_shape.items()}
            self.kernel = self.add_weight(shape=(input_shape["a"][-1], 2), initializer="ones")

        def call(self, inputs):
            return {"sum": keras.ops.matmul(inputs["a"], self.kernel) + inputs["b"], "same": inputs["b"]}

    layer = Join()
    y = layer({"a": keras.Input((3,)), "b": keras.Input((2,))})
    made = layer({"a": rows(2, 3), "b": rows(2, 2)})
    return {name: list(each.shape) for name, each in y.items()}, layer.seen, {key: array(v) for key, v in made.items()}


@program
def inputs_by_keyword_only(keras):
    class Join(keras.layers.Layer):
        def call(self, a, b):
            return a + b * 2.0

    x = keras.Input((3,))
    y = Join()(a=x, b=keras.layers.Rescaling(3.0)(x))
    return list(y.shape), array(keras.Model(x, y)(rows(2, 3))), array(Join()(b=rows(2, 3), a=rows(2, 3)))


@program
def a_setting_by_keyword(keras):
    class Scale(keras.layers.Layer):
        def call(self, x, by=1.0, what="times"):
            return x * by if what == "times" else x + by

    x = keras.Input((3,))
    return array(Scale()(rows(2, 3), by=3.0)), array(keras.Model(x, Scale()(x, by=2.0, what="plus"))(rows(1, 3)))


@program
def a_mask_that_is_none(keras):
    class Masked(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, inputs, mask=None):
            return inputs if mask is None else inputs * 0.0

    layer = Masked()
    return array(layer(rows(1, 2))), array(layer(rows(1, 2), mask=None)), layer.supports_masking
