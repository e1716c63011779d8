"""Penalties that are added in `call`, and where nothing would compute them."""

import numpy as np
import pytest

import planish as keras
from planish import Input, Model, Sequential, ops
from planish.layers import Dense, Layer
from planish.losses import KLDivergence, SparseCategoricalCrossentropy


@pytest.fixture
def model():
    x = Input((3,))
    return Model(x, Dense(2, name="dense")(x), name="model")


def test_a_functional_model_does_not_take_a_symbolic_penalty(model):
    with pytest.raises(NotImplementedError, match=r"Functional 'model': add_loss was called outside of a layer's"):
        model.add_loss(ops.mean(model.output))


@pytest.mark.parametrize("penalty", [lambda y: ops.mean(y), lambda y: 1.0, lambda y: np.float32(1), lambda y: [[1.0]]])
def test_layers_and_other_models_do_not_either(model, penalty):
    for layer in (model.get_layer("dense"), Sequential([Input((3,)), Dense(2)])):
        with pytest.raises(ValueError, match=r"outside of a layer's `call`(.|\n)*self\.add_loss\("):
            layer.add_loss(penalty(model.output))
    model.compile("sgd", "mse")
    assert len(model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0).history) == 1


def test_the_remedy_works():
    class Penalty(Layer):
        def call(self, x):
            self.add_loss(0.01 * ops.mean(x))
            return x

    model = Sequential([Input((3,)), Penalty()])
    model.compile("sgd", "mse")
    assert model.evaluate(np.ones((2, 3)), np.ones((2, 3)), verbose=0) == pytest.approx(0.01)


def test_what_is_not_computed_is_refused_in_call():
    class Wrong(Layer):
        def call(self, x):
            self.add_loss("penalty")
            return x

    with pytest.raises(TypeError, match="add_loss takes what is computed in `call`"):
        Wrong()(Input((3,)))


class Distiller(keras.Model):
    """Learns what a teacher says, as one whose `compute_loss` adds the two losses in Keras."""

    def __init__(self, student, teacher):
        super().__init__()
        self.student, self.teacher = student, teacher
        teacher.trainable = False

    def call(self, x):
        scores = self.student(x)
        self.add_loss(2.0 * KLDivergence()(ops.softmax(self.teacher(x)), ops.softmax(scores)))
        return scores


def test_a_loss_in_call_is_the_mean_over_the_batch():
    student, teacher = (Sequential([Input((3,)), Dense(4)]) for _ in range(2))
    model = Distiller(student, teacher)
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True), loss_weights=0.5)
    x, y = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32), np.arange(6) % 4
    given, learnt = (keras.activations.softmax(each.predict(x, verbose=0)) for each in (teacher, student))
    expected = 2 * np.mean(np.sum(given * np.log(given / learnt), axis=1)) - 0.5 * np.mean(np.log(learnt[range(6), y]))
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.train_on_batch(x, y) == pytest.approx(expected, rel=1e-5)
