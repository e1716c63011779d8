"""What frozen first layers give is computed once for each image, and training has the same bits as if it were not."""

import os
import re

import numpy as np
import pytest

import planish as keras
from planish import layers
from planish.models.programs import trunk as trunk_module
from planish.models.programs import trunk_outputs
from planish.models.programs.trunk import Trunk

EPOCHS = 3
SHAPE = (9, 7, 3)
rng = np.random.default_rng(0)
X = rng.random((23, *SHAPE), np.float32)
Y = rng.integers(0, 4, 23)


@pytest.fixture
def computed(monkeypatch):
    """The number of images of each run of a trunk."""
    counts = []
    run = Trunk.run

    def counted(self, inputs, outputs, count):
        counts.append(count)
        run(self, inputs, outputs, count)

    monkeypatch.setattr(Trunk, "run", counted)
    return counts


def frozen_base():
    base = keras.Sequential(
        [
            layers.Input(SHAPE),
            layers.Conv2D(8, 3, padding="same", name="first"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.4),
            layers.DepthwiseConv2D(3),
            layers.MaxPooling2D(),
        ],
        name="base",
    )
    base.trainable = False
    return base


def compiled(inputs, outputs, **options):
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


def pooled():
    """The usual form: a model inside, in inference mode."""
    image = keras.Input(SHAPE)
    x = layers.GlobalAveragePooling2D()(frozen_base()(layers.Rescaling(2.0)(image), training=False))
    return compiled(image, layers.Dense(4, "softmax")(layers.Dropout(0.3)(x)))


def convolved():
    """What follows the trunk looks at the batch, is regularized, and reads the image as well."""
    image = keras.Input(SHAPE)
    x = layers.BatchNormalization()(layers.Conv2D(5, 2, kernel_regularizer="l2")(frozen_base()(image, training=False)))
    x = layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(layers.Cropping2D(2)(image))])
    return compiled(image, layers.Dense(4, "softmax")(x))


def stacked():
    """The first layers of a Sequential are frozen one by one, the normalization among them as well."""
    model = keras.Sequential(
        [
            layers.Input(SHAPE),
            layers.Conv2D(6, 3, activation="relu", trainable=False),
            layers.BatchNormalization(trainable=False),
            layers.Flatten(),
            layers.Dense(12, "relu", trainable=False),
            layers.Dense(4, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


KINDS = [pooled, convolved, stacked]


def trained(make, *data, keep, **options):
    """The history, and the weights, of a model trained from the same seed."""
    keras.utils.set_random_seed(3)
    model = make()
    settings = {"batch_size": 5, "epochs": EPOCHS, "verbose": 0, **options}
    if "steps_per_epoch" in options or len(data) == 1:
        del settings["batch_size"]
    history = model.fit(*data, keep_frozen=keep, **settings).history
    return history, model.get_weights()


def assert_same(first, second):
    assert first[0] == second[0]
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", KINDS)
def test_training_has_the_same_bits_with_and_without(make, computed):
    kept = trained(make, X, Y, keep=True, validation_split=0.2)
    assert sum(computed) == len(X)  # the 5 images for validation, too
    computed.clear()
    assert_same(kept, trained(make, X, Y, keep=False, validation_split=0.2))
    assert sum(computed) == EPOCHS * len(X)


@pytest.mark.parametrize(
    "options",
    [
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5, 3: 1.0}},
        {"sample_weight": np.linspace(0.1, 2, len(X))},
        {"shuffle": False, "initial_epoch": 1, "epochs": 4},
        {"shuffle": "batch"},
        {"steps_per_epoch": 2, "epochs": 6},
        {"validation_data": (X[:7], Y[:7]), "validation_freq": 2, "validation_batch_size": 3},
        {"callbacks": [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]},
    ],
    ids=lambda options: "-".join(options),
)
def test_and_with_the_other_arguments_of_fit(options, computed):
    kept = trained(pooled, X, Y, keep=True, **options)
    assert sum(computed) == len(X) + 7 * ("validation_data" in options)
    assert_same(kept, trained(pooled, X, Y, keep=False, **options))


@pytest.mark.parametrize(
    "x",
    [X.astype(">f8"), np.repeat(X, 2, axis=1)[:, ::2], (X * 255).astype(np.uint8)],
    ids=["other byte order", "view", "bytes"],
)
def test_arrays_that_are_converted_or_of_other_types(x, computed):
    kept = trained(pooled, x, Y, keep=True)
    assert sum(computed) == len(X)
    assert_same(kept, trained(pooled, x, Y, keep=False))


def test_the_bits_do_not_depend_on_threads():
    results = []
    for threads in (1, 2, 3):
        keras.set_num_threads(threads)
        results.append(trained(pooled, np.tile(X, (12, 1, 1, 1)), np.tile(Y, 12), keep=threads != 2, batch_size=70))
    keras.set_num_threads(None)
    assert_same(results[0], results[1])
    assert_same(results[0], results[2])


def test_several_inputs_and_outputs(computed):
    def make():
        left, right = keras.Input(SHAPE, name="left"), keras.Input((6,), name="right")
        shared = layers.GlobalMaxPooling2D()(frozen_base()(left, training=False))
        coded = layers.Dense(7, "relu", trainable=False)(right)
        both = layers.Concatenate()([shared, coded, right])
        model = keras.Model([left, right], [layers.Dense(4, name="a")(both), layers.Dense(1, name="b")(shared)])
        losses = {"a": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "b": "mse"}
        model.compile("rmsprop", losses)
        return model

    data = {"left": X, "right": X[:, 0, :2, :].reshape(-1, 6)}, {"a": Y, "b": Y.astype(np.float32)}
    kept = trained(make, *data, keep=True)
    assert sum(computed) == len(X)
    assert_same(kept, trained(make, *data, keep=False))


def test_what_is_random_in_front_or_inside_ends_the_trunk(computed):
    def augmented():
        image = keras.Input(SHAPE)
        x = layers.Flatten()(frozen_base()(layers.RandomFlip()(image), training=False))
        return compiled(image, layers.Dense(4, "softmax")(x))

    def dropping():  # nobody said that the base is not in training
        image = keras.Input(SHAPE)
        return compiled(image, layers.Dense(4, "softmax")(layers.Flatten()(frozen_base()(image))))

    trained(augmented, X, Y, keep=True)
    assert computed == []
    kept = trained(dropping, X, Y, keep=True)  # up to the dropout
    assert sum(computed) == len(X)
    assert_same(kept, trained(dropping, X, Y, keep=False))


def test_layers_that_only_scale_are_no_trunk_and_a_trained_normalization_is_not_in_it(computed):
    def scaled():
        return stack(layers.Rescaling(0.5), layers.Normalization(mean=0.0, variance=2.0), layers.Conv2D(4, 3))

    def normalized():
        return stack(layers.Conv2D(4, 3, trainable=False), layers.BatchNormalization())

    def stack(*first):
        model = keras.Sequential([layers.Input(SHAPE), *first, layers.Flatten(), layers.Dense(4, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    trained(scaled, X, Y, keep=True)
    assert computed == []
    kept = trained(normalized, X, Y, keep=True, validation_split=0.3)
    assert sum(computed) == len(X)
    assert_same(kept, trained(normalized, X, Y, keep=False, validation_split=0.3))


def test_batches_of_a_generator_may_change_and_are_computed_every_time(computed):
    def batches():
        while True:
            yield X[:5], Y[:5]

    kept = trained(pooled, batches(), keep=True, steps_per_epoch=2)
    assert sum(computed) == 2 * 5 * EPOCHS
    assert_same(kept, trained(pooled, batches(), keep=False, steps_per_epoch=2))


class Setting(keras.callbacks.Callback):
    """Sets a frozen kernel after each epoch: to another value after the second one."""

    def on_epoch_end(self, epoch, logs=None):
        kernel = self.model.get_layer("base").get_layer("first").kernel
        kernel.assign(kernel.value * (2.0 if epoch == 1 else 1.0))


def test_frozen_weights_that_a_callback_changes_are_noticed(computed):
    kept = trained(pooled, X, Y, keep=True, epochs=5, callbacks=[Setting()])
    assert sum(computed) == 2 * len(X)  # the same values again change nothing
    assert_same(kept, trained(pooled, X, Y, keep=False, epochs=5, callbacks=[Setting()]))


class Thawing(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.model.get_layer("base").trainable = True


def test_layers_that_are_trained_from_some_epoch_on(computed):
    kept = trained(pooled, X, Y, keep=True, epochs=4, callbacks=[Thawing()])
    assert sum(computed) == len(X)
    assert_same(kept, trained(pooled, X, Y, keep=False, epochs=4, callbacks=[Thawing()]))


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            raise KeyboardInterrupt


def test_a_run_that_was_interrupted_and_goes_on_has_the_same_bits(tmp_path, computed):
    def resumed(keep, folder):
        callback = keras.callbacks.BackupAndRestore(str(tmp_path / folder), save_freq=2)
        with pytest.raises(KeyboardInterrupt):
            trained(pooled, X, Y, keep=keep, callbacks=[callback, Stop()])
        return trained(pooled, X, Y, keep=keep, callbacks=[callback])

    assert_same(resumed(True, "with"), resumed(False, "without"))


@pytest.mark.parametrize("memory", ["1000", "0"])
@pytest.mark.parametrize("broken", [1, 3])
def test_a_run_that_is_interrupted_while_outputs_are_computed_leaves_nothing_behind(memory, broken, monkeypatch):
    """Half of a row is there when Ctrl-C comes: the next run computes all of it again."""
    monkeypatch.setenv("PLANISH_TRUNK_MEMORY", memory)
    monkeypatch.setattr(trunk_module, "_NBYTES_AT_ONCE", 1)  # one batch in each call
    expected = trained(pooled, X, Y, keep=True)
    run, calls = Trunk.run, []

    def interrupted(self, inputs, outputs, count):
        run(self, inputs, outputs, count)
        calls.append(count)
        if len(calls) == broken:
            for array in outputs.values():
                array[: count // 2 + 1] = np.nan
            raise KeyboardInterrupt

    keras.utils.set_random_seed(3)
    model = pooled()
    first = model.get_weights()
    monkeypatch.setattr(Trunk, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=5, epochs=EPOCHS, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())
    keras.utils.set_random_seed(3)
    pooled()  # takes as many seeds as the model did
    model.set_weights(first)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, Y, batch_size=5, epochs=EPOCHS, verbose=0).history
    assert_same((history, model.get_weights()), expected)


@pytest.mark.parametrize("memory", ["0", "1000"])
def test_what_does_not_fit_into_memory_is_kept_in_a_file(memory, monkeypatch, computed):
    monkeypatch.setenv("PLANISH_TRUNK_MEMORY", memory)
    kept = trained(convolved, X, Y, keep=True, validation_split=0.2)
    assert sum(computed) == len(X)
    assert_same(kept, trained(convolved, X, Y, keep=False, validation_split=0.2))


def test_without_room_everything_is_computed_every_time(monkeypatch, computed):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("PLANISH_TRUNK_MEMORY", "0")
    monkeypatch.setattr(trunk_outputs.os, "posix_fallocate", full)
    kept = trained(pooled, X, Y, keep=True)
    assert sum(computed) == EPOCHS * len(X)
    monkeypatch.undo()
    assert_same(kept, trained(pooled, X, Y, keep=False))


def test_a_file_takes_no_more_than_it_may(monkeypatch):
    monkeypatch.setenv("PLANISH_TRUNK_MEMORY", "1")
    monkeypatch.setenv("PLANISH_TRUNK_FILE", "2")
    room = trunk_outputs.Room()
    sizes = [(2**17,), (2**18,), (2**18,), (2**17,), (2**10,)]  # half a megabyte in memory, then one and one in a file
    assert [room.array(size, np.dtype(np.float32), 200) is None for size in sizes] == [False, False, False, False, True]
    assert trunk_outputs.Room().array((2**19,), np.dtype(np.float32), 199) is None  # reading it would take longer


def test_values_that_are_not_finite_end_the_training():
    model = pooled()
    kernel = model.get_layer("base").get_layer("first").kernel
    kernel.assign(np.full(kernel.shape, np.inf))
    message = r"the frozen layers give values that are not finite(.*\n)+ *received: NaN or infinity for 23 of 23 images"
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, epochs=2, verbose=0)


def test_one_batch_and_evaluate_have_the_bits_of_fit():
    keras.utils.set_random_seed(3)
    model = pooled()
    history = model.fit(X, Y, batch_size=23, epochs=2, verbose=0, validation_data=(X, Y)).history
    assert model.evaluate(X, Y, verbose=0)[0] == model.test_on_batch(X, Y)[0] == history["val_loss"][-1]


def test_a_loss_that_is_not_reduced(computed):
    def make():
        model = pooled()
        loss = keras.losses.SparseCategoricalCrossentropy(reduction="none")
        model.compile("sgd", loss)
        return model

    kept = trained(make, X, Y, keep=True)
    assert sum(computed) == len(X)
    assert_same(kept, trained(make, X, Y, keep=False))


def test_a_forked_child_computes_its_own(monkeypatch, computed):
    monkeypatch.setenv("PLANISH_TRUNK_MEMORY", "0")
    model = pooled()
    model.fit(X, Y, epochs=1, verbose=0)
    (trunk,) = model._programs._trunks._kept.values()
    outputs = trunk_outputs.TrunkOutputs(len(X), trunk_outputs.Room())
    rows = np.arange(len(X))
    assert outputs.has_room(trunk)
    mine = outputs.fill(trunk, {"x": X}, rows, rows)["trunk/0"]
    before = mine.copy()
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a child
    assert outputs.has_room(trunk)
    assert not outputs.knows()
    theirs = outputs.fill(trunk, {"x": 2 * X}, rows, rows)["trunk/0"]
    assert np.any(theirs != before)
    np.testing.assert_array_equal(mine, before)


def test_the_interpreter_agrees(monkeypatch):
    def eager():
        model = stacked()
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return model

    kept = trained(stacked, X, Y, keep=True)
    monkeypatch.setenv("PLANISH_COMPARE", "1")
    assert_same(kept, trained(stacked, X, Y, keep=True))
    for one, other in zip(kept[1], trained(eager, X, Y, keep=True)[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_the_plan_names_the_trunk_or_what_is_in_its_way():
    plan = pooled().program(emit="plan", training=True)
    assert plan.startswith("The trunk, from 'rescaling")
    assert "It gives f32[N,8], 32 bytes an image." in plan
    assert re.search(r"\n\nlayer .*\n.*first", plan)

    image = keras.Input(SHAPE)
    x = layers.Flatten()(frozen_base()(layers.RandomFlip(name="flip")(image), training=False))
    model = compiled(image, layers.Dense(4, "softmax")(x))
    plan = model.program(emit="plan", training=True)
    assert plan.startswith("No trunk: 'first' is frozen, but what it reads is not the same in every step, because of")
    assert "'flip'" in plan.partition("\n")[0]


def test_the_argument_is_a_switch():
    with pytest.raises(ValueError, match=r"`keep_frozen` is wrong\n  expected: True or False\n  received: 'no'"):
        pooled().fit(X, Y, keep_frozen="no")
