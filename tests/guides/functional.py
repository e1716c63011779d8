"""What Keras's guide to the functional API does, section by section: each takes the module planish, or keras."""

import tempfile
from pathlib import Path

import numpy as np

SECTIONS = {}
RANDOM = np.random.default_rng(0)


def section(function):
    SECTIONS[function.__name__.replace("_", " ")] = function
    return function


def digits(count=40):
    return RANDOM.random((count, 784), np.float32), RANDOM.integers(0, 10, count)


def _classifier(keras):
    inputs = keras.Input(shape=(784,))
    x = keras.layers.Dense(64, activation="relu")(inputs)
    x = keras.layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs=inputs, outputs=keras.layers.Dense(10)(x), name="mnist_model")


@section
def introduction(keras):
    inputs = keras.Input(shape=(32, 32, 3))
    assert inputs.shape == (None, 32, 32, 3)
    assert inputs.dtype == "float32"
    model = _classifier(keras)
    printed = []
    model.summary(print_fn=printed.append)
    assert "mnist_model" in "".join(printed)
    assert [len(model.layers), model.count_params()] == [4, 784 * 64 + 64 + 64 * 64 + 64 + 640 + 10]


@section
def training_evaluation_and_inference(keras):
    x, y = digits()
    model = _classifier(keras)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.RMSprop(),
        metrics=["accuracy"],
    )
    history = model.fit(x, y, batch_size=8, epochs=2, validation_split=0.2, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert len(model.evaluate(x, y, verbose=0)) == 2


@section
def save_and_serialize(keras):
    x, _ = digits(3)
    model = _classifier(keras)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "my_model.keras")
        model.save(path)
        loaded = keras.models.load_model(path)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


def _encoder(keras):
    layers = keras.layers
    encoder_input = keras.Input(shape=(28, 28, 1), name="img")
    x = layers.Conv2D(16, 3, activation="relu")(encoder_input)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(3)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Conv2D(16, 3, activation="relu")(x)
    return encoder_input, layers.GlobalMaxPooling2D()(x)


def _decoder(keras, x):
    layers = keras.layers
    x = layers.Reshape((4, 4, 1))(x)
    x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
    x = layers.Conv2DTranspose(32, 3, activation="relu")(x)
    x = layers.UpSampling2D(3)(x)
    x = layers.Conv2DTranspose(16, 3, activation="relu")(x)
    return layers.Conv2DTranspose(1, 3, activation="relu")(x)


@section
def one_graph_of_layers_for_several_models(keras):
    encoder_input, encoded = _encoder(keras)
    encoder = keras.Model(encoder_input, encoded, name="encoder")
    autoencoder = keras.Model(encoder_input, _decoder(keras, encoded), name="autoencoder")
    x = RANDOM.random((2, 28, 28, 1), np.float32)
    assert encoder.predict(x, verbose=0).shape == (2, 16)
    assert autoencoder.predict(x, verbose=0).shape == x.shape


@section
def one_graph_of_layers_for_several_models_that_classify(keras):
    """The same idea, without the transposed convolutions."""
    encoder_input, encoded = _encoder(keras)
    encoder = keras.Model(encoder_input, encoded, name="encoder")
    classifier = keras.Model(encoder_input, keras.layers.Dense(10)(encoded), name="classifier")
    assert classifier.layers[1] is encoder.layers[1]
    x = RANDOM.random((2, 28, 28, 1), np.float32)
    assert encoder.predict(x, verbose=0).shape == (2, 16)
    assert classifier.predict(x, verbose=0).shape == (2, 10)


@section
def all_models_are_callable_like_layers(keras):
    encoder = keras.Model(*_encoder(keras), name="encoder")
    decoder_input = keras.Input(shape=(16,), name="encoded_img")
    decoder = keras.Model(decoder_input, keras.layers.Dense(784)(decoder_input), name="decoder")
    inputs = keras.Input(shape=(28, 28, 1), name="img")
    both = keras.Model(inputs, decoder(encoder(inputs)), name="autoencoder")
    assert [layer.name for layer in both.layers] == ["img", "encoder", "decoder"]
    assert both.predict(np.zeros((1, 28, 28, 1), np.float32), verbose=0).shape == (1, 784)


@section
def an_ensemble(keras):
    def get_model():
        inputs = keras.Input(shape=(128,))
        return keras.Model(inputs, keras.layers.Dense(1)(inputs))

    models = [get_model() for _ in range(3)]
    inputs = keras.Input(shape=(128,))
    outputs = keras.layers.average([model(inputs) for model in models])
    ensemble = keras.Model(inputs=inputs, outputs=outputs)
    x = RANDOM.random((4, 128), np.float32)
    mean = np.mean([model.predict(x, verbose=0) for model in models], axis=0)
    np.testing.assert_allclose(ensemble.predict(x, verbose=0), mean, rtol=1e-5, atol=1e-6)


@section
def several_inputs_and_outputs_with_text(keras):
    layers = keras.layers
    title_input, body_input = keras.Input(shape=(None,), name="title"), keras.Input(shape=(None,), name="body")
    title = layers.LSTM(8)(layers.Embedding(100, 8)(title_input))
    body = layers.LSTM(8)(layers.Embedding(100, 8)(body_input))
    x = layers.concatenate([title, body])
    keras.Model([title_input, body_input], layers.Dense(1, name="priority")(x))


@section
def several_inputs_and_outputs(keras):
    """The same model on rows of numbers in place of text."""
    layers = keras.layers
    title, body = keras.Input(shape=(20,), name="title"), keras.Input(shape=(30,), name="body")
    tags = keras.Input(shape=(12,), name="tags")
    x = layers.concatenate([layers.Dense(16)(title), layers.Dense(8)(body), tags])
    priority, department = layers.Dense(1, name="priority")(x), layers.Dense(4, name="department")(x)
    model = keras.Model(inputs=[title, body, tags], outputs={"priority": priority, "department": department})
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss={
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
    )
    data = {"title": RANDOM.random((24, 20)), "body": RANDOM.random((24, 30)), "tags": RANDOM.integers(0, 2, (24, 12))}
    data = {name: value.astype("float32") for name, value in data.items()}
    targets = {"priority": RANDOM.random((24, 1)), "department": np.eye(4)[RANDOM.integers(0, 4, 24)]}
    history = model.fit(data, targets, epochs=2, batch_size=8, verbose=0).history
    assert list(history) == ["department_loss", "loss", "priority_loss"]


@section
def a_toy_resnet(keras):
    layers = keras.layers
    inputs = keras.Input(shape=(32, 32, 3), name="img")
    x = layers.Conv2D(32, 3, activation="relu")(inputs)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    block_1_output = layers.MaxPooling2D(3)(x)
    x = layers.Conv2D(64, 3, activation="relu", padding="same")(block_1_output)
    x = layers.Conv2D(64, 3, activation="relu", padding="same")(x)
    block_2_output = layers.add([x, block_1_output])
    x = layers.Conv2D(64, 3, activation="relu", padding="same")(block_2_output)
    x = layers.Conv2D(64, 3, activation="relu", padding="same")(x)
    block_3_output = layers.add([x, block_2_output])
    x = layers.Conv2D(64, 3, activation="relu")(block_3_output)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    model = keras.Model(inputs, layers.Dense(10)(x), name="toy_resnet")
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["acc"],
    )
    x, y = RANDOM.random((20, 32, 32, 3), np.float32), np.eye(10)[RANDOM.integers(0, 10, 20)]
    history = model.fit(x, y, batch_size=8, epochs=1, validation_split=0.2, verbose=0).history
    assert set(history) == {"loss", "acc", "val_loss", "val_acc"}


@section
def shared_layers(keras):
    shared = keras.layers.Embedding(1000, 128)
    shared(keras.Input(shape=(None,), dtype="int32"))


@section
def shared_layers_on_numbers(keras):
    shared = keras.layers.Dense(8)
    a, b = keras.Input(shape=(5,)), keras.Input(shape=(5,))
    model = keras.Model([a, b], [shared(a), shared(b)])
    x = RANDOM.random((3, 5), np.float32)
    one, other = model.predict([x, x], verbose=0)
    assert np.array_equal(one, other)
    assert len(model.weights) == 2


@section
def nodes_of_a_model_of_applications(keras):
    vgg19 = keras.applications.VGG19(weights=None, include_top=False, input_shape=(32, 32, 3))
    features = keras.Model(inputs=vgg19.input, outputs=[layer.output for layer in vgg19.layers])
    shapes = [np.shape(each) for each in features(np.zeros((1, 32, 32, 3), np.float32))]
    assert len(shapes) == len(vgg19.layers)
    assert shapes[-1] == (1, 1, 1, 512)


@section
def extract_and_reuse_nodes(keras):
    """As the guide does with VGG19: all activations of a model."""
    layers = keras.layers
    whole = keras.Sequential([
        keras.Input((16, 16, 3)), layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3),
    ])  # fmt: skip
    features_list = [layer.output for layer in whole.layers]
    feature_extraction_model = keras.Model(inputs=whole.input, outputs=features_list)
    features = feature_extraction_model(RANDOM.random((1, 16, 16, 3)).astype("float32"))
    assert [tuple(feature.shape) for feature in features] == [(1, 14, 14, 4), (1, 7, 7, 4), (1, 196), (1, 3)]


def _custom_dense(keras):
    class CustomDense(keras.layers.Layer):
        def __init__(self, units=32, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
            self.b = self.add_weight(shape=(self.units,), initializer="random_normal", trainable=True)

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

        def get_config(self):
            return {"units": self.units}

    return CustomDense


@section
def custom_layers(keras):
    CustomDense = _custom_dense(keras)  # noqa: N806
    inputs = keras.Input((4,))
    model = keras.Model(inputs, CustomDense(10)(inputs))
    config = model.get_config()
    new_model = keras.Model.from_config(config, custom_objects={"CustomDense": CustomDense})
    new_model.set_weights(model.get_weights())
    x = RANDOM.random((2, 4), np.float32)
    np.testing.assert_allclose(new_model.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


@section
def mix_and_match(keras):
    """A subclassed layer that owns a functional model, used in a functional model."""

    class Classifier(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            inputs = keras.Input((6,))
            self.inner = keras.Model(inputs, keras.layers.Dense(6, activation="tanh")(inputs))
            self.last = keras.layers.Dense(3)

        def call(self, inputs):
            states = [inputs]
            for _ in range(3):
                states.append(self.inner(states[-1]))
            return self.last(keras.ops.concatenate(states, axis=-1))

    inputs = keras.Input((6,))
    model = keras.Model(inputs, Classifier()(inputs))
    model.compile("sgd", "mse")
    assert len(model.weights) == 4
    loss = model.fit(RANDOM.random((8, 6), np.float32), RANDOM.random((8, 3), np.float32), verbose=0).history["loss"]
    assert np.isfinite(loss).all()


@section
def pictures_of_models(keras):
    dot = keras.utils.model_to_dot(_classifier(keras), show_shapes=True)
    assert dot is not None
