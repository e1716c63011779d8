"""Operations have Keras's results: on arrays at once, and on nodes with the interpreter."""

import numpy as np
import pytest

from planish import ops
from planish.ops.operation import operations
from tests.ops import support
from tests.ops.cases import CASES
from tests.rows import failures

COMPILED = [case for case in CASES if case.nodes is not None]
NEAR = {"rtol": 2e-5, "atol": 2e-6}
LOOSER = {"inv": 1e-4, "det": 1e-4, "solve": 1e-3, "cholesky": 1e-4, "svd": 1e-4, "image.resize": 1e-4}
"""Sums of many terms, in another order than TensorFlow's."""


def near(case):
    return {**NEAR, "rtol": LOOSER.get(case.name, NEAR["rtol"])}


def test_on_arrays():
    def check(case):
        found = support.in_a_list(support.function_named(case.name)(*case.arguments, **case.settings))
        expected = support.recorded(case)
        assert len(found) == len(expected)
        for own, theirs in zip(found, expected, strict=True):
            assert ops.is_tensor(own) or case.name == "ndim"
            assert np.asarray(own).dtype == theirs.dtype or case.name == "ndim"
            np.testing.assert_allclose(own, theirs, **near(case))

    assert failures(CASES, check, told=lambda case: case.key) == {}


def test_on_nodes():
    def check(case):
        expected = support.recorded(case)
        found = support.interpreted(case)
        assert len(found) == len(expected)
        for own, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(own, theirs.astype(np.float32), **near(case))

    assert failures(COMPILED, check, told=lambda case: case.key) == {}


NOT_VALUES = {"empty_like", "argpartition", "stop_gradient", "sparsemax", "qr", "eigh"}
NOT_VALUES |= {"adaptive_average_pool", "adaptive_max_pool"}
"""Operations whose numbers say nothing, are not unique, or are tested below."""


def test_every_operation_is_compared():
    compared = {case.name.rpartition(".")[2] for case in CASES}
    made = {operation.name for operation in operations()}
    assert made - compared <= NOT_VALUES
    assert len(made) > 220


@pytest.mark.parametrize(("extent", "size"), [(7, 3), (8, 4), (5, 5), (9, 2)])
def test_windows_of_adaptive_pools(extent, size):
    x = np.random.default_rng(0).normal(size=(2, extent, extent, 3)).astype(np.float32)
    windows = [slice(place * extent // size, -(-(place + 1) * extent // size)) for place in range(size)]
    for function, reduce in ((ops.adaptive_average_pool, np.mean), (ops.adaptive_max_pool, np.max)):
        expected = [[reduce(x[:, rows, columns], axis=(1, 2)) for columns in windows] for rows in windows]
        expected = np.array(expected).transpose(2, 0, 1, 3)
        np.testing.assert_allclose(function(x, (size, size)), expected, rtol=1e-5, atol=1e-6)


def test_two_quarter_turns_turn_an_image_around():
    # Keras turns it by 90 degrees.
    image = np.arange(12.0, dtype=np.float32).reshape(1, 3, 4)
    np.testing.assert_array_equal(
        ops.rot90(image, 2, (1, 2)), np.rot90(image, 2, (1, 2))
    )  # Keras turns it by 90 degrees


def test_sparsemax_gives_shares_that_have_the_sum_of_one():
    shares = ops.sparsemax(np.array([[3.0, 1.0, 0.2], [0.3, 0.2, 0.1]], np.float32))  # Keras's have another sum
    np.testing.assert_allclose(shares, [[1, 0, 0], [0.3 + 0.4 / 3, 0.2 + 0.4 / 3, 0.1 + 0.4 / 3]], rtol=1e-6)


def test_factors_give_the_matrix_again():
    matrix = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
    q, r = ops.qr(matrix)
    np.testing.assert_allclose(ops.matmul(q, r), matrix, atol=1e-5)
    symmetric = matrix + matrix.T
    values, vectors = ops.eigh(symmetric)
    np.testing.assert_allclose(ops.matmul(vectors * values, vectors.T), symmetric, atol=1e-5)


def test_the_first_of_argpartition_are_the_smallest():
    numbers = np.array([5.0, 1.0, 4.0, 2.0, 3.0], np.float32)
    assert sorted(numbers[ops.argpartition(numbers, 2)][:2]) == [1, 2]
