"""Layers that are called by a layer that they do not belong to."""

import numpy as np
import pytest

from planish.layers import Activation, Dense, Input, Layer

X = np.random.default_rng(0).random((32, 2), dtype=np.float32)


@pytest.mark.parametrize("made", ["in call", "outside"])
def test_a_layer_that_belongs_to_nobody(made):
    outside = Dense(2, name="own")

    class Forgetful(Layer):
        def call(self, x):
            return (Dense(2, name="own") if made == "in call" else outside)(x)

    for given in (X, Input((2,))):
        with pytest.raises(ValueError, match="`call` uses Dense 'own', which does not belong to the layer"):
            Forgetful()(given)


def test_a_layer_without_weights_may_be_made_in_call():
    class Positive(Layer):
        def call(self, x):
            return Activation("relu")(x)

    np.testing.assert_array_equal(Positive()(X), np.maximum(X, 0))
