"""Targets as the compiled step reads them, and the whole text of each refusal."""

import re

import numpy as np
import pytest

from planish import losses

SPARSE = losses.SparseCategoricalCrossentropy()
DENSE = losses.CategoricalCrossentropy()


@pytest.mark.parametrize("labels", [[0, 2, 1], [[0], [2], [1]], np.array([0, 2, 1], np.uint8), [0.0, 2.0, 1.0]])
def test_class_numbers(labels):
    prepared = SPARSE.prepare_targets(labels, (None, 3))
    assert prepared.tolist() == [0, 2, 1]
    assert prepared.dtype.kind in "iu"


def test_labels_are_not_copied():
    labels = np.array([0, 2, 1], np.uint8)
    assert np.shares_memory(SPARSE.prepare_targets(labels[:, None], (None, 3)), labels)


def test_a_label_for_each_place_of_a_map():
    assert SPARSE.prepare_targets(np.zeros((2, 5, 5, 1), int), (None, 5, 5, 3)).shape == (2, 5, 5)


def test_a_last_axis_of_one_comes_and_goes():
    assert losses.MeanSquaredError().prepare_targets([1.0, 2.0], (None, 1)).shape == (2, 1)
    assert losses.MeanSquaredError().prepare_targets([[[1.0]], [[2.0]]], (None, 1)).shape == (2, 1)


def test_truths_are_labels_of_two_classes():
    assert SPARSE.prepare_targets([True, False], (None, 2)).tolist() == [True, False]


REFUSED = [
    (
        SPARSE,
        np.eye(10),
        (None, 10),
        "loss 'sparse_categorical_crossentropy': the targets do not have the shape of class numbers\n"
        "  expected: (n,), one number for each vector of 10 outputs\n"
        "  received: (n, 10), the shape of y\n"
        "  remedy:   the targets look one-hot: use loss='categorical_crossentropy'\n"
        "            or class numbers: y.argmax(axis=-1)",
    ),
    (
        SPARSE,
        np.eye(5),
        (None, 10),
        "use loss='categorical_crossentropy' and 5 units in the last layer\n"
        "            or class numbers: y.argmax(axis=-1)",
    ),
    (
        SPARSE,
        [0, 1],
        (None, 4, 4, 10),
        "  expected: (n, 4, 4), one number for each vector of 10 outputs\n"
        "  received: (n,), the shape of y\n"
        "  remedy:   the output is a map: Flatten(), or GlobalAveragePooling2D(), in front of the last Dense",
    ),
    (
        SPARSE,
        [3, 12, 1],
        (None, 10),
        "loss 'sparse_categorical_crossentropy': a label is out of range\n"
        "  expected: class numbers from 0 to 9: the model has 10 outputs\n"
        "  received: 12 at y[1]\n"
        "  remedy:   a unit for each class: Dense(13, activation='softmax') as the last layer",
    ),
    (SPARSE, [3, 10, 1], (None, 10), "received: 10 at y[1]\n  remedy:   number the classes from 0: y - 1"),
    (
        SPARSE,
        [[3, 0], [0, -4]],
        (None, 2, 5),
        "received: -4 at y[1, 1]\n  remedy:   number the classes from 0: np.unique(y, return_inverse=True)[1]",
    ),
    (
        SPARSE,
        [0, 1],
        (None, 1),
        "expected: only the class 0: the model has 1 output\n"
        "  received: 1 at y[1]\n"
        "  remedy:   for two classes Dense(1, activation='sigmoid') with loss='binary_crossentropy'",
    ),
    (
        SPARSE,
        [0.0, np.nan],
        (None, 3),
        "loss 'sparse_categorical_crossentropy' needs whole class numbers\n"
        "  expected: 0, 1, 2 and so on\n"
        "  received: nan at y[1]\n"
        "  remedy:   class numbers, or, for targets that are not classes, loss='mse'",
    ),
    (SPARSE, [0.0, np.inf], (None, 3), "received: inf at y[1]"),
    (
        SPARSE,
        [0.0, 3e9],
        (None, 3),
        "received: 3000000000.0 at y[1]\n  remedy:   number the classes from 0 without gaps: "
        "np.unique(y, return_inverse=True)[1]",
    ),
    (
        DENSE,
        [3, 1, 0],
        (None, 10),
        "loss 'categorical_crossentropy': the targets do not have the shape of the model's outputs\n"
        "  expected: (n, 10), the shape of the outputs\n"
        "  received: (n,), the shape of y\n"
        "  remedy:   for class numbers use loss='sparse_categorical_crossentropy', "
        "or make vectors of them: to_categorical(y, 10)",
    ),
    (
        DENSE,
        [[3.0], [1.0]],
        (None, 10),
        "received: (n, 1), the shape of y\n  remedy:   for class numbers use loss='sparse_categorical_"
        "crossentropy', or make vectors of them: to_categorical(y, 10)",
    ),
    (
        DENSE,
        np.eye(4),
        (None, 10),
        "received: (n, 4), the shape of y\n"
        "  remedy:   one unit for each number of a target: Dense(4) as the last layer",
    ),
    (
        DENSE,
        np.zeros((3, 28, 28)),
        (None, 784),
        "received: (n, 28, 28), the shape of y\n  remedy:   y.reshape(len(y), 784)",
    ),
    (
        DENSE,
        np.zeros((3, 28, 28)),
        (None, 10),
        "remedy:   the targets look like images: pass one vector of 10 numbers for each, as fit(images, vectors)",
    ),
    (
        DENSE,
        np.eye(4),
        (None, 3, 3, 4),
        "remedy:   the output is a map: Flatten() in front of the last Dense makes one vector of an image",
    ),
    (
        losses.MeanSquaredError(),
        [0.5, 0.25],
        (None, 10),
        "expected: (n, 10), the shape of the outputs\n  received: (n,), the shape of y",
    ),
    (SPARSE, 3, (None, 10), "loss 'sparse_categorical_crossentropy' needs a target for each image"),
]


@pytest.mark.parametrize(("loss", "y", "outputs", "message"), REFUSED)
def test_refused(loss, y, outputs, message):
    with pytest.raises(ValueError, match=re.escape(message) + "(\n|$)"):
        loss.check_targets(y, outputs)


def test_targets_that_are_no_numbers():
    with pytest.raises(TypeError, match=re.escape("received: an array of <U3\n  remedy:   number the classes: np.uni")):
        SPARSE.check_targets(["cat", "dog"], (None, 2))


def test_a_softmax_of_one_output():
    with pytest.warns(SyntaxWarning, match="of a model with one output is always 0") as caught:
        DENSE.check_targets([[1.0], [0.0]], (None, 1))
    assert "use loss='binary_crossentropy'" in str(caught[0].message)
