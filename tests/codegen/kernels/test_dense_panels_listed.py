"""Predictions of dense layers on images of which most elements may be zero: zeros they have in common are left out."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.llvm.element_type import F64
from planish.codegen.llvm.target import current_target, make_target
from planish.codegen.pieces import common_zeros
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.primitives.rewritten.fused import base_of
from planish.runtime import compile
from planish.runtime.inference_executable import InferenceExecutable
from tests.codegen.odd_values import DTYPES
from tests.codegen.support import Case, on_every_target

KINDS = ("zeros", "few", "half", "all", "full in front", "full behind", "one that is full")
UNITS = (1, 10, 17, 130, 300)


def images_of(kind, count, features, seed=0):
    """Of zeros of both signs, and of other values."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((count, features)).astype(np.float32)
    share = {"zeros": 0.0, "few": 0.1, "half": 0.5, "all": 1.0}.get(kind, 0.1)
    live = random.random(values.shape) < share
    if kind == "full in front":
        live[:, : features // 4] = True
    if kind == "full behind":
        live[:, features // 4 :] = True
    if kind == "one that is full":
        live[count // 2] = True
    return np.where(live, values, np.copysign(np.float32(0), values))


def layers_on(case, x, units=UNITS):
    features = x.type.size
    for each in units:
        y = primitives.dense(primitives.reshape(x, (features,)), case.weight(features, each))
        case.output(primitives.relu(primitives.add(y, case.weight(each))) if each % 2 else y)


def lowered_ops(node, dtype="float32", *, target=None, training=False):
    graph = Graph.build({"y": primitives.batch_sum(node) if training else node})
    plan = make_plan(Request(graph, {"x": dtype}, target or current_target(), training, 8))
    return [base_of(each) for each in plan.graph.nodes]


@on_every_target
@pytest.mark.parametrize("images", [1, 2, 3, 8, 31])
def test_images_of_every_kind(target, images):
    case = Case(images=images)
    for number, kind in enumerate(KINDS):
        layers_on(case, case.input(7, 5, 3, values=images_of(kind, images, 105, number).reshape(images, 7, 5, 3)))
    case.check(4e-6)


@on_every_target
def test_features_that_fill_no_vector(target):
    case = Case(images=7)
    for features in (16, 17, 31, 33, 48, 131, 400):
        for kind in ("few", "all"):
            layers_on(case, case.input(features, values=images_of(kind, 7, features)), (10, 33))
    layers_on(case, case.input(8000, values=images_of("few", 7, 8000)), (5,))
    case.check(4e-6)


@on_every_target
def test_elements_of_any_type_and_what_is_made_of_each_element(target):
    case = Case(images=11)
    for dtype in DTYPES:
        values = case.generator.integers(1, 2 if dtype == "bool" else 100, (11, 37)) * (case.generator.random(37) < 0.4)
        x = case.input(37, values=values.astype(dtype))
        layers_on(case, x, (10, 33))
        layers_on(case, primitives.multiply(x, 1 / 255), (20,))
    case.check(4e-6)


class Layer:
    """A layer without a bias, and its executable."""

    def __init__(self, weights):
        features, units = weights.shape
        self.weights, self.version = {"w": weights}, 0
        y = primitives.dense(primitives.input_("x", (features,)), primitives.parameter("w", weights.shape))
        assert "dense_panels_listed" in lowered_ops(y)
        self.executable, self.units = InferenceExecutable(compile(Graph.build({"y": y}), {"x": "float32"})), units

    def __call__(self, x):
        y = np.full((len(x), self.units), 7, np.float32)
        self.executable.run(self.weights, {"x": np.ascontiguousarray(x)}, {"y": y}, len(x), version=self.version)
        return y

    def changed(self, weights):
        self.weights, self.version = {"w": weights}, self.version + 1


def tiny_weights(features, units):
    """Some of them are so small that products with a small element round to zero."""
    weights = np.random.default_rng(5).standard_normal((features, units)).astype(np.float32)
    weights[:, ::3] = np.copysign(np.float32(1e-30), weights[:, ::3])
    return weights


@on_every_target
@pytest.mark.parametrize("units", [12, 40])
def test_an_image_has_the_same_bits_whatever_is_left_out_beside_it(target, units):
    """Signs of zeros included."""
    layer = Layer(tiny_weights(60, units))
    image = images_of("few", 1, 60, 9)[0] * np.float32(1e-20)
    alone = layer(image[None])[0].tobytes()
    assert np.signbit(layer(image[None])[layer(image[None]) == 0]).sum() == 0
    for kind in KINDS:
        for count in (2, 3, 4, 7, 30):
            x = images_of(kind, count, 60)
            for place in {0, count // 2, count - 1}:
                x[place] = image
                assert layer(x)[place].tobytes() == alone, (kind, count, place)


@on_every_target
def test_a_zero_that_meets_a_weight_that_is_not_finite_is_not_left_out(target):
    finite = np.random.default_rng(1).standard_normal((70, 20)).astype(np.float32)
    layer, x = Layer(finite), images_of("few", 8, 70)
    x[3] = 0
    expected = layer(x)
    for value in (np.nan, np.inf, -np.inf):
        for place in ((0, 0), (69, 19), (33, 7)):
            weights = finite.copy()
            weights[place] = value
            layer.changed(weights)
            for found, beside in ((layer(x), x), (layer(x[3:4]), x[3:4])):
                with np.errstate(invalid="ignore"):
                    np.testing.assert_array_equal(np.isnan(found), np.isnan(beside @ weights))
                assert np.isnan(found[:, place[1]]).sum() == (np.isnan(value) | (beside[:, place[0]] == 0)).sum()
    layer.changed(finite)
    assert layer(x).tobytes() == expected.tobytes()


@on_every_target
def test_elements_that_are_not_finite_or_hardly_there_count(target):
    weights = np.random.default_rng(2).standard_normal((70, 20)).astype(np.float32) * np.float32(1e10)
    layer, x = Layer(weights), np.zeros((4, 70), np.float32)
    x[0, 69], x[1, 5], x[2, 68], x[3, 0] = np.nan, np.inf, 1e-42, -1e-42
    expected, found = (x.astype(np.float64) @ weights).astype(np.float32), layer(x)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    np.testing.assert_allclose(found[2:], expected[2:], rtol=1e-6)
    assert (found[2:] != 0).all()


def x_of(*shape):
    return primitives.input_("x", shape)


def dense_on(x, units):
    return primitives.dense(x, primitives.parameter("w", (x.shape[-1], units)))


@pytest.mark.parametrize(
    ("name", "triple"),
    [
        ("avx512", "x86_64-unknown-linux-gnu"), ("avx2", "x86_64-unknown-linux-gnu"), ("x86-64", "x86_64-apple-darwin"),
        ("aarch64", "aarch64-unknown-linux-gnu"), ("wasm32", "wasm32-unknown-unknown"),
    ],
)  # fmt: skip
def test_it_pays_on_every_processor(name, triple):
    assert "dense_panels_listed" in lowered_ops(dense_on(x_of(784), 128), target=make_target(name, triple))


def test_which_layers_leave_out_zeros():
    listed = "dense_panels_listed"
    assert listed in lowered_ops(dense_on(x_of(784), 128), "uint8")
    assert listed in lowered_ops(dense_on(primitives.reshape(primitives.multiply(x_of(8, 8), 0.5), (64,)), 12))
    assert listed not in lowered_ops(dense_on(x_of(3, 32), 64))  # rows of an image
    assert listed not in lowered_ops(dense_on(x_of(9000), 64))
    assert listed not in lowered_ops(dense_on(x_of(7), 10))
    assert listed not in lowered_ops(dense_on(x_of(784), 128), training=True)
    hidden = lowered_ops(primitives.dense(dense_on(x_of(64), 64), primitives.parameter("v", (64, 64))))
    assert [op for op in hidden if op.startswith("dense")] == [listed, "dense_panels"]
    with numbers_are("f64"):
        assert listed not in lowered_ops(dense_on(x_of(784), 128), "float64", target=current_target().computing_in(F64))


def test_microcontrollers_have_no_memory_for_lists():
    target = make_target("cortex-m", "thumbv7em-none-eabi")
    assert "dense_panels_listed" not in lowered_ops(dense_on(x_of(784), 128), target=target)


@pytest.mark.parametrize("registers", [16, 32])
@pytest.mark.parametrize("fused", [False, True])
def test_registers_hold_the_sums_of_some_rows_and_what_is_multiplied(registers, fused):
    target = current_target()._replace(registers=registers, fused_multiply_add=fused)
    sums = common_zeros.ROWS * common_zeros.most_vectors(target)
    assert sums + common_zeros.ROWS + (1 if fused else 2) <= registers
    assert sums >= 6
