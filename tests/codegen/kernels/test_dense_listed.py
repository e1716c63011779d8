"""Dense layers on images of which most elements may be zero: products with zeros are left out."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.kernels.dense_listed import GROUP
from planish.codegen.kernels.dense_listed_weight_grad import CHUNK
from planish.codegen.llvm.target import current_target
from planish.codegen.pieces.nonzeros import FEWEST_UNITS
from planish.codegen.planning.lowering import lower
from planish.graph.graph import Graph
from planish.primitives.dense_weight_grad import dense_weight_grad
from planish.primitives.rewritten.fused import base_of
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen.support import Case, on_every_target

DENSITIES = {"zeros": 0.0, "few": 0.1, "half": 0.5, "most": 0.8, "all": 1.0}


def sparse(case, density, *shape):
    """Images of which some elements are not zero; zeros of both signs."""
    values = case.generator.standard_normal((case.images, *shape))
    zeros = np.copysign(0.0, case.generator.standard_normal(values.shape))
    return case.input(*shape, values=np.where(case.generator.random(values.shape) < density, values, zeros).astype("f"))


def product_and_gradient(case, x, units, name=""):
    """What a batch has in it, as sums, so that it is a training step that computes it."""
    features = x.type.size
    flat = primitives.reshape(x, (features,))
    y = primitives.relu(primitives.add(primitives.dense(flat, case.weight(features, units)), case.weight(units)))
    case.output(primitives.batch_sum(y), f"{name}y{units}")
    case.output(dense_weight_grad(flat, case.input(units)), f"{name}g{units}")


def lowered_ops(graph, dtypes):
    return {
        base_of(node)
        for node in lower(graph, current_target(), dtypes, training=True).graph.nodes
    }  # fmt: skip


@on_every_target
@pytest.mark.parametrize("density", DENSITIES.values(), ids=DENSITIES)
@pytest.mark.parametrize("images", [1, 4, GROUP * 4 + 3, CHUNK + 5])
def test_densities(target, density, images):
    case = Case(images=images)
    x = sparse(case, density, 7, 5, 3)
    for units in (1, 10, 17, FEWEST_UNITS, FEWEST_UNITS + 3):
        product_and_gradient(case, x, units)
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("features", [8, 9, 15, 16, 17, 31, 33, 48, 131, 400])
def test_features_that_fill_no_vector(target, features):
    case = Case(images=19)
    for units in (10, FEWEST_UNITS + 1):
        product_and_gradient(case, sparse(case, 0.3, features), units, "sparse ")
        product_and_gradient(case, sparse(case, 1.0, features), units, "dense ")
    case.check(4e-6)


@on_every_target
def test_wide_layers_and_long_rows(target):
    case = Case(images=9)
    product_and_gradient(case, sparse(case, 0.3, 40), 1000)
    product_and_gradient(case, sparse(case, 0.05, 8000), FEWEST_UNITS)
    product_and_gradient(case, sparse(case, 0.1, 9000), FEWEST_UNITS)  # too long for lists
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("dtype", ["float64", "float16", "uint8", "int16", "int64", "bool"])
def test_elements_of_any_type(target, dtype):
    case = Case(images=11)
    values = case.generator.integers(0, 2 if dtype == "bool" else 200, (11, 37)) * (case.generator.random(37) < 0.4)
    x = case.input(37, values=values.astype(dtype))
    for units in (10, FEWEST_UNITS):
        product_and_gradient(case, x, units)
    case.check(4e-6)


@on_every_target
@pytest.mark.parametrize("units", [10, FEWEST_UNITS])
@pytest.mark.parametrize("density", [0.1, 1.0])
def test_what_is_not_a_number_is_not_left_out(target, density, units):
    case = Case(images=10)
    x = sparse(case, density, 40)
    ((name, values),) = case.inputs.items()
    case.inputs[name] = values = values.astype(np.float64)  # which no kernel watches
    values[2, 3], values[4, 5], values[6, 39] = np.nan, np.inf, 1e-42
    product_and_gradient(case, x, units)
    computed, expected = case.computed(), case.expected(np.float32)
    for name, found in computed.items():
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected[name]), name)
        finite = np.isfinite(found)
        np.testing.assert_allclose(found[finite], expected[name][finite], rtol=1e-4, atol=1e-5)


@on_every_target
@pytest.mark.parametrize("units", [10, FEWEST_UNITS])
@pytest.mark.parametrize("features", [37, 400])
def test_images_that_are_not_finite_end_a_run(target, features, units):
    """In front of their step, which changes nothing; wherever they are."""
    case = Case(images=40)
    x = sparse(case, 0.3, features)
    summed = primitives.batch_sum(primitives.dense(x, case.weight(features, units)))
    graph = Graph.build({}, {"total": primitives.add(summed, primitives.parameter("total", (units,)))})
    (values,) = case.inputs.values()
    executable = TrainingExecutable(compile(graph, {"x0": values.dtype}, training=True, max_batch=8))
    assert executable.checked == ("x0",)

    def steps():
        total = np.zeros(units, np.float32)
        done = executable.run({**case.parameters, "total": total}, case.inputs, np.arange(40), 8, {}, {})
        assert np.isfinite(total).all()
        assert total.any() == (done > 0)
        return done

    assert steps() == 5
    largest = np.finfo(np.float32).max
    for image, feature, value in [(0, 0, np.nan), (17, features - 1, np.inf), (39, features // 2, -np.inf)]:
        kept, values[image, feature] = values[image, feature], value
        assert steps() == image // 8
        values[image, feature] = kept
    values[3, 5], values[4, 6] = largest, 1e-42  # finite
    assert (
        executable.run({**case.parameters, "total": np.zeros(units, np.float32)}, case.inputs, np.arange(40), 8, {}, {})
        == 5
    )


def test_a_zero_that_meets_an_endless_weight_counts_for_nothing():
    """Unlike in a matrix product; docs/determinism.md says so."""
    case = Case(images=3)
    x = case.input(32, values=np.zeros((3, 32), np.float32))
    case.output(
        primitives.batch_sum(primitives.dense(x, case.weight(32, 64, values=np.full((32, 64), np.inf, np.float32))))
    )
    (found,) = case.computed().values()
    assert (found == 0).all()


@pytest.mark.parametrize(
    ("shape", "units", "listed"),
    [((784,), 64, True), ((784,), 1, True), ((3, 32), 64, False), ((9000,), 64, False), ((7,), 10, False)],
)
def test_which_layers_are_listed(shape, units, listed):
    x = primitives.input_("x", shape)
    loss = primitives.batch_sum(primitives.dense(x, primitives.parameter("w", (shape[-1], units))))
    found = lowered_ops(Graph.build({"loss": loss}), {"x": "float32"})
    assert ("dense_listed" in found) is listed


def test_a_layer_behind_another_is_not_listed():
    x = primitives.input_("x", (64,))
    hidden = primitives.dense(x, primitives.parameter("w", (64, 64)))
    loss = primitives.batch_sum(primitives.dense(hidden, primitives.parameter("v", (64, 64))))
    graph = lower(Graph.build({"loss": loss}), current_target(), {"x": "float32"}, training=True).graph
    assert [node.op for node in graph.nodes if node.op.startswith("dense")] == ["dense_listed", "dense_panels"]
