"""Keras 2's `backend`: names for `planish.ops`, on arrays and in losses."""

import numpy as np
import pytest

import planish as keras
from planish.layers import Dense, Input

K = keras.backend
A = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], np.float32)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: K.mean(A, axis=-1, keepdims=True), A.mean(-1, keepdims=True)),
        (lambda: K.sum(A), A.sum()),
        (lambda: K.std(A, axis=0), A.std(0)),
        (lambda: K.clip(A, min_value=-1, max_value=2), A.clip(-1, 2)),
        (lambda: K.argmax(A), A.argmax(-1)),
        (lambda: K.dot(A, A.T), A @ A.T),
        (lambda: K.flatten(A), A.ravel()),
        (lambda: K.batch_flatten(A[..., None]), A),
        (lambda: K.cast(K.equal(A, 4.0), "float32"), (A == 4).astype(np.float32)),
        (lambda: K.switch(A > 0, A, lambda: K.zeros_like(A)), A.clip(0)),
        (lambda: K.expand_dims(A), A[..., None]),
        (lambda: K.concatenate([A, A]), np.concatenate([A, A], -1)),
        (lambda: K.l2_normalize(A, axis=1), A / np.linalg.norm(A, axis=1, keepdims=True)),
        (lambda: K.pow(A, 2), A**2),
        (lambda: K.permute_dimensions(A, (1, 0)), A.T),
        (lambda: K.reverse(A, 1), A[:, ::-1]),
        (lambda: K.relu(A, alpha=0.5), np.where(A > 0, A, A / 2)),
        (lambda: K.hard_sigmoid(A), (0.2 * A + 0.5).clip(0, 1)),
        (lambda: K.one_hot(np.array([1, 0]), 2), [[0, 1], [1, 0]]),
        (lambda: K.constant(2.0, shape=(2,)), [2, 2]),
        (lambda: K.int_shape(A), (2, 3)),
        (lambda: K.eval(K.update_add(K.variable([1.0]), [2.0])), [3.0]),
    ],
)
def test_values(value, expected):
    np.testing.assert_allclose(value(), expected, rtol=1e-5, atol=1e-6)


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))


def focal(y_true, y_pred):
    p = K.clip(y_pred, K.epsilon(), 1 - K.epsilon())
    return K.sum(-0.25 * y_true * K.pow(1 - p, 2.0) * K.log(p), axis=-1)


def accuracy(y_true, y_pred):
    return K.mean(K.cast(K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1)), K.floatx()))


def fitted(loss):
    layer = Dense(3, "softmax", kernel_initializer="ones")
    model = keras.Sequential([Input((4,)), layer])
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=[accuracy])
    x, y = np.eye(4, dtype=np.float32)[:3], np.eye(3, dtype=np.float32)
    return model.train_on_batch(x, y), model.predict(x, verbose=0), y


def test_losses_and_metrics():
    (value, share), after, y = fitted(rmse)
    assert value == pytest.approx(np.sqrt(np.mean((y - 1 / 3) ** 2)), rel=1e-5)
    assert share == pytest.approx(1 / 3)
    assert (after.argmax(-1) == [0, 1, 2]).all()
    (value, _), after, y = fitted(focal)
    assert value == pytest.approx(0.25 * (2 / 3) ** 2 * np.log(3), rel=1e-5)


def test_what_has_no_meaning_for_images_is_refused():
    with pytest.raises(ValueError, match=r"^loss '<lambda>': backend\.flatten: values of several images"):
        fitted(lambda t, p: K.sum(K.flatten(t) * K.flatten(p)))
