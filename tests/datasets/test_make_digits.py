"""The script that chose the embedded images."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "make_digits.py"


@pytest.fixture
def script(tmp_path):
    spec = importlib.util.spec_from_file_location("make_digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.TARGET = tmp_path / "digits.npz"
    return module


def test_rows_are_balanced_and_ascending(script):
    labels = np.random.default_rng(0).integers(0, 10, 5000).astype(np.uint8)
    rows = script.balanced_rows(labels, 40)
    assert np.bincount(labels[rows]).tolist() == [40] * 10
    assert (np.diff(rows) > 0).all()
    assert rows.max() > 4900
    assert rows.min() < 100


def test_the_same_source_gives_the_same_bytes(script, tmp_path, capsys):
    random = np.random.default_rng(0)
    source = tmp_path / "mnist.npz"
    arrays = {}
    for part, count in (("train", 8000), ("test", 1500)):
        arrays[f"x_{part}"] = np.zeros((count, 28, 28), np.uint8)
        arrays[f"x_{part}"][:, 14, 14] = random.integers(0, 256, count)
        arrays[f"y_{part}"] = (np.arange(count) % 10).astype(np.uint8)
    np.savez(source, **arrays)
    script.main(str(source))
    first = script.TARGET.read_bytes()
    script.main(str(source))
    assert script.TARGET.read_bytes() == first
    assert re.search(r"6000 \+ 1000 images", capsys.readouterr().out)
    with np.load(script.TARGET) as made:
        assert np.bincount(made["y_train"]).tolist() == [600] * 10
