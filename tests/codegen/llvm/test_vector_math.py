"""Elementary functions as vector code, against float64: over all exponents, and at values where they are special."""

import math

import numpy as np
import pytest

from planish import primitives
from planish.codegen.llvm import vector_math
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.target import make_target
from tests.codegen.support import Case, on_every_target

INF, NAN = math.inf, math.nan
SMALLEST, LARGEST = float(np.float32(2.0**-149)), float(np.finfo(np.float32).max)

# Errors in units in the last place: with fused multiply-add, and without.
LIMITS = {
    "exp": (2, 4), "expm1": (2, 4), "log": (2, 4), "log1p": (2, 4), "tanh": (2, 4), "sigmoid": (2, 4),
    "erf": (4, 4), "softplus": (4, 4), "floor": (0, 0),
}  # fmt: skip
MEANINGS = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: np.where(x >= 0, 1.0, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x))),
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "softplus": lambda x: np.logaddexp(0.0, x),
    "floor": np.floor,
}
# What each function makes of NaN, inf, -inf, 0, -0, the smallest denormal and its negative, and the largest number.
ARGUMENTS = [NAN, INF, -INF, 0.0, -0.0, SMALLEST, -SMALLEST, LARGEST, -LARGEST]
SPECIAL = {
    "exp": [NAN, INF, 0.0, 1.0, 1.0, 1.0, 1.0, INF, 0.0],
    "expm1": [NAN, INF, -1.0, 0.0, -0.0, SMALLEST, -SMALLEST, INF, -1.0],
    "log": [NAN, INF, NAN, -INF, -INF, -149 * math.log(2), NAN, 128 * math.log(2), NAN],
    "log1p": [NAN, INF, NAN, 0.0, -0.0, SMALLEST, -SMALLEST, 128 * math.log(2), NAN],
    "tanh": [NAN, 1.0, -1.0, 0.0, -0.0, SMALLEST, -SMALLEST, 1.0, -1.0],
    "sigmoid": [NAN, 1.0, 0.0, 0.5, 0.5, 0.5, 0.5, 1.0, 0.0],
    "erf": [NAN, 1.0, -1.0, 0.0, -0.0, SMALLEST, -SMALLEST, 1.0, -1.0],
    "softplus": [NAN, INF, 0.0, math.log(2), math.log(2), math.log(2), math.log(2), LARGEST, 0.0],
    "floor": [NAN, INF, -INF, 0.0, -0.0, 0.0, -1.0, LARGEST, -LARGEST],
}


def every_exponent(each=96, seed=0):
    """Numbers of both signs with every exponent, denormal ones included, and many where functions bend or end."""
    generator = np.random.default_rng(seed)
    mantissas = np.concatenate([[0, 1, 2**23 - 1], generator.integers(0, 2**23, each - 3)])
    bits = (np.arange(255)[:, None] << 23 | mantissas).astype(np.uint32).ravel()
    wide = bits.view(np.float32)
    near = [generator.uniform(-limit, limit, 4000) for limit in (1.0, 4.0, 20.0, 110.0)]
    ends = [
        end + np.linspace(-0.01, 0.01, 201)
        for end in (88.7228, -87.3365, -103.97, 1.0, -1.0, 0.625, 4.0, 0.5, -0.3466, 0.3466)
    ]
    values = np.concatenate([wide, -wide, np.concatenate([*near, *ends]).astype(np.float32)])
    return values.astype(np.float32)


def units(computed, exact):
    """The distance in units in the last place of the exact value rounded to f32; NaN and infinities have to agree."""
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = exact.astype(np.float32)
        size = np.spacing(np.abs(rounded)).astype(np.float64)
        distance = np.abs(computed.astype(np.float64) - exact) / size
        # next to infinity one unit decides what is finite
        edge = np.isinf(rounded) ^ np.isinf(computed)
        distance[edge] = (
            np.abs(np.clip(computed, -(2.0**128), 2.0**128)[edge].astype(np.float64) - exact[edge]) / 2.0**104
        )
    same = (np.isnan(rounded) & np.isnan(computed)) | (rounded == computed)
    return np.where(same, 0.0, distance)


def check_units(name, arguments, computed, exact, limit):
    error = units(computed, exact)
    worst = np.nanargmax(np.where(np.isnan(error), INF, error))
    where = [float(argument[worst]) for argument in arguments]
    assert not error[worst] > limit, f"{name}{where} = {computed[worst]!r}, not {exact[worst]!r}: {error[worst]} ulp"
    assert not np.isnan(error).any()


@on_every_target
def test_functions_over_all_exponents(target):
    values = every_exponent()
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in LIMITS:
        case.output(getattr(primitives, name)(x), name)
    computed = case.computed()
    for name, limits in LIMITS.items():
        with np.errstate(all="ignore"):
            exact = np.asarray(MEANINGS[name](values.astype(np.float64)))
        check_units(name, [values], computed[name][0], exact, limits[target == "x86-64"])


@on_every_target
def test_special_values(target):
    values = np.array(ARGUMENTS, np.float32)
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in SPECIAL:
        case.output(getattr(primitives, name)(x), name)
    computed = case.computed()
    for name, expected in SPECIAL.items():
        np.testing.assert_allclose(computed[name][0], np.array(expected, np.float32), rtol=3e-7, atol=0, err_msg=name)
        zeros = np.array(expected) == 0
        assert (np.signbit(computed[name][0]) == np.signbit(expected))[zeros].all(), name


@on_every_target
def test_functions_keep_their_order(target):
    """A maximum may move in front of them, so larger arguments never give smaller results."""
    values = np.sort(np.random.default_rng(1).uniform(-12, 12, 20000)).astype(np.float32)
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in ("exp", "expm1", "tanh", "sigmoid", "erf", "softplus"):
        case.output(getattr(primitives, name)(x), name)
    for name, result in case.computed().items():
        steps = np.diff(result[0].astype(np.float64))
        assert (steps >= -4 * np.spacing(np.abs(result[0][1:]))).all(), name


@pytest.mark.parametrize(("name", "most"), [("sigmoid", 16), ("tanh", 26), ("erf", 29)])
def test_what_follows_convolutions_takes_few_operations(name, most):
    """Bounds and sign, polynomials, the exponential, and what is done with it."""
    module = Module(make_target("avx2", "x86_64"))
    with module.function("test", ["ptr %x"]) as f:
        x, before = f.load("%x"), len(f.lines)
        getattr(vector_math, name)(f, x)
    operations = [line for line in f.lines[before:] if "bitcast" not in line and "fcmp" not in line]
    assert len(operations) <= most
    assert sum("fdiv" in line for line in operations) <= 1


def powers():
    """Bases and exponents: all exponents of the base, and results from 0 to infinity."""
    generator = np.random.default_rng(2)
    base = np.abs(every_exponent(each=24))
    exponent = generator.choice([0.5, -0.5, 2.0, 3.0, -1.0, 1.0, 0.1, -2.5, 0.0, 1e-3], len(base))
    near_one = generator.uniform(0.5, 2.0, 8000)
    small = generator.uniform(-8, 8, 4000)
    whole = generator.integers(-20, 20, 4000)
    return (
        np.concatenate([base, near_one, small]).astype(np.float32),
        np.concatenate([exponent, generator.uniform(-150, 150, 8000), whole]).astype(np.float32),
    )


@on_every_target
def test_powers(target):
    bases, exponents = powers()
    case = Case(images=1)
    x, y = case.input(len(bases), values=bases[None]), case.input(len(bases), values=exponents[None])
    case.output(primitives.power(x, y), "power")
    with np.errstate(all="ignore"):
        exact = np.power(bases.astype(np.float64), exponents.astype(np.float64))
    check_units("power", [bases, exponents], case.computed()["power"][0], exact, 4)


@on_every_target
def test_special_powers(target):
    special = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e30, -1e30, 2.0**24 + 2]
    pairs = np.array([(a, b) for a in special for b in special], np.float32)
    case = Case(images=1)
    x, y = (case.input(len(pairs), values=pairs[None, :, place]) for place in (0, 1))
    case.output(primitives.power(x, y), "power")
    with np.errstate(all="ignore"):
        expected = np.power(pairs[:, 0].astype(np.float64), pairs[:, 1]).astype(np.float32)
    computed = case.computed()["power"][0]
    for (base, exponent), found, right in zip(pairs, computed, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=3e-7, err_msg=f"{base} ** {exponent}")
        assert np.isnan(right) or np.signbit(found) == np.signbit(right), f"{base} ** {exponent} = {found}"


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_functions_made_of_others(alpha):
    values = np.array([*ARGUMENTS, 1.5, -1.5, 2.5], np.float32)
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    y = case.input(len(values), values=values[None, ::-1])
    for op in ("relu", "absolute", "negative", "sign", "square", "sqrt", "rsqrt", "reciprocal"):
        case.output(getattr(primitives, op)(x), op)
    for op in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "greater", "greater_equal", "equal"):
        case.output(getattr(primitives, op)(x, y), op)
    case.output(primitives.elu(x, alpha), "elu")
    case.output(primitives.leaky_relu(x, alpha), "leaky_relu")
    case.output(primitives.select(primitives.greater(x, y), x, y), "select")
    computed, expected = case.computed(), case.expected(np.float32)
    for name, right in expected.items():
        np.testing.assert_allclose(computed[name], right, rtol=3e-7, err_msg=name)


@on_every_target
def test_sigmoid_cross_entropy_over_all_exponents(target):
    """Answers of 0 and 1, where a small loss is a small difference of large numbers."""
    values = every_exponent()
    answers = np.random.default_rng(4).integers(0, 2, len(values)).astype(np.float32)
    case = Case(images=1)
    x, y = (case.input(len(values), values=array[None]) for array in (values, answers))
    case.output(primitives.sigmoid_cross_entropy(x, y), "y")
    exact = np.logaddexp(0.0, np.where(answers == 1, -1.0, 1.0) * values.astype(np.float64))
    check_units("sigmoid_cross_entropy", [values, answers], case.computed()["y"][0], exact, 4)


@on_every_target
def test_special_values_of_sigmoid_cross_entropy(target):
    x, y = np.meshgrid(np.array([NAN, INF, -INF, 0.0, LARGEST, -LARGEST], np.float32), np.array([0, 1], np.float32))
    case = Case(images=1)
    operands = [case.input(12, values=array.reshape(1, 12)) for array in (x, y)]
    case.output(primitives.sigmoid_cross_entropy(*operands), "y")
    half = math.log(2)
    expected = [NAN, NAN, NAN, half, LARGEST, 0, NAN, NAN, INF, half, 0, LARGEST]  # not a number: 0 * inf, inf - inf
    np.testing.assert_allclose(case.computed()["y"][0], np.array(expected, np.float32), rtol=3e-7)


@on_every_target
def test_bounds_that_are_numbers_let_nan_pass(target):
    values = np.array([[NAN, -INF, INF, -0.0, 0.0, 3.0, 7.0, 6.0, -2.0]], np.float32)
    case = Case(images=1)
    x = case.input(9, values=values)
    case.output(primitives.minimum(x, 6.0), "below")
    case.output(primitives.maximum(x, -1.0), "above")
    found = case.computed()
    np.testing.assert_array_equal(found["below"], np.minimum(values, 6))
    np.testing.assert_array_equal(found["above"], np.maximum(values, -1))
