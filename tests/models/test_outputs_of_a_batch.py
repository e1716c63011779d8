"""Outputs without a batch axis: one array for a batch, as Keras gives them."""

import numpy as np
import pytest

from planish import Input, Model, ops

X = np.arange(210, dtype=np.float32).reshape(70, 3)


def model(output, **settings):
    x = Input((3,))
    made = Model(x, output(x))
    made.compile(**settings)
    return made


@pytest.mark.parametrize("eager", [False, True])
def test_a_number_for_all_images(eager):
    made = model(ops.mean, run_eagerly=eager)
    found = made.predict(X, batch_size=70, verbose=0)
    assert found.shape == made.predict_on_batch(X).shape == ()
    np.testing.assert_allclose(found, X.mean(), rtol=1e-5)


@pytest.mark.parametrize("eager", [False, True])
def test_the_results_of_batches_come_one_after_another(eager):
    batches = [X[:32], X[32:64], X[64:]]
    vectors = model(lambda x: ops.mean(x, axis=0), run_eagerly=eager).predict(X, verbose=0)
    np.testing.assert_allclose(vectors, np.concatenate([batch.mean(0) for batch in batches]), rtol=1e-5)
    numbers = model(ops.mean, run_eagerly=eager)
    expected = [batch.mean() for batch in batches]
    np.testing.assert_allclose(numbers.predict(X, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(numbers.predict((batch for batch in batches), verbose=0), expected, rtol=1e-5)


def test_beside_an_output_of_every_image():
    each, whole = model(lambda x: [x * 2, ops.max(x, axis=0)]).predict(X, batch_size=35, verbose=0)
    np.testing.assert_array_equal(each, X * 2)
    np.testing.assert_array_equal(whole, np.concatenate([X[:35].max(0), X[35:].max(0)]))
