"""NaN, infinity and what becomes infinite in float32 are refused before anything is trained."""

import re

import numpy as np
import pytest

from planish import Model, ops
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.models.data.in_memory import check_finite

BEYOND = 3.4028235677973366e38  # halfway to what would follow the largest float32: rounded, it is infinite


def values(bad, dtype=np.float64, count=5):
    array = np.linspace(0, 1, count * 6).reshape(count, 6).astype(dtype)
    array[3, 2] = bad
    return array


@pytest.mark.parametrize("bad", [1e300, -1e300, BEYOND, -BEYOND])
def test_what_is_too_large_for_float32(bad):
    message = (
        "`x` holds values that are too large\n"
        "  rule:     planish computes in float32, in which they are infinite\n"
        "  expected: numbers up to 3.4e+38\n"
        f"  received: 1 of 30 are larger, the first is x[3, 2] = {bad}\n"
        "  remedy:   scale them: x / np.abs(x).max()"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        check_finite(values(bad), "x")
    scaled = values(bad) / np.abs(values(bad)).max()
    check_finite(scaled, "x")


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", np.longdouble])
@pytest.mark.parametrize("good", [3.4028234663852886e38, -3.4028234663852886e38, 1e38])
def test_what_float32_can_just_hold(good, dtype):
    check_finite(values(good, dtype), "x")
    check_finite(np.full((50, 6), good, dtype), "x")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", np.longdouble])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(bad, dtype):
    with pytest.raises(ValueError, match=r"`x` holds values that are not finite\n(.*\n)*.* the first is x\[3, 2\] = "):
        check_finite(values(bad, dtype), "x")


def test_large_values_are_found_in_every_chunk():
    array = np.zeros((40, 1 << 17))
    array[37, 5] = 1e300
    with pytest.raises(ValueError, match=r"1 of 5,242,880 are larger, the first is x\[37, 5\] = 1e\+300"):
        check_finite(array, "x")


@pytest.mark.parametrize("place", ["x", "y", "sample_weight"])
@pytest.mark.parametrize("batches", [False, True])
def test_fit_refuses_them_and_trains_nothing(place, batches):
    data = {"x": np.ones((5, 6)), "y": np.ones((5, 2)), "sample_weight": np.ones(5)}
    data[place][4] = 1e300
    model = Sequential([Input((6,)), Dense(2)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    given = {"x": iter([tuple(data.values())])} if batches else data
    with pytest.raises(ValueError, match=f"`{place}` holds values that are too large"):
        model.fit(**given, verbose=0)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def test_a_prediction_in_steps_names_the_input_as_its_user_does():
    x, z = Input((64,), name="left"), Input((64,), name="right")
    model = Model([x, z], ops.mean(Dense(32)(x) + Dense(32)(z), axis=0))
    good = np.ones((5, 64), np.float32)
    bad = good.copy()
    bad[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"`right` holds values that are not finite(.|\n)*right\[3, 2\] = nan"):
        model.predict([good, bad], verbose=0)
