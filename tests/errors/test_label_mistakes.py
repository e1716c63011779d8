"""What is said about targets that do not fit the loss."""

import numpy as np
import pytest

from planish import losses, metrics

SPARSE = losses.SparseCategoricalCrossentropy()
OUTPUTS = (None, 10)


def message(loss, y, shape=OUTPUTS, kind=ValueError):
    with pytest.raises(kind) as caught:
        loss.check_targets(np.asarray(y), shape)
    return str(caught.value)


def test_a_label_too_large():
    told = message(SPARSE, [0, 3, 11, 2])
    assert "a label is out of range" in told
    assert "sparse_categorical_crossentropy" in told
    assert "0 to 9" in told
    assert "the model has 10 outputs" in told
    assert "11 at " in told
    assert "Dense(12, activation='softmax') as the last layer" in told


def test_a_negative_label():
    told = message(SPARSE, [0, -1])
    assert "-1 at " in told
    assert "number the classes from 0" in told


def test_labels_from_1():
    assert "number the classes from 0: y - 1" in message(SPARSE, np.arange(1, 11))


def test_labels_that_are_no_whole_numbers():
    told = message(SPARSE, [0.0, 2.5])
    assert "needs whole class numbers" in told
    assert "2.5 at " in told


def test_one_hot_targets_for_the_sparse_loss():
    told = message(SPARSE, np.eye(10))
    assert "received: (n, 10)" in told
    assert "use loss='categorical_crossentropy'\n" in told
    assert "or class numbers: y.argmax(axis=-1)" in told


def test_class_numbers_for_the_dense_loss():
    told = message(losses.CategoricalCrossentropy(), [1, 2, 3])
    assert "for class numbers use loss='sparse_categorical_crossentropy'" in told
    assert "to_categorical(y, 10)" in told


def test_a_map_where_a_vector_is_meant():
    assert "Flatten(), or GlobalAveragePooling2D(), in front" in message(SPARSE, [1, 2, 3], (None, 5, 5, 10))
    assert "Flatten() in front of the last Dense" in message(
        losses.CategoricalCrossentropy(), np.ones((3, 10)), (None, 5, 5, 10)
    )


def test_text_as_labels():
    told = message(SPARSE, ["cat", "dog"], kind=TypeError)
    assert "needs targets that are numbers" in told
    assert "np.unique(y, return_inverse=True)[1]" in told


def test_an_unknown_loss():
    with pytest.raises(ValueError, match="sparse_categorical_crossentropy"):
        losses.get("sparse_categorical_crosentropy")


def test_an_unknown_metric():
    with pytest.raises(ValueError, match="accuracy"):
        metrics.get("acuracy")


def test_class_numbers_for_a_metric_of_yes_and_no():
    with pytest.raises(ValueError, match="targets and outputs of a yes-or-no metric differ in shape") as caught:
        metrics.Precision().update_state(np.array([1, 2]), np.full((2, 3), 0.3))
    assert "to_categorical" in str(caught.value)
