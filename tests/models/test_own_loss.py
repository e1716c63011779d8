"""A model's own `compute_loss` is compiled into the step. The numbers were given by Keras 3.15 on TensorFlow."""

import pickle

import numpy as np
import pytest

import planish as keras
from planish import ops
from planish.layers import Dense, Dropout, Input
from planish.models import Sequential

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((10, 3)).astype(np.float32)
LABELS = np.arange(10) % 2
Y = RANDOM.standard_normal((10, 2)).astype(np.float32)
KERNEL = RANDOM.standard_normal((3, 2)).astype(np.float32)
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def made(class_, regularizer=None):
    image, dense = Input((3,)), Dense(2, name="d", kernel_regularizer=regularizer)
    model = class_(image, dense(image))
    dense.set_weights([KERNEL, np.zeros(2)])
    return model


def trained(model, y, loss="mse", metrics=None, weighted_metrics=None, **options):
    """History, what `evaluate` gives under "ev_...", and the kernel."""
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=metrics, weighted_metrics=weighted_metrics)
    data = {"validation_data": (X[:5], y[:5]), "batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    found = dict(model.fit(X, y, **data, **options).history)
    found |= {f"ev_{name}": value for name, value in model.evaluate(X, y, 4, verbose=0, return_dict=True).items()}
    return found | {"w": model.get_layer("d").get_weights()[0]}


def agrees(found, **expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(np.ravel(found[name]), np.ravel(values), atol=2e-5, err_msg=name)


class Squared(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y - y_pred))


class Confident(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True, allow_empty=False):
        return super().compute_loss(x, y, y_pred, sample_weight) + 0.1 * ops.mean(ops.abs(y_pred))


class Tracked(keras.Model):
    def __init__(self, *ends):
        super().__init__(*ends)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.kl = keras.metrics.Mean(name="kl")
        self.others = [keras.metrics.SparseCategoricalAccuracy(name="acc"), keras.metrics.Mean(name="never")]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        kl = ops.mean(ops.square(y_pred), axis=-1)
        total = super().compute_loss(x, y, y_pred, sample_weight, training) + ops.mean(kl)
        self.kl.update_state(kl)
        self.others[0].update_state(y, y_pred, sample_weight=sample_weight)
        self.loss_tracker.update_state(total)
        return total


class Documented(keras.Model):
    """As Keras's own documentation has it."""

    def __init__(self, *ends):
        super().__init__(*ends)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        loss = ops.mean((y_pred - y) ** 2)
        loss += ops.sum(self.losses)
        self.loss_tracker.update_state(loss)
        return loss

    def reset_metrics(self):
        self.loss_tracker.reset_state()

    @property
    def metrics(self):
        return [self.loss_tracker]


class OnlyInTraining(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, ops.flip(y, axis=-1) if training else y, y_pred, sample_weight)


class OfEach(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y - y_pred), axis=-1)


SQUARED_KERNEL = [0.21332, -0.74312, -0.06829, 0.68847, -1.19071, 0.18312]


@pytest.mark.parametrize("loss", ["mse", None])
@pytest.mark.parametrize("regularizer", ["l2", None])
def test_what_it_returns_is_the_loss_and_nothing_else_counts(loss, regularizer):
    found = trained(made(Squared, regularizer), Y, loss)
    agrees(found, loss=[1.47665, 1.10953], val_loss=[0.44022, 0.3724], ev_loss=0.91845, w=SQUARED_KERNEL)


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.float64)])
def test_super_adds_what_compile_and_regularizers_say(labels):
    agrees(
        trained(made(Confident, "l2"), labels, LOGITS, ["accuracy"]),
        loss=[0.84646, 0.80402],
        accuracy=[0.7, 0.7],
        val_loss=[0.81832, 0.78247],
        val_accuracy=[0.6, 0.6],
        ev_loss=0.76466,
        ev_accuracy=0.7,
        w=[0.26248, -1.08616, 0.06798, 0.57054, -1.31828, 0.44679],
    )


@pytest.mark.parametrize(
    ("options", "losses", "val_losses"),
    [
        ({"sample_weight": np.arange(10.0)}, [3.29506, 2.17101], [0.71915, 0.70692]),
        ({"class_weight": {0: 1.0, 1: 3.0}}, [1.52628, 1.30862], [0.80802, 0.79881]),
    ],
)
def test_weights_of_images_reach_it(options, losses, val_losses):
    found = trained(made(Confident), LABELS, LOGITS, **options)
    np.testing.assert_allclose(found["loss"], losses, atol=2e-5)
    np.testing.assert_allclose(found["val_loss"], val_losses, atol=2e-5)


def test_metrics_that_it_updates_are_reported():
    agrees(
        trained(made(Tracked, "l2"), LABELS, LOGITS, ["accuracy"], ["accuracy"], sample_weight=np.arange(10.0)),
        loss=[3.83236, 2.55389],
        kl=[0.84624, 0.53491],
        acc=[0.75556, 0.71111],
        accuracy=[0.7, 0.7],
        weighted_accuracy=[0.75556, 0.71111],
        never=[0, 0],
        val_loss=[1.50332, 1.29545],
        val_kl=[0.72044, 0.74438],
        val_acc=[0.8, 0.8],
        val_accuracy=[0.8, 0.8],
        val_weighted_accuracy=[0.8, 0.8],
        val_never=[0, 0],
        ev_loss=1.05575,
        ev_kl=0.5641,
        ev_acc=0.9,
        ev_accuracy=0.9,
        ev_weighted_accuracy=0.9,
        ev_never=0,
        w=[0.1131, -0.53107, 0.35287, 0.2291, -1.40288, 0.76382],
    )


@pytest.mark.parametrize("metrics", [None, ["mae"]])
def test_a_model_that_lists_its_metrics_reports_these_alone(metrics):
    agrees(
        trained(made(Documented, "l2"), Y, metrics=metrics),
        loss=[1.91203, 1.44566],
        val_loss=[0.3491, 0.2993],
        ev_loss=1.17663,
        w=[0.21045, -0.73411, -0.06748, 0.68006, -1.17701, 0.1792],
    )


def test_a_model_that_adds_to_its_metrics_reports_all_of_them():
    class Added(Documented):
        def reset_metrics(self):
            super(Documented, self).reset_metrics()
            self.loss_tracker.reset_state()

        @property
        def metrics(self):
            return [*super(Documented, self).metrics, self.loss_tracker]

    found = trained(made(Added, "l2"), Y, metrics=["mae"])
    np.testing.assert_allclose(found["loss"], [1.91203, 1.44566], atol=2e-5)
    np.testing.assert_allclose(found["val_mae"], [0.57246, 0.52396], atol=2e-5)


def test_it_is_told_whether_the_model_is_trained():
    found = trained(made(OnlyInTraining), Y)
    np.testing.assert_allclose(found["loss"], [1.621, 1.08538], atol=2e-5)
    np.testing.assert_allclose(found["val_loss"], [0.43758, 0.44668], atol=2e-5)


def test_of_values_for_each_image_the_sum_is_minimised_and_the_mean_reported():
    found = trained(made(OfEach), Y)
    np.testing.assert_allclose(found["loss"], [1.34027, 0.94273], atol=2e-5)
    np.testing.assert_allclose(
        found["w"].ravel(), [0.22443, -0.44266, -0.02026, 0.64088, -0.98607, -0.08176], atol=2e-5
    )


class Distilled(keras.Model):
    def __init__(self):
        super().__init__()
        self.student = Dense(2, kernel_initializer="ones")
        self.teacher = Dense(2, kernel_initializer="ones")
        self.dropout = Dropout(0.9)
        self.tracker = keras.metrics.Mean(name="distill")

    def call(self, x):
        return self.student(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        distance = keras.losses.MeanSquaredError()(self.dropout(self.teacher(x)), y_pred)
        self.tracker.update_state(distance)
        return 0.5 * loss + 0.5 * distance


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_layers_that_only_the_loss_uses_are_made_and_trained(run_eagerly):
    """As in Keras, they are not told that the model is trained: nothing is dropped."""
    model = Distilled()
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=run_eagerly)
    history = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    agrees(history, loss=[2.18946, 1.69518], distill=[0.01373, 0.12474])
    np.testing.assert_allclose(model.train_on_batch(X, Y), [1.46277, 0.25493], atol=2e-5)
    np.testing.assert_allclose(model.test_on_batch(X, Y), [1.39498, 0.27752], atol=2e-5)
    assert len(model.trainable_weights) == 4


# ---------------------------------------------------------------------- several outputs
def two_outputs(class_):
    image, first = Input((3,)), Dense(2, name="d")
    model = class_(image, {"a": first(image), "b": Dense(1, name="e", kernel_initializer="ones")(image)})
    first.set_weights([KERNEL, np.zeros(2)])
    return model


class Doubled(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 2.0 * super().compute_loss(x, y, y_pred, sample_weight)


class ByName(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y["a"] - y_pred["a"])) + ops.mean(ops.abs(y["b"] - y_pred["b"]))


@pytest.mark.parametrize(
    ("class_", "weights", "losses", "names"),
    [
        (Doubled, None, [5.57643, 4.13241], {"loss", "a_loss", "b_loss"}),
        (Doubled, np.arange(10.0), [26.91097, 52.13578], {"loss", "a_loss", "b_loss"}),
        (ByName, None, [2.8702, 2.34197], {"loss"}),
    ],
)
def test_targets_of_several_outputs_are_given_by_name(class_, weights, losses, names):
    model, y = two_outputs(class_), {"a": Y, "b": Y[:, :1]}
    model.compile(keras.optimizers.SGD(0.1), {"a": "mse", "b": "mae"})
    options = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    history = model.fit(X, y, sample_weight=weights, **options).history
    assert history.keys() == names
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-5)


def test_without_targets_y_is_none():
    class Small(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            assert y is None
            return ops.mean(ops.square(y_pred))

    model = made(Small)
    model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(X, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], [0.89756, 0.501], atol=2e-5)


def test_a_trained_model_of_that_kind_is_pickled():
    model = made(Documented)
    trained(model, Y)
    copied = pickle.loads(pickle.dumps(model))
    assert copied.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_outside_of_a_step_the_method_gives_a_number():
    model = made(Confident, "l2")
    model.compile("sgd", LOGITS)
    expected = model.evaluate(X, LABELS, verbose=0)
    y_pred = model.predict(X, verbose=0)
    assert float(model.compute_loss(X, LABELS, y_pred)) == pytest.approx(expected, rel=1e-5)


def test_frozen_first_layers_are_cut_off_here_too():
    class Own(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight) + ops.mean(ops.square(x)) * ops.mean(y_pred)

    layers = [Dense(4, activation="relu"), Dense(2)]
    histories = []
    for keep in (True, False):
        keras.utils.set_random_seed(1)
        model = Own([Input((3,)), *(Dense.from_config(layer.get_config()) for layer in layers)])
        model.layers[0].trainable = False
        model.compile("sgd", "mse")
        histories.append(model.fit(X, Y, batch_size=4, epochs=3, verbose=0, keep_frozen=keep).history["loss"])
    assert histories[0] == histories[1]


# ---------------------------------------------------------------------- what cannot be compiled
def own(**methods):
    return type("Own", (Sequential,), methods)([Input((3,)), Dense(2)])


def refused(compute_loss, error, text, y=Y, loss="mse", **attributes):
    model = own(compute_loss=compute_loss)
    for name, value in attributes.items():
        setattr(model, name, value)

    def train():
        model.compile("sgd", loss)
        model.fit(X, y, verbose=0)

    with pytest.raises(error, match=text):
        train()


@pytest.mark.parametrize("value", [None, 3.0])
def test_what_does_not_depend_on_the_step_is_refused(value):
    refused(
        lambda self, x, y, y_pred, sample_weight: value,
        TypeError,
        r"Own '.*', compute_loss: the result cannot be compiled\n(.*\n)*  remedy:   return super\(\)",
    )


def test_results_of_metrics_are_refused():
    def compute_loss(self, x, y, y_pred, sample_weight):
        self.tracker.update_state(y_pred)
        return ops.mean(y_pred) + self.tracker.result()

    refused(
        compute_loss,
        TypeError,
        r"metric 'mean': result\(\) was called in compute_loss",
        tracker=keras.metrics.Mean("mean"),
    )


def test_other_arguments_are_refused_at_compile():
    refused(lambda self, y, y_pred: 0.0, TypeError, r"compute_loss takes other arguments than it will be given")


def test_targets_that_are_missing_for_super():
    refused(
        lambda self, x, y, y_pred, sample_weight: Sequential.compute_loss(self, x, y, y_pred),
        ValueError,
        r"compute_loss: super\(\).compute_loss was called without targets for the loss 'mean_squared_error'",
        y=None,
    )


def test_super_without_a_loss():
    refused(
        lambda self, x, y, y_pred, sample_weight: Sequential.compute_loss(self, x, y, y_pred),
        ValueError,
        r"the model was compiled without a loss",
        loss=None,
    )


def test_integers_that_are_too_large():
    refused(
        lambda self, x, y, y_pred, sample_weight: ops.mean(y_pred),
        ValueError,
        r"`y` holds integers that are too large for native code",
        y=np.full((10, 2), 2**40),
        loss=None,
    )
