"""Functions that are computed by way of float64: nearly exact, and with the same bits on every target."""

import math

import numpy as np
import pytest

from planish import primitives
from tests.codegen.llvm.test_vector_math import (
    ARGUMENTS,
    INF,
    LARGEST,
    NAN,
    SMALLEST,
    check_units,
    every_exponent,
)
from tests.codegen.support import TARGETS, Case, on_every_target

MOST_UNITS = 1
HALF, QUARTER = math.pi / 2, math.pi / 4
OF_ONE = ["sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arccosh", "arctanh",
          "log2", "log10"]  # fmt: skip
OF_TWO = ["arctan2", "hypot", "remainder"]
# Of NaN, inf, -inf, 0, -0, the smallest denormal and its negative, the largest number and its negative.
SPECIAL = {
    "sin": [NAN, NAN, NAN, 0.0, -0.0, SMALLEST, -SMALLEST, np.sin(LARGEST), -np.sin(LARGEST)],
    "cos": [NAN, NAN, NAN, 1.0, 1.0, 1.0, 1.0, np.cos(LARGEST), np.cos(LARGEST)],
    "tan": [NAN, NAN, NAN, 0.0, -0.0, SMALLEST, -SMALLEST, np.tan(LARGEST), -np.tan(LARGEST)],
    "arcsin": [NAN, NAN, NAN, 0.0, -0.0, SMALLEST, -SMALLEST, NAN, NAN],
    "arccos": [NAN, NAN, NAN, HALF, HALF, HALF, HALF, NAN, NAN],
    "arctan": [NAN, HALF, -HALF, 0.0, -0.0, SMALLEST, -SMALLEST, HALF, -HALF],
    "sinh": [NAN, INF, -INF, 0.0, -0.0, SMALLEST, -SMALLEST, INF, -INF],
    "cosh": [NAN, INF, INF, 1.0, 1.0, 1.0, 1.0, INF, INF],
    "arcsinh": [NAN, INF, -INF, 0.0, -0.0, SMALLEST, -SMALLEST, np.arcsinh(LARGEST), -np.arcsinh(LARGEST)],
    "arccosh": [NAN, INF, NAN, NAN, NAN, NAN, NAN, np.arccosh(LARGEST), NAN],
    "arctanh": [NAN, NAN, NAN, 0.0, -0.0, SMALLEST, -SMALLEST, NAN, NAN],
    "log2": [NAN, INF, NAN, -INF, -INF, -149.0, NAN, 128.0, NAN],
    "log10": [NAN, INF, NAN, -INF, -INF, math.log10(SMALLEST), NAN, math.log10(LARGEST), NAN],
    "rint": [NAN, INF, -INF, 0.0, -0.0, 0.0, -0.0, LARGEST, -LARGEST],
}  # fmt: skip


def arguments_of(name):
    """All exponents, multiples of an eighth of a turn, and what lies beside the ends of a domain."""
    turns = np.random.default_rng(3).integers(-(2**20), 2**20, 3000) * (math.pi / 4)
    ends = np.float32(1) + np.arange(-300, 300) * np.float32(2.0**-23)
    domain = np.random.default_rng(4).uniform(-1, 1, 3000)
    values = np.concatenate([every_exponent(each=48), turns, ends, -ends, domain]).astype(np.float32)
    return np.concatenate([values, np.nextafter(values[:4000], np.float32(INF))])


@on_every_target
def test_over_all_exponents(target):
    values = arguments_of(None)
    case = Case(images=1)
    x = case.input(len(values), values=values[None])
    for name in OF_ONE:
        case.output(getattr(primitives, name)(x), name)
    computed = case.computed()
    for name in OF_ONE:
        with np.errstate(all="ignore"):
            exact = np.asarray(getattr(np, name)(values.astype(np.float64)))
        check_units(name, [values], computed[name][0], exact, MOST_UNITS)


@on_every_target
def test_special_values(target):
    case = Case(images=1)
    x = case.input(len(ARGUMENTS), values=np.array([ARGUMENTS], np.float32))
    for name in SPECIAL:
        case.output(getattr(primitives, name)(x), name)
    computed = case.computed()
    for name, expected in SPECIAL.items():
        np.testing.assert_allclose(computed[name][0], np.array(expected, np.float32), rtol=3e-7, atol=0, err_msg=name)
        zeros = np.array(expected) == 0
        assert (np.signbit(computed[name][0]) == np.signbit(expected))[zeros].all(), name


def pairs():
    """All exponents beside all others, quotients from tiny to larger than float64 has digits, and special values."""
    generator = np.random.default_rng(5)
    special = np.array([*ARGUMENTS, 1.0, -1.0, 3.0, -3.0, 0.1, 1e30], np.float32)
    wide = every_exponent(each=16)
    near = generator.uniform(-100, 100, (2, 4000)).astype(np.float32)
    a = np.concatenate([np.repeat(special, len(special)), wide, near[0]])
    b = np.concatenate([np.tile(special, len(special)), generator.permutation(wide), near[1]])
    return a, b


@on_every_target
def test_functions_of_two(target):
    a, b = pairs()
    case = Case(images=1)
    x, y = (case.input(len(a), values=values[None]) for values in (a, b))
    for name in OF_TWO:
        case.output(getattr(primitives, name)(x, y), name)
    computed = case.computed()
    for name in OF_TWO:
        with np.errstate(all="ignore"):
            exact = np.asarray(getattr(np, name)(a.astype(np.float64), b.astype(np.float64)))
        check_units(name, [a, b], computed[name][0], exact, MOST_UNITS)
        zeros = exact == 0
        assert (np.signbit(computed[name][0]) == np.signbit(exact))[zeros].all(), name


@on_every_target
def test_logaddexp(target):
    a, b = pairs()
    case = Case(images=1)
    x, y = (case.input(len(a), values=values[None]) for values in (a, b))
    case.output(primitives.logaddexp(x, y), "y")
    with np.errstate(all="ignore"):
        exact = np.logaddexp(a.astype(np.float64), b.astype(np.float64))
    found = case.computed()["y"][0]
    size = np.maximum(np.abs(a), np.abs(b)).astype(np.float64)
    close = np.abs(found - exact) <= 4 * np.spacing(np.maximum(size, 1).astype(np.float32))
    assert (close | (found == exact.astype(np.float32)) | (np.isnan(found) & np.isnan(exact))).all()


@on_every_target
def test_halves_go_to_even_numbers(target):
    values = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 2.0**22 + 0.5, 2.0**23 - 0.5, 2.0**23 + 1, -7.3]], "f4")
    case = Case(images=1)
    case.output(primitives.rint(case.input(10, values=values)))
    case.check(None)


def test_every_target_has_the_same_bits(monkeypatch):
    a, b = pairs()
    found = []
    for name in TARGETS:
        monkeypatch.setenv("PLANISH_TARGET", name)
        case = Case(images=1)
        x, y = (case.input(len(a), values=values[None]) for values in (a, b))
        for op in OF_ONE:
            case.output(getattr(primitives, op)(x), op)
        for op in OF_TWO:
            case.output(getattr(primitives, op)(x, y), op)
        found.append(case.computed())
    for other in found[1:]:
        for op, values in other.items():
            np.testing.assert_array_equal(values, found[0][op], err_msg=op)


def test_powers_of_two_and_ten_have_whole_logarithms():
    exponents = np.arange(-149, 128)
    case = Case(images=1)
    twos = case.input(len(exponents), values=np.exp2(exponents.astype(np.float64)).astype(np.float32)[None])
    tens = case.input(11, values=np.array([[10.0**n for n in range(11)]], np.float32))
    case.output(primitives.log2(twos), "twos")
    case.output(primitives.log10(tens), "tens")
    computed = case.computed()
    assert computed["twos"][0].tolist() == exponents.tolist()
    assert computed["tens"][0].tolist() == list(range(11))


@pytest.mark.parametrize("exponent", [3, 50, 51, 76, 77, 100, 102, 120, 127])
def test_angles_close_to_multiples_of_a_quarter_turn(exponent):
    """Those f32 numbers of an exponent that are closest to one, where most digits of the reduction cancel."""
    mantissas = np.arange(2**23, 2**24, 997, dtype=np.float64)
    values = (mantissas * 2.0 ** (exponent - 23)).astype(np.float32)
    closest = values[np.argsort(np.abs(np.sin(2 * values.astype(np.float64))))[:500]]
    case = Case(images=1)
    x = case.input(500, values=closest[None])
    for name in ("sin", "cos", "tan"):
        case.output(getattr(primitives, name)(x), name)
    for name, found in case.computed().items():
        exact = getattr(np, name)(closest.astype(np.float64))
        check_units(name, [closest], found[0], exact, MOST_UNITS)
