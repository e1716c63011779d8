"""What Keras's guide "Making new layers and models via subclassing" does: each section takes planish, or keras."""

import tempfile
from pathlib import Path

import numpy as np

SECTIONS = {}
RANDOM = np.random.default_rng(0)


def section(function):
    SECTIONS[function.__name__.replace("_", " ")] = function
    return function


def _linear(keras):
    class Linear(keras.layers.Layer):
        def __init__(self, units=32, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
            self.b = self.add_weight(shape=(self.units,), initializer="random_normal", trainable=True)

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return Linear


@section
def the_layer_class(keras):
    class Linear(keras.layers.Layer):
        def __init__(self, units=32, input_dim=32):
            super().__init__()
            self.w = self.add_weight(shape=(input_dim, units), initializer="random_normal", trainable=True)
            self.b = self.add_weight(shape=(units,), initializer="zeros", trainable=True)

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

    linear_layer = Linear(4, 2)
    y = linear_layer(keras.ops.ones((2, 2)))
    np.testing.assert_allclose(np.asarray(y)[0], np.asarray(linear_layer.w).sum(axis=0), rtol=1e-5)
    assert linear_layer.weights == [linear_layer.w, linear_layer.b]


@section
def weights_that_do_not_learn(keras):
    class ComputeSum(keras.layers.Layer):
        def __init__(self, input_dim):
            super().__init__()
            self.total = self.add_weight(initializer="zeros", shape=(input_dim,), trainable=False)

        def call(self, inputs):
            self.total.assign_add(keras.ops.sum(inputs, axis=0))
            return self.total

    my_sum = ComputeSum(2)
    assert np.asarray(my_sum(keras.ops.ones((2, 2)))).tolist() == [2, 2]
    assert np.asarray(my_sum(keras.ops.ones((2, 2)))).tolist() == [4, 4]
    assert (len(my_sum.weights), len(my_sum.non_trainable_weights), my_sum.trainable_weights) == (1, 1, [])


@section
def weights_when_the_shape_is_known(keras):
    linear_layer = _linear(keras)(32)
    y = linear_layer(RANDOM.random((2, 5)).astype("float32"))
    assert tuple(y.shape) == (2, 32)
    assert tuple(linear_layer.w.shape) == (5, 32)


@section
def layers_in_layers(keras):
    Linear = _linear(keras)  # noqa: N806

    class MLPBlock(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.linear_1, self.linear_2, self.linear_3 = Linear(32), Linear(32), Linear(1)

        def call(self, inputs):
            x = keras.activations.relu(self.linear_1(inputs))
            x = keras.activations.relu(self.linear_2(x))
            return self.linear_3(x)

    mlp = MLPBlock()
    mlp(keras.ops.ones(shape=(3, 64)))
    assert (len(mlp.weights), len(mlp.trainable_weights)) == (6, 6)


def _activity(keras):
    class ActivityRegularizationLayer(keras.layers.Layer):
        def __init__(self, rate=1e-2):
            super().__init__()
            self.rate = rate

        def call(self, inputs):
            self.add_loss(self.rate * keras.ops.mean(inputs))
            return inputs

    return ActivityRegularizationLayer


@section
def add_loss_when_called(keras):
    class OuterLayer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.activity_reg = _activity(keras)(1e-2)

        def call(self, inputs):
            return self.activity_reg(inputs)

    layer = OuterLayer()
    assert len(layer.losses) == 0
    layer(keras.ops.zeros((1, 1)))
    assert len(layer.losses) == 1
    layer(keras.ops.zeros((1, 1)))
    assert len(layer.losses) == 1


@section
def losses_of_regularizers(keras):
    class OuterLayerWithKernelRegularizer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(32, kernel_regularizer=keras.regularizers.l2(1e-3))

        def call(self, inputs):
            return self.dense(inputs)

    layer = OuterLayerWithKernelRegularizer()
    layer(keras.ops.zeros((1, 1)))
    kernel = np.asarray(layer.dense.kernel)
    assert len(layer.losses) == 1
    np.testing.assert_allclose(float(layer.losses[0]), 1e-3 * np.square(kernel).sum(), rtol=1e-5)


@section
def add_loss_in_fit(keras):
    inputs = keras.Input(shape=(3,))
    model, without_loss = (keras.Model(inputs, _activity(keras)()(inputs)) for _ in range(2))
    model.compile(optimizer="adam", loss="mse")
    x, y = RANDOM.random((2, 3), np.float32), RANDOM.random((2, 3), np.float32)
    first = model.fit(x, y, verbose=0).history["loss"][0]
    np.testing.assert_allclose(first, np.square(x - y).mean() + 0.01 * x.mean(), rtol=1e-5)
    without_loss.compile(optimizer="adam")  # the first model would keep its loss in Keras
    only = without_loss.fit(x, y, verbose=0).history["loss"][0]
    np.testing.assert_allclose(only, 0.01 * x.mean(), rtol=1e-5)


@section
def serialization(keras):
    Linear = _linear(keras)  # noqa: N806
    layer = Linear(64, name="linear_8")
    config = layer.get_config()
    assert (config["units"], config["name"]) == (64, "linear_8")
    assert Linear.from_config(config).units == 64


@section
def the_argument_training(keras):
    class CustomDropout(keras.layers.Layer):
        def __init__(self, rate, **kwargs):
            super().__init__(**kwargs)
            self.rate = rate
            self.seed_generator = keras.random.SeedGenerator(1337)

        def call(self, inputs, training=None):
            if training:
                return keras.random.dropout(inputs, rate=self.rate, seed=self.seed_generator)
            return inputs

    x = np.ones((4, 50), np.float32)
    layer = CustomDropout(0.5)
    assert np.array_equal(np.asarray(layer(x)), x)
    dropped = np.asarray(layer(x, training=True))
    assert set(np.unique(dropped)) == {0.0, 2.0}


@section
def the_model_class(keras):
    class Block(keras.layers.Layer):
        def __init__(self, filters):
            super().__init__()
            self.conv = keras.layers.Conv2D(filters, 3, padding="same")
            self.norm = keras.layers.BatchNormalization()

        def call(self, inputs, training=None):
            return keras.ops.relu(self.norm(self.conv(inputs), training=training) + inputs)

    class ResNet(keras.Model):
        def __init__(self, num_classes=10):
            super().__init__()
            self.block_1, self.block_2 = Block(3), Block(3)
            self.global_pool = keras.layers.GlobalAveragePooling2D()
            self.classifier = keras.layers.Dense(num_classes)

        def call(self, inputs):
            x = self.block_2(self.block_1(inputs))
            return self.classifier(self.global_pool(x))

    resnet = ResNet()
    resnet.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    x, y = RANDOM.random((12, 8, 8, 3), np.float32), RANDOM.integers(0, 10, 12)
    history = resnet.fit(x, y, epochs=2, batch_size=4, verbose=0).history
    assert list(history) == ["accuracy", "loss"]
    assert len(resnet.weights) == 2 * 6 + 2
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "resnet.weights.h5")
        resnet.save_weights(path)
        other = ResNet()
        other(x[:1])  # in Keras, `build` would leave the inner layers without weights
        other.load_weights(path)
    np.testing.assert_allclose(other.predict(x, verbose=0), resnet.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


@section
def a_variational_autoencoder(keras):
    layers, ops = keras.layers, keras.ops

    class Sampling(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seed_generator = keras.random.SeedGenerator(1337)

        def call(self, inputs):
            z_mean, z_log_var = inputs
            batch, dim = ops.shape(z_mean)[0], ops.shape(z_mean)[1]
            epsilon = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
            return z_mean + ops.exp(0.5 * z_log_var) * epsilon

    class Encoder(layers.Layer):
        def __init__(self, latent_dim=32, intermediate_dim=64, name="encoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
            self.dense_mean, self.dense_log_var = layers.Dense(latent_dim), layers.Dense(latent_dim)
            self.sampling = Sampling()

        def call(self, inputs):
            x = self.dense_proj(inputs)
            z_mean, z_log_var = self.dense_mean(x), self.dense_log_var(x)
            return z_mean, z_log_var, self.sampling((z_mean, z_log_var))

    class Decoder(layers.Layer):
        def __init__(self, original_dim, intermediate_dim=64, name="decoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
            self.dense_output = layers.Dense(original_dim, activation="sigmoid")

        def call(self, inputs):
            return self.dense_output(self.dense_proj(inputs))

    class VariationalAutoEncoder(keras.Model):
        def __init__(self, original_dim, intermediate_dim=64, latent_dim=32, name="autoencoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.original_dim = original_dim
            self.encoder = Encoder(latent_dim=latent_dim, intermediate_dim=intermediate_dim)
            self.decoder = Decoder(original_dim, intermediate_dim=intermediate_dim)

        def call(self, inputs):
            z_mean, z_log_var, z = self.encoder(inputs)
            reconstructed = self.decoder(z)
            kl_loss = -0.5 * ops.mean(z_log_var - ops.square(z_mean) - ops.exp(z_log_var) + 1)
            self.add_loss(kl_loss)
            return reconstructed

    vae = VariationalAutoEncoder(20, 16, 4)
    vae.compile(keras.optimizers.Adam(learning_rate=1e-2), loss=keras.losses.MeanSquaredError())
    x = RANDOM.random((32, 20)).astype("float32")
    losses = vae.fit(x, x, epochs=8, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@section
def control_flow_that_depends_on_data(keras):
    """What the guide does not do, and compiled Keras does not, either."""

    class Branching(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs):
            x = self.dense(inputs)
            return x if keras.ops.sum(x) > 0 else -x

    model = Branching()
    model.compile("sgd", "mse")
    model.fit(RANDOM.random((4, 3), np.float32), RANDOM.random((4, 2), np.float32), verbose=0)
