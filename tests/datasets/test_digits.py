"""The embedded data set."""

import os
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import numpy as np

import planish
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
    assert len(digits.FILE.read_bytes()) < 1_600_000


def test_the_licence_is_beside_it():
    text = (resources.files(planish.datasets) / "digits-LICENSE.txt").read_text(encoding="utf-8")
    for part in ("LeCun", "Cortes", "Burges", "https://creativecommons.org/licenses/by-sa/3.0/", "8. Miscellaneous"):
        assert part in text


def test_they_are_read_from_a_zip_that_planish_is_imported_from(tmp_path):
    package = Path(planish.__file__).parent
    path = tmp_path / "planish.zip"
    with zipfile.ZipFile(path, "w") as file:
        for member in [*package.rglob("*.py"), package / "datasets" / "digits.npz"]:
            file.write(member, member.relative_to(package.parent))
    code = "import planish.datasets.digits as d; (x, _), _ = d.load_data(); print(d.__file__, x.sum())"
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    (x_train, _), _ = digits.load_data()
    assert done.stdout.split() == [str(path / "planish" / "datasets" / "digits.py"), str(x_train.sum())], done.stderr


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
