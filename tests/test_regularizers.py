import json

import numpy as np
import pytest

from planish import primitives, regularizers
from planish.regularizers import L1, L1L2, L2, l1_l2

W = np.array([[1.0, -2.0], [0.5, 3.0]])


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [(L1(0.1), 0.65), (L2(0.1), 1.425), (L1L2(0.1, 0.2), 3.5), (L1L2(), 0.0), (L1(), 0.065), (L2(), 0.1425)],
)
def test_penalties(regularizer, expected):
    assert regularizer(W) == pytest.approx(expected)


def test_nodes_give_unbatched_scalars():
    for node in (primitives.parameter("w", (2, 3)), primitives.input_("x", (2, 3))):
        penalty = L1L2(0.1, 0.1)(node)
        assert (penalty.shape, penalty.batched) == ((), False)


def test_ways_to_name_one():
    assert regularizers.get(None) is None
    assert regularizers.get("l2").l2 == 0.01
    assert regularizers.get("L1").l1 == 0.01
    assert isinstance(regularizers.get(L2), L2)
    assert (l1_l2().l1, l1_l2().l2) == (0, 0)  # as L1L2, in Keras 3
    assert regularizers.get(lambda w: primitives.multiply(regularizers.total(w), 2.0))(W) == 5.0
    with pytest.raises(ValueError, match=r"unknown regularizer 'l3'"):
        regularizers.get("l3")
    with pytest.raises(TypeError, match="a regularizer was expected"):
        regularizers.get(0.1)


@pytest.mark.parametrize("regularizer", [None, L1(0.1), L2(0.2), L1L2(0.1, 0.2)])
def test_configuration(regularizer):
    config = json.loads(json.dumps(regularizers.serialize(regularizer)))
    made = regularizers.deserialize(config)
    assert type(made) is type(regularizer)
    assert regularizer is None or made.get_config() == regularizer.get_config()


@pytest.mark.parametrize("factor", [-1, float("nan"), "0.1", True])
def test_wrong_factors(factor):
    with pytest.raises(ValueError, match="regularizer L2: argument 'l2'"):
        L2(factor)


@pytest.mark.parametrize(("mode", "expected"), [("rows", 0.006562985), ("columns", 0.0040628435)])
def test_rows_at_right_angles_cost_nothing(mode, expected):
    regularizer = regularizers.OrthogonalRegularizer(0.02, mode)
    w = np.array([[1.0, -2.0, 0.5], [0.5, 3.0, 2.0], [1.5, 1.0, -1.0]])
    assert regularizer(np.eye(3)) == pytest.approx(0)
    assert regularizer(w) == pytest.approx(expected)
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert again(w) == regularizer(w)
    assert regularizers.get("orthogonal_regularizer").factor == 0.01
    with pytest.raises(ValueError, match="this weight has no rows and columns"):
        regularizer(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="unknown mode of OrthogonalRegularizer 'row'"):
        regularizers.OrthogonalRegularizer(mode="row")
