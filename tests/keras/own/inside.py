"""What layers, models and functions that Keras users write see of their tensors: the batch axis is one of them."""

import numpy as np

from tests.keras.own.programs import array, numbered, program, rows


def images(count):
    return rows(count, 24).reshape(count, 4, 3, 2)


def cells(keras, seen):
    class Cells(keras.layers.Layer):
        def call(self, x, training=None):
            seen.append([*x.shape, len(x.shape), x.ndim])
            _, h, w, c = x.shape
            return keras.ops.reshape(x, (-1, h * w, c)) / x.shape[1]

    return Cells()


@program
def the_shape_of_an_input_in_a_layer(keras):
    seen = []
    layer = cells(keras, seen)
    return list(layer(keras.Input((4, 3, 2))).shape), seen[0], array(layer(images(2)))


@program
def shapes_in_layers_in_layers(keras):
    seen, outer = [], []

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = cells(keras, seen)
            self.dense = keras.layers.Dense(5)

        def call(self, x):
            y = self.dense(self.inner(x))
            z = keras.ops.mean(y, axis=2)
            outer.append([[*each.shape] for each in (x, y, z, x[:, 1], x[:, :, :, None], abs(x) + 1.0)])
            return keras.ops.reshape(y, (-1, y.shape[1] * y.shape[-1])) * z.shape[1]

    x = keras.Input((4, 3, 2))
    model = numbered(keras.Model(x, Outer()(x)))
    return list(model.output.shape), seen[0], outer[0], array(model.predict(images(3), verbose=0))


@program
def shapes_in_a_function_as_a_layer_and_in_activations(keras):
    model = keras.Sequential(
        [
            keras.Input((4, 3, 2)),
            keras.layers.Lambda(lambda x: keras.ops.reshape(x, (-1, x.shape[1], x.shape[2] * x.shape[3]))),
            keras.layers.Dense(5, activation=lambda x: x / x.shape[-1] * len(x.shape)),
            keras.layers.Activation(lambda x: x * x.shape[1] + len(x.shape)),
        ]
    )
    shape = model(images(2)).shape
    return list(shape), array(numbered(model).predict(images(2), verbose=0))


def fitted(keras, seen, loss):
    class Whole(keras.Model):
        def __init__(self):
            super().__init__()
            self.cells = cells(keras, [])
            self.dense = keras.layers.Dense(3)

        def call(self, x, training=None):
            seen.append([len(x.shape), [*x.shape][1:]])
            y = self.cells(x)
            return self.dense(keras.ops.reshape(y, (-1, y.shape[1] * y.shape[2])))

    def distance(y_true, y_pred):
        seen.append([len(y_pred.shape), y_pred.shape[1]])
        return keras.ops.sum(keras.ops.abs(y_true - y_pred), axis=-1) / y_pred.shape[1]

    model = Whole()
    model(images(2))
    numbered(model).compile(keras.optimizers.SGD(0.1), loss=loss, metrics=[distance])
    history = model.fit(images(8), rows(8, 3), batch_size=4, epochs=2, shuffle=False, verbose=0).history
    return {name: array(values) for name, values in history.items()}, array(model.predict(images(3), verbose=0))


@program
def shapes_in_a_model_a_loss_and_a_metric(keras):
    seen = []

    def loss(y_true, y_pred):
        seen.append([len(y_true.shape), y_true.shape[1], len(y_pred.shape), y_pred.shape[-1], y_pred.ndim])
        return keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1) / y_pred.shape[1]

    results = fitted(keras, seen, loss)
    return [*results, sorted({str(each) for each in seen})]


@program
def shapes_in_a_class_of_losses(keras):
    class Weighted(keras.losses.Loss):
        def call(self, y_true, y_pred):
            _, classes = y_pred.shape
            weights = np.arange(1, classes + 1, dtype="float32") / len(y_pred.shape)
            return keras.ops.sum(keras.ops.square(y_true - y_pred) * weights, axis=-1)

    return fitted(keras, [], Weighted())
