"""Elementary functions of float64 programs, against numbers with more digits: over all exponents, and where functions
are special."""

import math

import numpy as np
import pytest

from planish import primitives
from planish.graph.node import numbers_are
from tests.codegen.support import Case, on_every_target

WIDE = np.longdouble
INF, NAN = math.inf, math.nan
SMALLEST, LARGEST = 5e-324, float(np.finfo(np.float64).max)
MORE_DIGITS = np.finfo(WIDE).nmant > np.finfo(np.float64).nmant

# Errors in units in the last place.
LIMITS = {
    "exp": 2, "expm1": 3, "log": 2, "log1p": 3, "log2": 2, "log10": 2, "tanh": 3, "sigmoid": 3, "softplus": 3,
    "floor": 0, "rint": 0, "sin": 2, "cos": 2, "tan": 3, "arcsin": 3, "arccos": 3, "arctan": 3, "sinh": 4, "cosh": 3,
    "arcsinh": 3, "arccosh": 3, "arctanh": 3,
}  # fmt: skip
LIMITS_OF_TWO = {"power": 3, "arctan2": 3, "hypot": 3, "remainder": 0}
MEANINGS = {
    "sigmoid": lambda x: np.where(x >= 0, 1, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x))),
    "softplus": lambda x: np.logaddexp(WIDE(0), x),
}


@pytest.fixture(autouse=True)
def _in_float64():
    with numbers_are("f64"):
        yield


def every_exponent(each=4, seed=0):
    """Numbers of both signs with every exponent, denormal ones included, and many where functions bend or end."""
    generator = np.random.default_rng(seed)
    mantissas = generator.integers(0, 2**52, (2047, each))
    wide = (np.arange(2047)[:, None] << 52 | mantissas).astype(np.uint64).ravel().view(np.float64)
    near = [generator.uniform(-limit, limit, 1500) for limit in (1.0, 4.0, 20.0, 110.0, 750.0)]
    bends = (709.78, -708.4, -745.1, 1.0, -1.0, 0.75, 6.0, 0.5, -0.3466, 0.41421, 2.41421, math.pi, 2.0**20)
    ends = [end + np.linspace(-0.01, 0.01, 101) for end in bends]
    return np.concatenate([wide, -wide, *near, *ends])


def units(computed, exact):
    """The distance in units in the last place of the exact value; NaN and infinities have to agree."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(np.float64)
        distance = np.abs(computed.astype(WIDE) - exact) / np.spacing(np.abs(rounded)).astype(WIDE)
    same = (np.isnan(rounded) & np.isnan(computed)) | (rounded == computed)
    distance = np.where(same, 0, distance).astype(np.float64)
    return np.where(np.isnan(distance), INF, distance)


def check_units(name, arguments, computed, exact, limit):
    error = units(computed, exact)
    worst = int(np.argmax(error))
    where = [float(argument[worst]) for argument in arguments]
    assert error[worst] <= limit, f"{name}{where} = {computed[worst]!r}, not {exact[worst]!r}: {error[worst]} ulp"


@pytest.mark.skipif(not MORE_DIGITS, reason="NumPy has no numbers of more digits here")
@on_every_target
def test_functions_over_all_exponents(target):
    values = every_exponent()
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in LIMITS:
        case.output(getattr(primitives, name)(x), name)
    for name, result in case.computed().items():
        with np.errstate(all="ignore"):
            exact = MEANINGS.get(name, getattr(np, name, None))(values.astype(WIDE))
        check_units(name, [values], result[0], exact, LIMITS[name])


@pytest.mark.skipif(not MORE_DIGITS, reason="NumPy has no numbers of more digits here")
@on_every_target
def test_functions_of_two_numbers(target):
    generator = np.random.default_rng(3)
    values = every_exponent()
    a, b = generator.choice(values, 8000), generator.choice(values, 8000)
    a[4000:], b[4000:] = generator.uniform(0, 50, 4000), generator.uniform(-5, 5, 4000)
    special = np.array([NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.0, 3.0, -0.5, SMALLEST, LARGEST, -LARGEST])
    a = np.concatenate([a, np.repeat(special, len(special))])
    b = np.concatenate([b, np.tile(special, len(special))])
    case = Case(images=1)
    x, y = case.input(len(a), values=a[None]), case.input(len(b), values=b[None])
    for name in LIMITS_OF_TWO:
        case.output(getattr(primitives, name)(x, y), name)
    for name, result in case.computed().items():
        with np.errstate(all="ignore"):
            exact = np.remainder(a, b) if name == "remainder" else getattr(np, name)(a.astype(WIDE), b.astype(WIDE))
        # A power that is less than the smallest normal number is rounded twice.
        kept = np.abs(exact) >= 2.0**-1021 if name == "power" else np.full(len(a), True)
        kept |= ~np.isfinite(exact) | (exact == 0)
        check_units(name, [a[kept], b[kept]], result[0][kept], exact[kept].astype(WIDE), LIMITS_OF_TWO[name])


@on_every_target
def test_the_error_function(target):
    values = np.concatenate([every_exponent(1), np.linspace(-6.5, 6.5, 3001), [NAN, INF, -INF, 0.0, -0.0]])
    case = Case(images=1)
    case.output(primitives.erf(case.input(len(values), values=values[None])), "erf")
    exact = np.array([math.erf(value) for value in values])
    np.testing.assert_allclose(case.computed()["erf"][0], exact, rtol=1e-15, atol=0)


@on_every_target
def test_logarithms_of_sums(target):
    a, b = np.random.default_rng(1).uniform(-700, 700, (2, 3000))
    case = Case(images=1)
    x, y = case.input(len(a), values=a[None]), case.input(len(b), values=b[None])
    case.output(primitives.logaddexp(x, y), "sum")
    case.output(primitives.sigmoid_cross_entropy(x, primitives.sigmoid(y)), "loss")
    case.check(1e-15)


@on_every_target
def test_special_values(target):
    values = np.array([NAN, INF, -INF, 0.0, -0.0, SMALLEST, -SMALLEST, LARGEST, -LARGEST])
    names = [name for name in LIMITS if hasattr(np, name)]
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in names:
        case.output(getattr(primitives, name)(x), name)
    for name, result in case.computed().items():
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(values)
        np.testing.assert_allclose(result[0], expected, rtol=1e-15, atol=0, err_msg=name)
        zeros = expected == 0
        assert (np.signbit(result[0]) == np.signbit(expected))[zeros].all(), name
