"""Matrix products with weights, beside the interpreter."""

import pytest

from planish import primitives
from planish.codegen.pieces import dense_rows
from planish.primitives.dense_weight_grad import dense_weight_grad
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("images", [1, 3, 14, 29])
def test_units_that_straddle_vectors(target, images):
    case = Case(images=images)
    x = case.input(37)
    for units in (1, 3, 7, 9, 15, 16, 17, 31, 33, 130):
        case.output(primitives.dense(x, case.weight(37, units)))
    case.check()


@on_every_target
@pytest.mark.parametrize("images", [1, 3, 14, 29])
def test_weights_that_are_read_as_they_are(target, images):
    """In training; what is checked is a sum over the batch."""
    case = Case(images=images)
    x = case.input(37)
    for units in (1, 4, 7, 16, 32, 33, 48, 130, 144):
        case.output(primitives.batch_sum(primitives.dense(x, case.weight(37, units))))
    case.check(4e-6)


@pytest.mark.parametrize("features", [1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 300])
def test_features(features):
    case = Case(images=15)
    x = case.input(features)
    case.output(primitives.dense(x, case.weight(features, 10)))
    case.output(primitives.relu(primitives.add(primitives.dense(x, case.weight(features, 20)), case.weight(20))))
    case.check()


@on_every_target
def test_rows_within_an_image_and_layers_of_layers(target):
    case = Case(images=5)
    x = case.input(3, 2, 7)
    hidden = primitives.relu(primitives.add(primitives.dense(x, case.weight(7, 9)), case.weight(9)))
    case.output(hidden)
    case.output(primitives.softmax(primitives.dense(primitives.reshape(hidden, (54,)), case.weight(54, 10))))
    case.output(primitives.multiply(primitives.dense(hidden, case.weight(9, 17)), case.input(3, 2, 17)))
    case.check()


@on_every_target
@pytest.mark.parametrize("images", [1, 7, 33])
def test_gradient_of_the_weights(target, images):
    case = Case(images=images)
    x, rows = case.input(17), case.input(2, 3, 5)
    for units in (1, 7, 16, 33):
        case.output(dense_weight_grad(x, case.input(units)))
        case.output(dense_weight_grad(rows, case.input(2, 3, units)))
    case.check()


@pytest.mark.parametrize("registers", [16, 32])
@pytest.mark.parametrize("training", [False, True])
def test_registers_hold_the_sums_of_a_block_and_what_is_multiplied(registers, training):
    rows = dense_rows.rows_in_block(dense_rows.PANEL_VECTORS, registers, training=training)
    sums = rows * dense_rows.PANEL_VECTORS
    assert sums + dense_rows.PANEL_VECTORS + 1 <= registers
    assert 3 * sums >= 2 * registers  # or the weights are read more often than they have to
    assert dense_rows.SMALL_BLOCK * dense_rows.PANEL_VECTORS >= dense_rows.SINGLE_ROW_VECTORS


@pytest.mark.parametrize("images", [5, 10, 23])
def test_rows_that_no_block_holds_follow_in_smaller_blocks_and_one_by_one(images):
    case = Case(images=images)
    case.output(primitives.dense(case.input(9), case.weight(9, 17)))
    case.check()
