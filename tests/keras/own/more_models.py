"""Subclasses of Model: freezing, files, and what else happens to them."""

import os
import pickle
import tempfile

import numpy as np

from tests.keras.own.models import mlp
from tests.keras.own.programs import array, names, numbered, program, raised, rows, shapes


@program
def freezing_parts(keras):
    model = mlp(keras)()
    model(rows(1, 5))
    model.dense1.trainable = False
    one = names(model.trainable_weights), len(model.non_trainable_weights)
    model.trainable = False
    return one, len(model.trainable_weights), model.dense2.trainable


@program
def frozen_batch_normalization(keras):
    class Normal(keras.Model):
        def __init__(self):
            super().__init__()
            self.norm = keras.layers.BatchNormalization(momentum=0.5)
            self.dense = keras.layers.Dense(2)

        def call(self, x, training=None):
            return self.dense(self.norm(x, training=training))

    model = Normal()
    model(rows(1, 3))
    numbered(model.dense)
    model.norm.trainable = False
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(rows(4, 3), np.ones((4, 2)), batch_size=4, verbose=0)
    still = array(model.norm.moving_mean)
    model.norm.trainable = True
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(rows(4, 3) + 1, np.ones((4, 2)), batch_size=4, verbose=0)
    return still, array(model.norm.moving_mean), model.dense.get_weights()


@program
def a_config_of_a_subclass(keras):
    model = mlp(keras)(hidden=6)
    again = type(model).from_config(model.get_config())
    return model.get_config(), again.hidden


@program
def a_config_that_is_not_written_of_a_subclass(keras):
    class Plain(keras.Model):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.dense = keras.layers.Dense(units)

        def call(self, x):
            return self.dense(x)

    model = Plain(units=5)
    return model.get_config()["units"], Plain.from_config(model.get_config()).units


@program
def saved_and_loaded(keras):
    @keras.saving.register_keras_serializable(package="own")
    class Net(mlp(keras)):
        pass

    model = Net(hidden=6)
    model(rows(2, 5))
    numbered(model)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.keras")
        model.save(path)
        again = keras.models.load_model(path)
    return type(again).__name__, again.hidden, np.abs(array(again(rows(2, 5))) - array(model(rows(2, 5)))).max().item()


@program
def groups_of_a_weights_file(keras):
    import h5py

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.parts = [keras.layers.Dense(3), keras.layers.Dense(3)]

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(3,), name="scale")

        def call(self, x):
            return self.parts[1](self.parts[0](x)) * self.scale

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.block, self.top = Block(), keras.layers.Dense(2)
            self.extra = {"one": keras.layers.Dense(2), "two": mlp(keras)()}

        def call(self, x):
            return self.top(self.block(x)) + self.extra["one"](x) + keras.ops.mean(self.extra["two"](x))

    model = Net()
    model(rows(2, 4))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.weights.h5")
        model.save_weights(path)
        found = []
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.append([name, [*item.shape]]) if hasattr(item, "shape") else None)
    return sorted(found)


@program
def renamed_attributes(keras):
    model = mlp(keras)()
    model(rows(1, 5))
    numbered(model)
    before = array(model(rows(2, 5)))
    model.other = model.dense1
    return len(model.weights), bool((before == array(model(rows(2, 5)))).all())


@program
def pickled(keras):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    numbered(model)
    again = pickle.loads(pickle.dumps(model))
    return array(again(rows(2, 5)))


@program
def a_train_step_of_ones_own_runs_or_is_refused(keras):
    model = mlp(keras, train_step=lambda self, data: {"loss": 0.0})()
    return hasattr(model, "train_step")


@program
def methods_of_ones_own(keras):
    class Features(mlp(keras)):
        def features(self, x):
            return self.dense1(x)

        def call(self, x, training=None):
            return self.dense2(self.features(x))

    model = Features()
    model(rows(1, 5))
    return array(numbered(model).features(rows(2, 5))), array(model(rows(2, 5)))


@program
def a_build_of_ones_own(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
            self.dense.build(input_shape)
            self.built = True

        def call(self, x):
            return self.dense(x * self.scale)

    model = Own()
    y = model(rows(2, 3))
    return list(y.shape), shapes(model.weights), names(model.weights), [each.name for each in model.layers]


@program
def a_weight_of_the_model_itself(keras):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
            self.dense = keras.layers.Dense(1, kernel_initializer="ones")

        def call(self, x):
            return self.dense(x) * self.scale

    model = Own()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(np.ones((4, 2)), np.zeros((4, 1)), batch_size=4, verbose=0)
    return [array(each) for each in model.weights]


@program
def a_model_without_call(keras):
    class Empty(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

    return raised(lambda: Empty()(rows(1, 2)))


@program
def a_residual_network(keras):
    class Residual(keras.Model):
        def __init__(self, filters):
            super().__init__()
            self.conv = keras.layers.Conv2D(filters, 3, padding="same")
            self.norm = keras.layers.BatchNormalization()

        def call(self, x, training=False):
            return keras.ops.relu(self.norm(self.conv(x), training=training) + x)

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.stem = keras.layers.Conv2D(4, 3)
            self.blocks = [Residual(4) for _ in range(2)]
            self.pool, self.classify = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)

        def call(self, x):
            x = self.stem(x)
            for block in self.blocks:
                x = block(x)
            return self.classify(self.pool(x))

    model = Net()
    images = np.linspace(0, 1, 2 * 8 * 8).reshape(2, 8, 8, 1)
    model(images)
    model.set_weights([np.full(each.shape, 0.1) for each in model.get_weights()])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.fit(images, np.ones((2, 3)), batch_size=2, verbose=0)
    return len(model.weights), len(model.trainable_weights), model.predict(images, verbose=0)
