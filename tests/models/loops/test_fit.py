"""What `fit`, `evaluate` and the one-batch methods compute: losses, metrics, weights."""

import numpy as np
import pytest

from planish.callbacks import LambdaCallback
from planish.layers import BatchNormalization, Dense, Dropout, Input
from planish.models import Sequential
from planish.optimizers import SGD


def cross_entropy(model, x, y):
    return -np.log(model.predict(x, verbose=0)[np.arange(len(y)), y].astype(np.float64))


def test_training_makes_it_better(train, classifier, data):
    model = classifier()
    history = train(model, *data, epochs=10, batch_size=8)
    assert list(history.history) == ["accuracy", "loss"]
    assert history.epoch == list(range(10))
    assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]
    assert history.history["accuracy"][-1] > 0.7
    assert history is model.history


def test_the_loss_of_an_epoch_is_the_mean_over_its_images(train, classifier, data):
    x, y = data
    model = classifier(optimizer=SGD(0.0))
    expected = cross_entropy(model, x, y).mean()
    assert train(model, x, y, batch_size=16).history["loss"] == pytest.approx([expected], rel=1e-5)
    assert model.evaluate(x, y, batch_size=16, verbose=0)[0] == pytest.approx(expected, rel=1e-5)


def test_the_same_seed_gives_the_same_bits(train, classifier, same_weights, data):
    runs = [classifier(Dropout(0.5)) for _ in range(2)]
    histories = [train(model, *data, epochs=3, batch_size=8).history for model in runs]
    assert histories[0] == histories[1]
    assert same_weights(*runs)
    other = classifier(Dropout(0.5), seed=2)
    assert train(other, *data, epochs=3, batch_size=8).history != histories[0]


def test_step_by_step_or_whole_epochs_train_alike(train, classifier, same_weights, data):
    models = [classifier(Dropout(0.3)) for _ in range(3)]
    train(models[0], *data, epochs=2, batch_size=8)
    train(models[1], *data, epochs=2, batch_size=8, callbacks=[LambdaCallback(on_batch_end=lambda *_: None)])
    train(models[2], *data, epochs=2, batch_size=8, verbose=2)
    assert same_weights(models[0], models[1])
    assert same_weights(models[0], models[2])


def test_labels_of_one_column_or_none(train, classifier, same_weights, data):
    x, y = data
    models = [classifier() for _ in range(4)]
    for model, labels in zip(models, (y, y[:, None], y.tolist(), y.astype(np.float64)), strict=True):
        train(model, x, labels)
        assert same_weights(model, models[0])


def test_validation(train, classifier, data):
    x, y = data
    split, given = classifier(), classifier()
    one = train(split, x, y, epochs=2, validation_split=0.2).history
    other = train(given, x[:40], y[:40], epochs=2, validation_data=(x[40:], y[40:])).history
    assert one == other
    assert list(one) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert one["val_loss"][-1] == pytest.approx(split.evaluate(x[40:], y[40:], verbose=0)[0])


@pytest.mark.parametrize(("frequency", "expected"), [(1, 4), (2, 2), (3, 1), ([1, 4], 2)])
def test_validation_frequency(train, classifier, data, frequency, expected):
    history = train(classifier(), *data, epochs=4, validation_data=data, validation_freq=frequency).history
    assert len(history["val_loss"]) == expected
    assert len(history["loss"]) == 4


def test_validation_steps(train, classifier, data):
    x, y = data
    model = classifier()
    arguments = {"validation_data": data, "validation_steps": 2, "validation_batch_size": 5}
    history = train(model, x, y, **arguments).history
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(x[:10], y[:10], verbose=0)[0])


def test_sample_weights_scale_the_loss_and_not_the_metrics(train, classifier, data):
    x, y = data
    weights = np.linspace(0, 2, len(x))
    model = classifier(optimizer=SGD(0.0), metrics=["accuracy"], weighted_metrics=["accuracy"])
    results = model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    right = model.predict(x, verbose=0).argmax(-1) == y
    assert results["loss"] == pytest.approx(np.mean(weights * cross_entropy(model, x, y)), rel=1e-5)
    assert results["accuracy"] == pytest.approx(right.mean())
    assert results["weighted_accuracy"] == pytest.approx((weights * right).sum() / weights.sum())
    trained = train(model, x, y, sample_weight=weights).history
    assert {name: values[0] for name, values in trained.items()} == pytest.approx(results, rel=1e-5)


def test_class_weights_are_sample_weights(train, classifier, same_weights, data):
    x, y = data
    by_class, by_sample = classifier(), classifier()
    train(by_class, x, y, class_weight={0: 3.0, 2: 0.5})
    train(by_sample, x, y, sample_weight=np.array([3.0, 1.0, 0.5])[y])
    assert same_weights(by_class, by_sample)


def test_class_weights_do_not_weigh_the_validation(train, classifier, data):
    x, y = data
    model = classifier()
    history = train(model, x, y, class_weight={0: 9.0}, validation_split=0.4).history
    assert history["val_loss"][0] == pytest.approx(model.evaluate(x[30:], y[30:], verbose=0)[0])


def test_samples_of_no_weight_do_not_count(train, classifier, data):
    x, y = data
    weights = np.zeros(len(x))
    model = classifier()
    before = model.get_weights()
    train(model, x, y, sample_weight=weights)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_regularizers_are_part_of_the_loss(train, data):
    x, y = data
    model = Sequential([Input((4,)), Dense(3, activation="softmax", kernel_regularizer="l2")])
    model.compile(SGD(0.0), "sparse_categorical_crossentropy", run_eagerly=True)
    expected = cross_entropy(model, x, y).mean() + 0.01 * np.sum(model.get_weights()[0] ** 2)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert train(model, x, y).history["loss"] == pytest.approx([expected], rel=1e-5)


def test_regularizers_shrink_weights(train, classifier, data):
    x, y = data
    model = classifier(Dense(3, kernel_regularizer="l2", use_bias=False))
    before = np.abs(model.get_weights()[0]).sum()
    train(model, np.zeros_like(x), y, epochs=5)
    assert np.abs(model.get_weights()[0]).sum() < 0.99 * before


def test_penalties_of_activations_are_part_of_the_loss(train, data):
    x, y = data
    model = Sequential([Input((4,)), Dense(3, activity_regularizer="l1", activation="softmax")])
    model.compile(SGD(0.0), "sparse_categorical_crossentropy", run_eagerly=True)
    expected = cross_entropy(model, x, y).mean() + 0.01
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert train(model, x, y).history["loss"] == pytest.approx([expected], rel=1e-5)


def test_loss_weights(classifier, data):
    model = classifier(optimizer=SGD(0.0))
    once = model.evaluate(*data, verbose=0)[0]
    model.compile(SGD(0.0), "sparse_categorical_crossentropy", loss_weights=[2.0], metrics=[], run_eagerly=True)
    assert model.evaluate(*data, verbose=0) == pytest.approx(2 * once)


def test_metrics_by_position(train, classifier, data):
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    model.compile("adam", "sparse_categorical_crossentropy", "accuracy", run_eagerly=True)
    assert list(train(model, *data).history) == ["accuracy", "loss"]
    assert model.metrics_names == ["loss", "accuracy"]


def test_names_that_are_taken(classifier, data):
    model = classifier(metrics=["accuracy", "accuracy"], weighted_metrics=["accuracy"])
    results = model.evaluate(*data, return_dict=True, verbose=0)
    assert list(results) == ["accuracy", "accuracy_1", "loss", "weighted_accuracy"]


def test_evaluate_returns(classifier, data):
    model = classifier()
    loss, accuracy = model.evaluate(*data, verbose=0)
    assert model.evaluate(*data, return_dict=True, verbose=0) == {"accuracy": accuracy, "loss": loss}
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[], run_eagerly=True)
    assert isinstance(model.evaluate(*data, verbose=0), float)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000, None])
def test_evaluate_does_not_depend_on_the_batch_size(classifier, data, batch_size):
    model = classifier()
    assert model.evaluate(*data, batch_size=batch_size, verbose=0) == pytest.approx(
        model.evaluate(*data, batch_size=50, verbose=0)
    )


def test_one_batch_methods(train, classifier, same_weights, data):
    x, y = data
    by_hand, by_fit = classifier(), classifier()
    results = []
    for start in range(0, 50, 10):
        results.append(by_hand.train_on_batch(x[start : start + 10], y[start : start + 10], return_dict=True))
    history = train(by_fit, x, y, batch_size=10, shuffle=False).history
    assert same_weights(by_hand, by_fit)
    assert np.mean([result["loss"] for result in results]) == pytest.approx(history["loss"][0])
    assert by_hand.test_on_batch(x, y) == pytest.approx(by_fit.evaluate(x, y, verbose=0))


def test_batch_normalization_moves_and_freezes(train, classifier, data):
    model = classifier(BatchNormalization())
    statistics = model.layers[0].get_weights()[2:]
    train(model, *data)
    moved = model.layers[0].get_weights()[2:]
    assert not np.array_equal(statistics[0], moved[0])
    model.layers[0].trainable = False
    frozen = model.layers[0].get_weights()
    train(model, *data)
    assert all(np.array_equal(a, b) for a, b in zip(frozen, model.layers[0].get_weights(), strict=True))


def test_arrays_of_any_type_and_layout_train_alike(train, classifier, same_weights, data):
    x, y = data
    whole = np.round(x * 50)
    models = [classifier() for _ in range(5)]
    forms = (
        whole,
        whole.astype(">f8"),
        np.asfortranarray(whole),
        np.repeat(whole, 2, 1)[:, ::2],
        whole.astype(np.int64),
    )
    for model, form in zip(models, forms, strict=True):
        train(model, form, y)
        assert same_weights(model, models[0])


def test_a_model_that_is_compiled_again_keeps_its_loss():
    x, y = np.ones((4, 2), np.float32), np.zeros((4, 1), np.float32)
    model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    model.compile(SGD(0.0), "mse", loss_weights=[3.0], metrics=["mae"])
    model.compile(SGD(0.0))
    assert (model.loss, model.get_compile_config()["loss_weights"]) == ("mse", [3.0])
    assert model.fit(x, y, verbose=0).history == {"loss": [12.0], "mae": [2.0]}
    model.compile(SGD(0.0), "mae", metrics=[])
    assert model.evaluate(x, y, verbose=0) == 2
