"""Methods that Keras calls and planish does not are refused where a subclass has one, not ignored."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import overrides
from planish.layers import Activation, Dense, Input
from planish.losses import Loss, MeanSquaredError
from planish.metrics import MeanMetricWrapper
from planish.models import Sequential
from planish.optimizers import SGD, Optimizer

KERAS = json.loads((Path(__file__).parent.parent / "keras" / "signatures.json").read_text(encoding="utf-8"))
LAYERS = [Input((3,)), Dense(1)]


def anything(self, *arguments, **named):
    raise AssertionError("never called")


def subclass(base, name):
    return type("Own", (base,), {name: anything})


@pytest.mark.parametrize("name", overrides.MODEL)
def test_a_model_is_refused_at_compile(name):
    member = property(anything) if name == "metrics" else anything
    model = type("Own", (Sequential,), {name: member})(LAYERS)
    with pytest.raises(TypeError, match=f"^Own overrides {name}, which planish does not call\n") as caught:
        model.compile("sgd", "mse")
    assert overrides.MODEL[name].splitlines()[0] in str(caught.value)


def test_a_model_that_is_not_compiled_is_refused_at_predict():
    model = subclass(Sequential, "predict_step")(LAYERS)
    with pytest.raises(TypeError, match="overrides predict_step") as caught:
        model.predict(np.zeros((1, 3)), verbose=0)
    assert "return after(super().predict(x, **options))" in str(caught.value)


@pytest.mark.parametrize("name", ["metrics", "reset_metrics"])
def test_what_is_called_beside_a_loss_of_ones_own_is_taken(name):
    member = property(lambda self: []) if name == "metrics" else lambda self: None
    loss = {"compute_loss": lambda self, x, y, y_pred, sample_weight: keras.ops.mean(y_pred)}
    type("Own", (Sequential,), {name: member, **loss})(LAYERS).compile("sgd")


def test_a_step_that_only_unpacks_is_refused_with_the_way():
    class Own(Sequential):
        def train_step(self, data):
            (x, y) = data
            return super().train_step((x, y))

    with pytest.raises(TypeError, match=r"leave it out if it only unpacks data: fit takes batches of \(x, y\)"):
        Own(LAYERS).compile("sgd", "mse")


def test_a_method_that_is_put_on_the_object_is_refused_too():
    model = Sequential(LAYERS)
    model.train_step = lambda data: {}
    with pytest.raises(TypeError, match="Sequential overrides train_step"):
        model.compile("sgd", "mse")


def test_a_class_of_code_that_is_executed_is_the_users_own():
    names = {"Sequential": Sequential, "layers": LAYERS}
    exec("class Own(Sequential):\n    def train_step(self, data):\n        return {}", names)
    with pytest.raises(TypeError, match="Own overrides train_step"):
        exec("Own(layers).compile('sgd', 'mse')", names)


def test_one_of_a_class_in_between_is_found():
    class Mixin:
        def compute_metrics(self, x, y, y_pred, sample_weight):
            raise AssertionError("never called")

    class Between(Mixin, Sequential):
        pass

    class Own(Between):
        def train_step(self, data):
            raise AssertionError("never called")

    with pytest.raises(TypeError, match="overrides train_step, compute_metrics"):
        Own(LAYERS).compile("sgd", "mse")


@pytest.mark.parametrize("name", overrides.LAYER)
def test_a_layer_is_refused_when_it_is_added(name):
    with pytest.raises(TypeError, match=f"overrides {name}, which planish does not call"):
        Sequential([Input((3,)), subclass(Activation, name)("relu")])


@pytest.mark.parametrize("name", overrides.OPTIMIZER)
@pytest.mark.parametrize("base", [SGD, Optimizer])
def test_an_optimizer_is_refused_at_compile(name, base):
    with pytest.raises(TypeError, match=f"overrides {name}, which planish does not call"):
        Sequential(LAYERS).compile(subclass(base, name)(), "mse")


def test_a_loss_is_refused_at_compile():
    with pytest.raises(TypeError, match="overrides __call__, which planish does not call"):
        Sequential(LAYERS).compile("sgd", subclass(MeanSquaredError, "__call__")())


@pytest.mark.parametrize(
    ("names", "class_name"),
    [(overrides.MODEL, "Model"), (overrides.LAYER, "layers.Layer"), (overrides.OPTIMIZER, "optimizers.Optimizer")],
)
def test_keras_has_the_methods(names, class_name):
    """But for properties, those of Keras 2, and those of a class's own language."""
    others = {"metrics", "minimize", "losses", "__call__", "compute_gradients", "get_updates", "_resource_apply_dense"}
    assert {name for name in names if name not in others} <= set(KERAS[class_name])


def test_what_becomes_part_of_the_program_may_be_written():
    from planish import primitives

    class Distance(Loss):
        def call(self, y_true, y_pred):
            difference = primitives.subtract(y_true, y_pred)
            return primitives.reduce_mean(primitives.multiply(difference, difference), [0])

    class Plain(Optimizer):
        def step(self, weight, gradient, slots, scalars):
            return primitives.subtract(weight, primitives.multiply(gradient, scalars["learning_rate"])), {}

    class Own(Sequential):
        def predict(self, x, **options):
            return super().predict(x, **options) + 1

        def build(self, input_shape=None):
            super().build(input_shape)

    class Twice(MeanMetricWrapper):
        def result(self):
            return 2 * super().result()

    model = Own([Input((3,)), Dense(1, kernel_initializer="zeros")])
    metric = Twice(lambda y_true, y_pred: np.abs(y_true - y_pred), "twice")
    model.compile(Plain(0.5), Distance(), metrics=[metric], run_eagerly=True)
    x, y = np.ones((2, 3)), np.ones(2)
    history = model.fit(x, y, verbose=0).history
    assert (history["loss"], history["twice"]) == ([1.0], [2.0])
    np.testing.assert_allclose(model.predict(x, verbose=0), 5.0)
