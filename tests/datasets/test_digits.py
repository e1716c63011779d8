"""The embedded data set."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from planish.datasets import digits


def test_shapes_and_balance():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, x_train.dtype) == ((6000, 28, 28), np.uint8)
    assert (x_test.shape, x_test.dtype) == ((1000, 28, 28), np.uint8)
    assert y_train.dtype == y_test.dtype == np.uint8
    assert np.bincount(y_train).tolist() == [600] * 10
    assert np.bincount(y_test).tolist() == [100] * 10


def test_classes_are_mixed():
    """`validation_split` cuts off the end: it must hold every digit."""
    (_, y_train), _ = digits.load_data()
    assert len(np.unique(y_train[-100:])) == 10


def test_it_is_small():
    assert os.path.getsize(digits.PATH) < 1_600_000


def test_the_licence_is_beside_it():
    text = (Path(digits.PATH).parent / "digits-LICENSE.txt").read_text(encoding="utf-8")
    for part in ("LeCun", "Cortes", "Burges", "https://creativecommons.org/licenses/by-sa/3.0/", "8. Miscellaneous"):
        assert part in text


def test_arrays_can_be_written():
    (x_train, _), _ = digits.load_data()
    assert x_train.flags.writeable
    assert x_train.flags.c_contiguous


def test_nothing_but_numpy_is_needed():
    code = (
        "import sys, planish.datasets.digits as d; d.load_data(); "
        "assert not {'pooch', 'PIL', 'h5py', 'llvmlite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
