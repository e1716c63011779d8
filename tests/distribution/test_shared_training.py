"""Ranks that train together: the same bits on 1, 2 and 4 of them, and what everybody sees."""

import os
import warnings

import numpy as np
import pytest

import planish as keras
from planish.distribution.data_parallel import current_ranks
from planish.layers import (
    BatchNormalization,
    Conv2D,
    CutMix,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    RandomRotation,
    ReLU,
    Rescaling,
)  # fmt: skip
from tests.distribution.simulated import on_ranks, same_bits

RANDOM = np.random.default_rng(0)
X = RANDOM.random((43, 8, 8, 1), dtype=np.float32)
Y = RANDOM.integers(0, 3, 43)


def blog():
    return [Conv2D(6, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(3, activation="softmax")]


def dropped():
    return [Flatten(), Dense(17, activation="relu", kernel_regularizer="l2"), Dropout(0.3), Dense(3, "softmax")]


def augmented():
    return [RandomRotation(0.1), Conv2D(4, 3, strides=2), ReLU(), Flatten(), Dense(3, "softmax")]


def normalized(synchronized):
    def layers():
        return [
            Conv2D(5, 3, use_bias=False), BatchNormalization(synchronized=synchronized), ReLU(), MaxPooling2D(),
            Flatten(), Dense(3, "softmax"),
        ]  # fmt: skip

    return layers


def model_of(layers, optimizer="sgd", seed=3, **settings):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([Input((8, 8, 1)), *layers()])
    model.compile(optimizer, "sparse_categorical_crossentropy", **{"metrics": ["accuracy"], **settings})
    return model


def trained(layers, *, compiled=None, **given):
    model = model_of(layers, **(compiled or {}))
    arguments = {"epochs": 2, "batch_size": 16, "verbose": 0, "validation_split": 0.1, **given}
    history = model.fit(X, Y, **arguments)
    return model.get_weights(), history.history


def results_on(size, work, **options):
    results = on_ranks(size, lambda _: work(), **options)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def all_alike(results):
    return all(same_bits(weights, results[0][0]) and log == results[0][1] for weights, log in results)


def near(a, b, tolerance=1e-4):
    return all(np.abs(x - y).max() <= tolerance * max(1e-3, np.abs(y).max()) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("layers", "optimizer", "sizes"),
    [(blog, "adam", (2, 4)), (dropped, "sgd", (2,)), (augmented, "sgd", (2,)), (normalized(True), "adam", (4,))],
    ids=["blog", "dropout", "augmented", "synchronized"],
)
def test_bits_and_histories_do_not_depend_on_the_number_of_ranks(layers, optimizer, sizes):
    """Batches of 16, 16 and 6 images: in the last one, some blocks are empty."""
    plain = trained(layers, compiled={"optimizer": optimizer})
    alone = results_on(1, lambda: trained(layers, compiled={"optimizer": optimizer}))[0]
    for size in sizes:
        results = results_on(size, lambda: trained(layers, compiled={"optimizer": optimizer}))
        assert all_alike([alone, *results])
    assert near(alone[0], plain[0])
    np.testing.assert_allclose(alone[1]["val_loss"], plain[1]["val_loss"], rtol=1e-4)


class WithLossOfItsOwn(keras.Sequential):
    def __init__(self, layers):
        super().__init__(layers)
        self.certainty = keras.metrics.Mean(name="certainty")
        self.largest = keras.metrics.Mean(name="largest")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        certainty = keras.ops.mean(keras.ops.square(y_pred))
        self.certainty.update_state(certainty)
        self.largest.update_state(keras.ops.max(y_pred, axis=-1))
        return super().compute_loss(x, y, y_pred, sample_weight) + 0.1 * certainty


def trained_with_its_own_loss():
    keras.utils.set_random_seed(3)
    model = WithLossOfItsOwn([Input((8, 8, 1)), *blog()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.fit(X, Y, epochs=2, batch_size=16, verbose=0).history, model.get_weights()


def test_a_loss_of_the_models_own_is_shared():
    plain, alone = trained_with_its_own_loss(), results_on(1, trained_with_its_own_loss)
    results = results_on(2, trained_with_its_own_loss)
    assert all_alike([(weights, log) for log, weights in [*alone, *results]])
    assert near(results[0][1], plain[1])
    assert results[0][0].keys() == {"loss", "certainty", "largest"}


def test_three_ranks_agree_with_each_other_and_nearly_with_one_process():
    plain = trained(blog)
    results = results_on(3, lambda: trained(blog))
    assert all_alike(results)
    assert near(results[0][0], plain[0])


def test_sums_in_any_order_are_nearly_the_same():
    plain = trained(blog)
    results = results_on(2, lambda: trained(blog), exact=False)
    assert all_alike(results)
    assert near(results[0][0], plain[0])


def test_a_batch_may_have_fewer_images_than_there_are_ranks():
    def work():
        return trained(blog, batch_size=3, epochs=1)

    alone = results_on(1, work)
    assert all_alike(alone + results_on(4, work))


def test_ranks_normalize_over_their_own_images():
    def statistics(synchronized):
        model = model_of(normalized(synchronized))
        model.train_on_batch(X[:16], Y[:16])
        return [np.array(weight) for weight in model.get_weights()], {}

    plain = statistics(False)[0]
    own = results_on(2, lambda: statistics(False))
    together = results_on(2, lambda: statistics(True))
    assert all_alike(own)
    assert near(together[0][0], plain)
    assert not near(own[0][0], plain)
    moving_mean, moving_variance = own[0][0][3:5]
    np.testing.assert_allclose(moving_mean, plain[3], rtol=1e-5, atol=1e-6)  # the mean of means is that of all
    assert (moving_variance <= plain[4]).all()  # without the variance between the shares
    assert (moving_variance < plain[4]).any()


def test_one_rank_that_normalizes_for_itself_has_the_bits_of_a_plain_process():
    plain = trained(normalized(False))
    assert all_alike([plain, *results_on(1, lambda: trained(normalized(False)))])


def test_a_rank_without_images_changes_no_statistics():
    def work():
        return trained(normalized(False), batch_size=39, epochs=1, validation_split=0.0)  # 39 and 4 images

    results = results_on(5, work)
    assert all_alike(results)
    assert all(np.isfinite(weight).all() for weight in results[0][0])


def test_ranks_begin_with_the_weights_and_seeds_of_the_first():
    def work():
        return trained(dropped, compiled={"seed": 3 + current_ranks().rank})

    assert all_alike([*results_on(1, work), *results_on(2, work)])


def test_weights_of_images_and_batches_that_come_one_by_one():
    def batches():
        for start in range(0, 40, 10):
            yield X[start : start + 10], Y[start : start + 10], np.linspace(0, 2, 10, dtype=np.float32)

    def work():
        model = model_of(dropped)
        logs = model.fit(batches(), verbose=0).history
        return [*model.get_weights(), np.array(list(model.train_on_batch(X[:5], Y[:5])))], logs

    assert all_alike(results_on(1, work) + results_on(2, work))


def test_a_frozen_trunk_is_computed_by_each_rank_for_its_own_images():
    def work():
        keras.utils.set_random_seed(1)
        base = keras.Sequential([Input((8, 8, 1)), Conv2D(4, 3, activation="relu"), Flatten()])
        base.trainable = False
        model = keras.Sequential([Input((8, 8, 1)), Rescaling(2.0), base, Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(X, Y, epochs=3, batch_size=8, verbose=0, validation_split=0.2)
        return model.get_weights(), history.history

    plain = work()
    results = results_on(2, work)
    assert all_alike(results + results_on(1, work))
    assert near(results[0][0], plain[0])


def test_models_of_float64():
    def work():
        model = keras.Sequential([Input((8, 8, 1)), Flatten(dtype="float64"), Dense(3, "softmax", dtype="float64")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(X.astype(np.float64), Y, epochs=1, batch_size=16, verbose=0)
        return model.get_weights(), history.history

    results = results_on(1, work) + results_on(2, work)
    assert results[0][0][0].dtype == np.float64
    assert all_alike(results)


def test_evaluation_gives_every_rank_what_one_process_gets():
    def work():
        model = model_of(blog)
        return [np.array(model.evaluate(X, Y, batch_size=7, verbose=0))], {}

    assert all_alike([work(), *results_on(3, work)])


def test_a_callback_of_one_rank_ends_training_on_all():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1 and current_ranks().rank == 1

    results = results_on(2, lambda: trained(blog, epochs=5, callbacks=[Stop()]))
    assert all_alike(results)
    assert len(results[0][1]["loss"]) == 2


def test_files_are_written_and_progress_is_shown_by_the_first_rank_alone(tmp_path, capfd):
    def work():
        folder = tmp_path / str(current_ranks().rank)
        folder.mkdir()
        os.chdir(folder)
        callbacks = [
            keras.callbacks.ModelCheckpoint("{epoch}.keras"), keras.callbacks.ModelCheckpoint("b.keras", save_freq=2),
            keras.callbacks.CSVLogger("log.csv"),
            keras.callbacks.BackupAndRestore("backup", delete_checkpoint=False),
        ]  # fmt: skip
        return trained(blog, callbacks=callbacks, verbose=2)

    assert all_alike(results_on(2, work))
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == [
        "1.keras", "2.keras", "b.keras", "backup", "log.csv",
    ]  # fmt: skip
    assert not list((tmp_path / "1").iterdir())
    assert capfd.readouterr().out.count("Epoch 1/2") == 1


@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_a_run_that_was_killed_goes_on_with_another_number_of_ranks(tmp_path, save_freq):
    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError

    def work(killed, seed):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), save_freq=save_freq)
        callbacks = [backup, *[Kill()] * killed]
        return trained(dropped, compiled={"seed": seed}, callbacks=callbacks, epochs=3)

    whole = results_on(1, lambda: trained(dropped, epochs=3))
    assert all(isinstance(result, RuntimeError) for result in on_ranks(2, lambda _: work(True, 3)))
    assert (tmp_path / "backup").exists()
    assert all_alike(whole + results_on(4, lambda: work(False, 8)))


def test_ranks_that_do_different_things_are_told():
    def work():
        return trained(blog, batch_size=8 + current_ranks().rank)

    results = on_ranks(2, lambda _: work())
    assert all(isinstance(result, ValueError) for result in results)
    assert "batch_size: 8" in str(results[0])
    assert "on rank 1: batch_size: 9" in str(results[0])


@pytest.mark.parametrize("what", ["images", "images to validate on"])
def test_ranks_with_other_data_are_told_before_they_train(what):
    def work():
        less = current_ranks().rank
        counts = {"images": (40 - less, 20), "images to validate on": (40, 20 - less)}[what]
        model = model_of(blog)
        model.compile("sgd", "sparse_categorical_crossentropy")
        train, validate = ((X[:count], Y[:count]) for count in counts)
        model.fit(*train, validation_data=validate, verbose=0)

    results = on_ranks(2, lambda _: work())
    assert all(isinstance(result, ValueError) for result in results)
    assert "fit differs from rank to rank" in str(results[0])
    most = {"images": 40, "images to validate on": 20}[what]
    assert f"{what}: {most}" in str(results[0]).partition("received:")[0]
    assert f"{what}: {most - 1}" in str(results[0]).partition("received:")[2]


def test_a_rank_that_raises_tells_the_others_why():
    class Fault(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ValueError("the disk is on fire\nand so is the house")

    def work(communicator):
        with pytest.raises(ValueError, match="on fire"):
            trained(blog, callbacks=[Fault()])
        return communicator.runs, communicator.left

    assert on_ranks(2, work) == [(1, ["ValueError: the disk is on fire"])] * 2


def test_a_rank_that_leaves_is_noticed():
    def work(communicator):
        model = model_of(blog)
        if communicator.rank == 1:
            return None
        return model.fit(X, Y, verbose=0)

    results = on_ranks(2, work, timeout=5)
    assert isinstance(results[0], OSError)


def mixed():
    image = Input((8, 8, 1))
    label = Input((3,))
    given = CutMix()({"images": image, "labels": label})
    model = keras.Model([image, label], Dense(3)(Flatten()(given["images"])))
    model.compile("sgd", "mse")
    return model, [X, np.eye(3)[Y]], np.eye(3)[Y]


def of_pairs():
    model = keras.Sequential([Input((8, 8, 1)), Flatten(), Dense(3)])
    model.compile("sgd", keras.losses.Circle())
    return model, X, Y


@pytest.mark.parametrize("made", [mixed, of_pairs], ids=["CutMix", "circle loss"])
def test_what_mixes_images_is_computed_by_every_rank_as_a_whole(made):
    def work():
        keras.utils.set_random_seed(0)
        model, x, y = made()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            history = model.fit(x, y, batch_size=16, epochs=2, verbose=0)
        return model.get_weights(), history.history, [str(each.message) for each in told]

    plain, first, second = work(), *results_on(2, work)
    assert all_alike([each[:2] for each in (plain, first, second)])
    assert not plain[2] + second[2]
    assert len(first[2]) == 1
    assert "every rank computes whole steps" in first[2][0]


def test_the_interpreter_takes_every_rank_through_whole_steps():
    def work():
        return trained(dropped, compiled={"run_eagerly": True}, epochs=1)

    assert all_alike([work(), *results_on(2, work)])


def test_what_is_compared_with_the_interpreter_is_a_whole_step(monkeypatch):
    monkeypatch.setenv("PLANISH_COMPARE", "1")

    def work():
        return trained(blog, epochs=1)

    assert all_alike([work(), *results_on(2, work)])
