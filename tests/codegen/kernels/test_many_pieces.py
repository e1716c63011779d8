"""Kernels write code out for a few pieces of an axis and loop over many: both are right, and give the same bits."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen.kernels import conv2d_columns, conv2d_listed_weight_grad, conv2d_turned_weight_grad
from planish.codegen.llvm import loops
from planish.codegen.pieces import pool_windows
from planish.primitives.average_pool2d_grad import average_pool2d_grad
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from planish.runtime import programs
from tests.codegen.support import Case, on_every_target


def gradient_of_kernel(case, *, pooled, filters, channels=5, dilation=(1, 1)):
    x = case.input(9, 11, channels)
    w = case.weight(3, 4, channels, filters)
    y = primitives.conv2d(x, w, dilation=dilation)
    y = primitives.max_pool2d(y, (2, 2), (2, 2)) if pooled else y
    total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(y, case.input(*y.shape)), (0, 1, 2)))
    case.output(gradients(total, [w])[0])


def dense_layers(case):
    w = case.weight(70, 150)
    values = case.generator.integers(0, 3, (case.images, 70)).astype(np.float32)
    values[0] = np.maximum(values[0], 1)
    y = primitives.dense(case.input(70, values=values), w)
    total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(y, case.input(150)), (0,)))
    case.output(gradients(total, [w])[0])
    case.output(primitives.square(y))


def few_filters(case, *, kernel_columns=4, stride=1):
    case.output(
        primitives.relu(primitives.conv2d(case.input(6, 84, 1), case.weight(2, kernel_columns, 1, 3), (1, stride)))
    )


def pools(case):
    x = case.input(9, 8, 19, values=np.round(case.generator.standard_normal((3, 9, 8, 19))).astype(np.float32))
    for window, strides in (((3, 4), (1, 1)), ((5, 2), (2, 2)), ((9, 8), (1, 1))):
        y = primitives.max_pool2d(x, window, strides)
        case.output(y)
        case.output(max_pool2d_grad(x, case.input(*y.shape), y.settings))
        averages = primitives.average_pool2d(x, window, window)
        g = case.input(*averages.shape)
        case.output(average_pool2d_grad(g, x.shape, averages.settings))


KINDS = {
    "lists of patches": lambda case: gradient_of_kernel(case, pooled=True, filters=33),
    "lists of patches, dilated": lambda case: gradient_of_kernel(case, pooled=True, filters=33, dilation=(2, 2)),
    "stretches": lambda case: gradient_of_kernel(case, pooled=False, filters=3, channels=17),
    "stretches, dilated": lambda case: gradient_of_kernel(case, pooled=False, filters=3, channels=17, dilation=(1, 2)),
    "dense layers on images": dense_layers,
    "columns in lanes": few_filters,
    "columns in lanes, with strides": lambda case: few_filters(case, stride=2),
    "windows": pools,
}


def bits_of(build, monkeypatch, most):
    with monkeypatch.context() as patch:
        patch.setattr(programs, "_COMPILED", {})
        if most is not None:
            patch.setattr(loops, "MOST_WRITTEN_OUT", most)
            patch.setattr(conv2d_listed_weight_grad, "MOST_PARTS", most)
            patch.setattr(conv2d_turned_weight_grad, "MOST_BLOCKS", most)
            patch.setattr(conv2d_columns, "MOST_TAPS", most)
            patch.setattr(pool_windows, "MOST_TAPS", most)
        case = Case()
        build(case)
        case.check(3e-6)
        return case.computed(), case.computed(training=all(node.batched for node in case.outputs.values()))


@on_every_target
@pytest.mark.parametrize("kind", KINDS)
def test_loops_give_the_bits_of_code_that_is_written_out(target, kind, monkeypatch):
    written_out, looped = (bits_of(KINDS[kind], monkeypatch, most) for most in (1000, 0))
    for one, other in zip(written_out, looped, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
