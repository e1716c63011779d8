"""What Keras's guide "Training & evaluation with the built-in methods" does: each section takes planish, or keras."""

import tempfile
from pathlib import Path

import numpy as np

SECTIONS = {}
RANDOM = np.random.default_rng(0)


def section(function):
    SECTIONS[function.__name__.replace("_", " ")] = function
    return function


def digits(count=64):
    return RANDOM.random((count, 784), np.float32), RANDOM.integers(0, 10, count).astype("float32")


def uncompiled(keras):
    inputs = keras.Input(shape=(784,), name="digits")
    x = keras.layers.Dense(64, activation="relu", name="dense_1")(inputs)
    x = keras.layers.Dense(64, activation="relu", name="dense_2")(x)
    outputs = keras.layers.Dense(10, activation="softmax", name="predictions")(x)
    return keras.Model(inputs=inputs, outputs=outputs)


def compiled(keras):
    model = uncompiled(keras)
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
    return model


@section
def a_first_end_to_end_example(keras):
    x, y = digits()
    model = uncompiled(keras)
    model.compile(
        optimizer=keras.optimizers.RMSprop(),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    history = model.fit(x, y, batch_size=16, epochs=2, validation_data=(x[:20], y[:20]), verbose=0).history
    assert set(history) == {
        "loss", "sparse_categorical_accuracy", "val_loss", "val_sparse_categorical_accuracy",
    }  # fmt: skip
    assert len(model.evaluate(x, y, batch_size=32, verbose=0)) == 2
    assert model.predict(x[:3], verbose=0).shape == (3, 10)


@section
def a_loss_of_your_own(keras):
    def custom_mean_squared_error(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    x, y = digits()
    model = uncompiled(keras)
    model.compile(optimizer=keras.optimizers.Adam(), loss=custom_mean_squared_error)
    one_hot = np.eye(10, dtype=np.float32)[y.astype(int)]
    first = model.evaluate(x, one_hot, verbose=0)
    expected = np.square(model.predict(x, verbose=0) - one_hot).mean()
    np.testing.assert_allclose(first, expected, rtol=1e-5)
    assert model.fit(x, one_hot, batch_size=16, epochs=1, verbose=0).history["loss"][0] > 0


@section
def a_loss_class_of_your_own(keras):
    class CustomMSE(keras.losses.Loss):
        def __init__(self, regularization_factor=0.1, name="custom_mse"):
            super().__init__(name=name)
            self.regularization_factor = regularization_factor

        def call(self, y_true, y_pred):
            mse = keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)
            reg = keras.ops.mean(keras.ops.square(0.5 - y_pred), axis=-1)
            return mse + reg * self.regularization_factor

    x, y = digits()
    one_hot = np.eye(10, dtype=np.float32)[y.astype(int)]
    model = uncompiled(keras)
    model.compile(optimizer=keras.optimizers.Adam(), loss=CustomMSE())
    made = model.predict(x, verbose=0)
    expected = (np.square(one_hot - made) + 0.1 * np.square(0.5 - made)).mean()
    np.testing.assert_allclose(model.evaluate(x, one_hot, verbose=0), expected, rtol=1e-5)
    model.fit(x, one_hot, batch_size=16, epochs=1, verbose=0)


@section
def a_metric_of_your_own(keras):
    ops = keras.ops

    class CategoricalTruePositives(keras.metrics.Metric):
        def __init__(self, name="categorical_true_positives", **kwargs):
            super().__init__(name=name, **kwargs)
            self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            y_pred = ops.reshape(ops.argmax(y_pred, axis=1), (-1, 1))
            values = ops.cast(ops.reshape(y_true, (-1, 1)), "int32") == ops.cast(y_pred, "int32")
            values = ops.cast(values, "float32")
            if sample_weight is not None:
                values = ops.multiply(values, ops.cast(sample_weight, "float32"))
            self.true_positives.assign_add(ops.sum(values))

        def result(self):
            return self.true_positives

        def reset_state(self):
            self.true_positives.assign(0)

    x, y = digits()
    model = uncompiled(keras)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[CategoricalTruePositives()],
    )
    history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
    assert list(history) == ["categorical_true_positives", "loss"]
    found = model.evaluate(x, y, verbose=0)[1]
    assert found == np.count_nonzero(model.predict(x, verbose=0).argmax(axis=1) == y)


@section
def losses_that_layers_add(keras):
    class ActivityRegularizationLayer(keras.layers.Layer):
        def call(self, inputs):
            self.add_loss(keras.ops.sum(inputs) * 0.1)
            return inputs

    inputs = keras.Input(shape=(784,), name="digits")
    x = keras.layers.Dense(64, activation="relu", name="dense_1")(inputs)
    x = ActivityRegularizationLayer()(x)
    x = keras.layers.Dense(64, activation="relu", name="dense_2")(x)
    model = keras.Model(inputs=inputs, outputs=keras.layers.Dense(10, name="predictions")(x))
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x, y = digits()
    assert model.fit(x, y, batch_size=16, epochs=1, verbose=0).history["loss"][0] > 5


@section
def a_layer_that_takes_the_targets(keras):
    class LogisticEndpoint(keras.layers.Layer):
        def __init__(self, name=None):
            super().__init__(name=name)
            self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

        def call(self, targets, logits, sample_weights=None):
            self.add_loss(self.loss_fn(targets, logits, sample_weights))
            return keras.ops.softmax(logits)

    inputs, targets = keras.Input(shape=(3,), name="inputs"), keras.Input(shape=(10,), name="targets")
    logits = keras.layers.Dense(10)(inputs)
    predictions = LogisticEndpoint(name="predictions")(targets, logits)
    model = keras.Model(inputs=[inputs, targets], outputs=predictions)
    model.compile(optimizer="adam")
    data = {"inputs": RANDOM.random((3, 3)).astype("float32"), "targets": RANDOM.random((3, 10)).astype("float32")}
    assert list(model.fit(data, verbose=0).history) == ["loss"]


@section
def a_part_for_validation(keras):
    x, y = digits()
    history = compiled(keras).fit(x, y, batch_size=16, validation_split=0.2, epochs=1, verbose=0).history
    assert "val_loss" in history


@section
def a_pydataset(keras):
    class ExampleDataset(keras.utils.PyDataset):
        def __init__(self, x, y, batch_size, **kwargs):
            super().__init__(**kwargs)
            self.x, self.y, self.batch_size = x, y, batch_size

        def __len__(self):
            return int(np.ceil(len(self.x) / float(self.batch_size)))

        def __getitem__(self, idx):
            rows = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
            return self.x[rows], self.y[rows]

    x, y = digits()
    train, validation = ExampleDataset(x, y, 16), ExampleDataset(x[:20], y[:20], 8)
    history = compiled(keras).fit(train, validation_data=validation, epochs=1, verbose=0).history
    assert "val_loss" in history


@section
def class_weights(keras):
    x, y = digits()
    weights = dict.fromkeys(range(10), 1.0) | {5: 2.0}
    compiled(keras).fit(x, y, class_weight=weights, batch_size=16, epochs=1, verbose=0)


@section
def sample_weights(keras):
    x, y = digits()
    weight = np.ones(len(y))
    weight[y == 5] = 2.0
    compiled(keras).fit(x, y, sample_weight=weight, batch_size=16, epochs=1, verbose=0)


def _two_and_two(keras, series):
    layers = keras.layers
    image_input = keras.Input(shape=(32, 32, 3), name="img_input")
    other_input = keras.Input(shape=(20, 10), name="ts_input")
    x1 = layers.GlobalMaxPooling2D()(layers.Conv2D(3, 3)(image_input))
    x = layers.concatenate([x1, series(layers, other_input)])
    score_output, class_output = layers.Dense(1, name="score_output")(x), layers.Dense(5, name="class_output")(x)
    return keras.Model(inputs=[image_input, other_input], outputs=[score_output, class_output])


@section
def several_inputs_with_a_series(keras):
    _two_and_two(keras, lambda layers, x: layers.GlobalMaxPooling1D()(layers.Conv1D(3, 3)(x)))


def _flat(layers, x):
    return layers.Dense(3)(layers.Flatten()(x))


@section
def several_inputs_and_outputs_in_lists(keras):
    model = _two_and_two(keras, _flat)
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss=[keras.losses.MeanSquaredError(), keras.losses.CategoricalCrossentropy()],
        metrics=[
            [keras.metrics.MeanAbsolutePercentageError(), keras.metrics.MeanAbsoluteError()],
            [keras.metrics.CategoricalAccuracy()],
        ],
    )
    image, series = RANDOM.random((16, 32, 32, 3)), RANDOM.random((16, 20, 10))
    score, classes = RANDOM.random((16, 1)), np.eye(5)[RANDOM.integers(0, 5, 16)]
    history = model.fit([image, series], [score, classes], batch_size=8, epochs=1, verbose=0).history
    assert list(history) == [
        "class_output_categorical_accuracy", "class_output_loss", "loss", "score_output_loss",
        "score_output_mean_absolute_error", "score_output_mean_absolute_percentage_error",
    ]  # fmt: skip


@section
def several_inputs_and_outputs_by_name(keras):
    model = _two_and_two(keras, _flat)
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss={
            "score_output": keras.losses.MeanSquaredError(),
            "class_output": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        metrics={
            "score_output": [keras.metrics.MeanAbsolutePercentageError(), keras.metrics.MeanAbsoluteError()],
            "class_output": [keras.metrics.CategoricalAccuracy()],
        },
        loss_weights={"score_output": 2.0, "class_output": 1.0},
    )
    image, series = RANDOM.random((16, 32, 32, 3)), RANDOM.random((16, 20, 10))
    score, classes = RANDOM.random((16, 1)), np.eye(5)[RANDOM.integers(0, 5, 16)]
    history = model.fit(
        {"img_input": image, "ts_input": series},
        {"score_output": score, "class_output": classes},
        batch_size=8,
        epochs=1,
        verbose=0,
    ).history
    total = 2 * history["score_output_loss"][0] + history["class_output_loss"][0]
    np.testing.assert_allclose(history["loss"][0], total, rtol=1e-5)


@section
def a_loss_for_one_output_only(keras):
    model = _two_and_two(keras, _flat)
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss=[None, keras.losses.CategoricalCrossentropy(from_logits=True)],
    )
    image, series = RANDOM.random((8, 32, 32, 3)), RANDOM.random((8, 20, 10))
    score, classes = RANDOM.random((8, 1)), np.eye(5)[RANDOM.integers(0, 5, 8)]
    history = model.fit([image, series], [score, classes], epochs=1, verbose=0).history
    assert "loss" in history


@section
def callbacks(keras):
    class LossHistory(keras.callbacks.Callback):
        def on_train_begin(self, logs):
            self.per_batch_losses = []

        def on_batch_end(self, batch, logs):
            self.per_batch_losses.append(logs.get("loss"))

    x, y = digits()
    own = LossHistory()
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=1e-2, patience=2, verbose=0)
    compiled(keras).fit(x, y, epochs=2, batch_size=16, callbacks=[own, stopping], validation_split=0.25, verbose=0)
    assert len(own.per_batch_losses) == 6


@section
def checkpoints(keras):
    x, y = digits()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "mymodel_{epoch}.keras")
        saver = keras.callbacks.ModelCheckpoint(filepath=path, save_best_only=True, monitor="val_loss", verbose=0)
        compiled(keras).fit(x, y, epochs=1, batch_size=16, callbacks=[saver], validation_split=0.2, verbose=0)
        restored = keras.models.load_model(path.format(epoch=1))
    assert restored.predict(x[:2], verbose=0).shape == (2, 10)


@section
def schedules(keras):
    x, y = digits()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5, staircase=True)
    model = uncompiled(keras)
    model.compile(keras.optimizers.RMSprop(learning_rate=schedule), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=16, epochs=1, verbose=0)
    np.testing.assert_allclose(float(model.optimizer.learning_rate), 0.1 * 0.5**2, rtol=1e-5)


@section
def tensorboard(keras):
    with tempfile.TemporaryDirectory() as folder:
        keras.callbacks.TensorBoard(log_dir=folder, histogram_freq=0, embeddings_freq=0, update_freq="epoch")
