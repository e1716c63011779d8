"""Metrics of one's own: functions and classes over arrays. Values are those of Keras on TensorFlow."""

import json

import numpy as np
import pytest

import planish as keras
from planish import metrics
from planish.layers import Dense, Input
from tests.of_ones_own.record_metrics import PATH, X, Y, run

RECORDED = json.loads(PATH.read_text())


def test_metrics_see_what_they_see_in_keras_batch_by_batch():
    ours = run(keras)
    for what, theirs in RECORDED.items():
        assert set(ours[what]) == set(theirs)
        for name, value in theirs.items():
            np.testing.assert_allclose(ours[what][name], value, rtol=1e-5, err_msg=f"{what} {name}")


def model_with(*chosen):
    model = keras.Sequential([Input((4,)), Dense(3, "sigmoid")])
    model.compile("sgd", "mse", metrics=[*chosen])
    return model


def test_what_a_function_gets_are_tensors_of_one_batch():
    seen = []

    def look(y_true, y_pred):
        seen.append((y_true.numpy().shape, y_pred.numpy().shape))
        return 0.0

    model_with(look).fit(X[:12], Y[:12], batch_size=5, verbose=0)
    assert seen == [((5, 3), (5, 3)), ((5, 3), (5, 3)), ((2, 3), (2, 3))]


def test_builtin_metrics_still_see_many_batches_at_once():
    assert not metrics.get("mse").by_batch
    assert not metrics.AUC().by_batch
    assert metrics.get(lambda t, p: 0.0).by_batch


def test_reset_state_resets_metrics_inside():
    class Outer(metrics.Metric):
        def __init__(self):
            super().__init__(name="outer")
            self.parts = [metrics.Sum(), metrics.Mean()]
            self.own = self.add_weight("own", initializer="ones")

    outer = Outer()
    assert [state.name for state in outer.variables] == ["own", "total", "total", "count"]
    outer.parts[0].update_state([1.0, 2.0])
    outer.reset_state()
    assert [float(state) for state in outer.variables] == [0, 0, 0, 0]


def test_reset_state_of_ones_own():
    class Largest(metrics.Metric):
        def __init__(self, name="largest"):
            super().__init__(name=name)
            self.most = self.add_variable((), "zeros", name="most")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.most.assign(np.maximum(self.most, y_pred.max()))

        def result(self):
            return self.most

        def reset_state(self):
            self.most.assign(-np.inf)

    model = model_with(Largest())
    model.layers[-1].set_weights([np.full((4, 3), 0.0), np.full(3, -50.0)])
    assert 0 < model.evaluate(X, Y, verbose=0)[1] < 1e-15


class Forgetful(metrics.Metric):
    def __init__(self):
        self.total = 0

    def update_state(self, y_true, y_pred, sample_weight=None):
        pass


class Nothing(metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass

    def result(self):
        return None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Forgetful, r"metric Forgetful: `super\(\).__init__\(\)` was not called\n  remedy: super"),
        (lambda: Nothing(name="nothing"), r"metric 'nothing': result\(\) does not give a number\n(.*\n)*.*NoneType"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(TypeError, match=message):
        model_with(make()).evaluate(X, Y, verbose=0)
