"""Merging layers against NumPy, in models and on arrays; what cannot be merged is explained."""

import numpy as np
import pytest

from planish import Input, Model, layers
from tests.layers.support import error_of

A, B, C = (np.random.default_rng(seed).standard_normal((3, 4, 5, 2)).astype(np.float32) for seed in range(3))

MERGED = {
    "Add": (layers.Add, layers.add, lambda a, b: a + b),
    "Subtract": (layers.Subtract, layers.subtract, lambda a, b: a - b),
    "Multiply": (layers.Multiply, layers.multiply, lambda a, b: a * b),
    "Average": (layers.Average, layers.average, lambda a, b: (a + b) / 2),
    "Maximum": (layers.Maximum, layers.maximum, np.maximum),
    "Minimum": (layers.Minimum, layers.minimum, np.minimum),
}
SHAPES = [
    ((4, 5, 2), (4, 5, 2)),
    ((4, 5, 2), (1, 1, 2)),
    ((4, 5, 2), (4, 5, 1)),
    ((4, 5, 2), (2,)),
    ((1, 5, 2), (4, 1, 2)),
]


def arrays(*shapes):
    return [np.random.default_rng(len(shape)).standard_normal((3, *shape)).astype(np.float32) for shape in shapes]


def widened(array, rank):
    return array.reshape(len(array), *[1] * (rank - array.ndim), *array.shape[1:])


@pytest.mark.parametrize("name", MERGED)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_of_two_tensors(name, shapes):
    layer, function, meaning = MERGED[name]
    a, b = arrays(*shapes)
    rank = max(a.ndim, b.ndim)
    expected = meaning(widened(a, rank), widened(b, rank))
    inputs = [Input(shape) for shape in shapes]
    model = Model(inputs, function(inputs))
    assert model.output_shape == (None, *expected.shape[1:])
    np.testing.assert_allclose(layer()([a, b]), expected, atol=1e-6)
    np.testing.assert_allclose(model([a, b], training=True), expected, atol=1e-6)


def test_of_many_tensors():
    np.testing.assert_allclose(layers.Add()([A, B, C]), A + B + C, atol=1e-6)
    np.testing.assert_allclose(layers.Average()([A, B, C]), (A + B + C) / 3, atol=1e-6)
    np.testing.assert_allclose(layers.Add()([A]), A)


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_concatenation(axis):
    np.testing.assert_array_equal(layers.Concatenate(axis)([A, B, C]), np.concatenate([A, B, C], axis))
    inputs = [Input((4, 5, 2)) for _ in range(3)]
    assert Model(inputs, layers.concatenate(inputs, axis=axis)).output_shape[axis] == 3 * A.shape[axis]


@pytest.mark.parametrize("axes", [1, 2, -1, (1, 2), (2, 1)])
@pytest.mark.parametrize("normalize", [False, True])
def test_products(axes, normalize):
    a, b = arrays((5, 5), (5, 5))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    expected = np.stack(
        [
            np.tensordot(x, y, (first % 3 - 1, second % 3 - 1))
            for x, y in zip(
                *(
                    (
                        a / np.linalg.norm(a, axis=first, keepdims=True),
                        b / np.linalg.norm(b, axis=second, keepdims=True),
                    )
                    if normalize
                    else (a, b)
                ),
                strict=True,
            )
        ]
    )
    np.testing.assert_allclose(layers.Dot(axes, normalize=normalize)([a, b]), expected, atol=1e-5)


def test_products_of_vectors_have_one_number():
    a, b = arrays((5,), (5,))
    np.testing.assert_allclose(layers.dot([a, b], axes=1), (a * b).sum(1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "first"),
    [
        (lambda: layers.Add()(A), "Add 'add': the layer takes a list of tensors"),
        (lambda: layers.Subtract()([A, B, C]), "Subtract 'subtract': the layer takes a list of tensors"),
        (lambda: layers.Add()([A, B[:, :3]]), "Add 'add': these shapes do not go together"),
        (lambda: layers.Concatenate(0)([A, B]), "Concatenate 'concatenate': axis 0 is not an axis of one image"),
        (
            lambda: layers.Concatenate()([A, B[:, :3]]),
            "Concatenate 'concatenate': these tensors cannot be joined along axis -1",
        ),
        (
            lambda: layers.Concatenate()([A, B[:, 0]]),
            "Concatenate 'concatenate': tensors of different ranks cannot be joined",
        ),
        (lambda: layers.Dot(axes=(1, 3))([A, B]), "Dot 'dot': these tensors have no product along these axes"),
        (lambda: layers.Dense(3)([A, B]), "Dense 'dense': the layer takes one tensor"),
    ],
)
def test_what_does_not_go_together_is_explained(call, first):
    assert error_of(call)[0] == first
