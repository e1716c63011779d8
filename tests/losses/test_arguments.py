"""Names, functions, arguments and classes of one's own. Numbers are recorded from Keras 3 (3.15.1) on JAX."""

import re

import numpy as np
import pytest

from planish import losses, primitives
from planish.losses.functions import CLASSES

OUTPUTS = np.array([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25], [0.05, 0.05, 0.9], [0.3, 0.3, 0.4]], np.float32)
LABELS = np.array([1, 255, 1, 0])
WEIGHTS = np.array([1, 2, 0.5, 0.25], np.float32)
SHARES = np.array([[0.3, 0.3, 0.4], [0.9, 0.05, 0.05], [0, 0, 0], [0.6, 0.2, 0.2]], np.float32)

IGNORED = [
    ("sum_over_batch_size", False, 1.5187933, 0.7185115),
    ("mean", True, 1.1229371, 0.5950378),
    ("sum", False, 4.5563803, 2.1555343),
    ("sum", True, 3.3688111, 1.7851132),
    ("none", False, [0.356675, 0.0, 2.9957323, 1.2039728], [0.356675, 0.0, 1.4978662, 0.3009932]),
    ("none", True, [0.7679496, 0.0, 1.467793, 1.1330687], [0.7679496, 0.0, 0.7338965, 0.2832672]),
]


@pytest.mark.parametrize(("reduction", "from_logits", "expected", "weighted"), IGNORED)
def test_an_ignored_class_does_not_count(reduction, from_logits, expected, weighted):
    loss = losses.SparseCategoricalCrossentropy(from_logits, 255, reduction)
    np.testing.assert_allclose(loss(LABELS, OUTPUTS), expected, rtol=3e-6)
    np.testing.assert_allclose(loss(LABELS, OUTPUTS, sample_weight=WEIGHTS), weighted, rtol=3e-6)


def test_any_class_may_be_ignored():
    labels = np.array([1, 0, 1, 2])
    assert losses.SparseCategoricalCrossentropy(ignore_class=1)(labels, OUTPUTS) == pytest.approx(0.804719, rel=3e-6)
    each = losses.sparse_categorical_crossentropy(labels, OUTPUTS, ignore_class=1)
    np.testing.assert_allclose(each, [0, 0.6931472, 0, 0.9162907], rtol=3e-6)


def test_all_labels_ignored():
    assert losses.SparseCategoricalCrossentropy(ignore_class=-1)(np.full(4, -1), OUTPUTS) == 0


def test_ignored_labels_alone_may_be_out_of_range():
    with pytest.raises(
        ValueError,
        match=re.escape("received: 7 at y[2]\n  remedy:   a unit for each class: Dense(8, activation='softmax')"),
    ):
        losses.SparseCategoricalCrossentropy(ignore_class=255)([255, 0, 7, 1], OUTPUTS)


def test_ignoring_goes_with_the_common_reductions():
    with pytest.raises(ValueError, match="this `reduction` is not supported") as caught:
        losses.SparseCategoricalCrossentropy(ignore_class=0, reduction="mean_with_sample_weight")
    assert "expected: 'sum_over_batch_size' or 'sum' or 'none'" in str(caught.value)


def test_cosine_similarity():
    assert losses.CosineSimilarity()(SHARES, OUTPUTS) == pytest.approx(-0.602507, rel=3e-6)
    each = losses.cosine_similarity(SHARES, OUTPUTS)
    np.testing.assert_allclose(each, [-0.723478, -0.8592097, 0, -0.8273403], rtol=3e-6)


def test_zeros_mean_minus_one_only_among_zeros_and_ones():
    assert losses.hinge([[0.0, 1.0, -1.0]], OUTPUTS[:1]) == pytest.approx([0.8], rel=1e-6)
    assert losses.hinge([[0.0, 1.0, 1.0]], OUTPUTS[:1]) == losses.hinge([[-1.0, 1.0, 1.0]], OUTPUTS[:1])


def test_one_vector_is_a_batch_of_one():
    assert losses.mean_squared_error([0.0, 1.0], [0.5, 1.0]) == pytest.approx(0.125)
    assert losses.MeanSquaredError()([0.0, 1.0], [0.5, 1.0]) == pytest.approx(0.125)
    assert losses.sparse_categorical_crossentropy(1, [0.25, 0.75]) == pytest.approx(-np.log(0.75), rel=1e-6)


def test_integers_are_numbers():
    assert losses.mean_squared_error([[0, 4]], [[1, 2]]).tolist() == [2.5]


def test_weights_as_a_column():
    loss, column = losses.MeanSquaredError(), WEIGHTS[:, None]
    assert loss(SHARES, OUTPUTS, column) == pytest.approx(float(loss(SHARES, OUTPUTS, WEIGHTS)))


def test_weights_without_weight():
    assert losses.MeanSquaredError(reduction="mean_with_sample_weight")(SHARES, OUTPUTS, np.zeros(4)) == 0


def test_functions_take_arguments_by_position():
    y = np.eye(3)[[1, 0, 2, 2]]
    smooth = losses.CategoricalCrossentropy(True, 0.2, reduction="none")(y, OUTPUTS)
    np.testing.assert_array_equal(losses.categorical_crossentropy(y, OUTPUTS, True, 0.2), smooth)
    np.testing.assert_array_equal(
        losses.binary_crossentropy(y, OUTPUTS, True, 0.2),
        losses.BinaryCrossentropy(True, 0.2, reduction="none")(y, OUTPUTS),
    )
    np.testing.assert_array_equal(losses.huber(SHARES, OUTPUTS, 0.1), losses.Huber(0.1).values(SHARES, OUTPUTS))


COMPLETE = [function for function in CLASSES if function is not losses.categorical_generalized_cross_entropy]
"""Functions that need no more than targets and outputs; the other one also needs its q, in Keras, too."""


@pytest.mark.parametrize("function", COMPLETE, ids=lambda function: function.__name__)
def test_every_function_names_its_class(function):
    assert getattr(losses, function.__name__) is function
    for identifier in (function, function.__name__, CLASSES[function].__name__, losses.serialize(function)):
        assert type(losses.get(identifier)) is CLASSES[function]


def test_a_function_is_written_as_keras_writes_it():
    assert losses.serialize(losses.mean_squared_error) == {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("mse", losses.MeanSquaredError),
        ("MAE", losses.MeanAbsoluteError),
        ("mape", losses.MeanAbsolutePercentageError),
        ("MSLE", losses.MeanSquaredLogarithmicError),
        ("bce", losses.BinaryCrossentropy),
        ("kld", losses.KLDivergence),
        ("logcosh", losses.LogCosh),
    ],
)
def test_short_names(name, class_):
    assert type(losses.get(name)) is class_


def test_what_get_passes_on():
    loss = losses.Huber()
    assert losses.get(loss) is loss
    assert losses.get(None) is None
    assert type(losses.get(losses.Poisson)) is losses.Poisson
    given = {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}
    assert losses.get(given).from_logits is True


def test_no_loss():
    with pytest.raises(TypeError, match="this is not a loss") as caught:
        losses.get(3)
    assert "received: 3 of type int" in str(caught.value)


def test_a_loss_of_ones_own():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            difference = primitives.absolute(primitives.subtract(y_true, y_pred))
            return primitives.reduce_mean(primitives.power(difference, 3.0), (0,))

    assert Cubed(name="cubed")(SHARES, OUTPUTS) == pytest.approx(np.mean(np.abs(SHARES - OUTPUTS) ** 3), rel=1e-5)
    function = losses.get(lambda y, p: primitives.reduce_mean(primitives.absolute(primitives.subtract(y, p)), (0,)))
    assert function(SHARES, OUTPUTS) == pytest.approx(np.mean(np.abs(SHARES - OUTPUTS)), rel=1e-6)


def test_a_function_that_does_not_build_a_loss():
    def number(y_true, y_pred):
        return 1.0

    with pytest.raises(TypeError, match="loss 'number': the result cannot be compiled") as caught:
        losses.get(number)(SHARES, OUTPUTS)
    assert "expected: a result that is computed from y_true and y_pred, with operators and planish.ops" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: losses.MeanSquaredError("average"),
            "unknown reduction of a loss 'average'\n  expected: one of 'mean', ",
        ),
        (
            lambda: losses.CategoricalCrossentropy(axis=1),
            "loss 'categorical_crossentropy': this `axis` is not supported\n  expected: -1\n  received: 1",
        ),
        (
            lambda: losses.Huber(dtype="float16"),
            "loss 'huber_loss': this `dtype` is not supported\n  expected: None or 'float32' or 'float64'\n  received",
        ),
        (
            lambda: losses.BinaryCrossentropy(label_smoothing=2),
            "loss 'binary_crossentropy': `label_smoothing` is not a share\n  expected: 0 to 1\n  received: 2",
        ),
        (lambda: losses.get("meen_squared_error"), "did you mean 'mean_squared_error'"),
    ],
)
def test_arguments_that_are_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
