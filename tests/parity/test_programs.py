"""The programs that `parity/compare_programs.py` runs beside real Keras run here, small, and with Keras's imports."""

import importlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = sorted((ROOT / "parity" / "programs").glob("*.py"))
QUICK = ("custom_layer_and_loss", "grad_cam", "learning_rate_finder")
"""Those that compile little: a second each."""


@pytest.fixture(scope="module")
def compare():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "parity"))
        yield importlib.import_module("compare_programs")


def test_there_are_ten():
    assert len(PROGRAMS) == 10


@pytest.fixture
def run(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "parity"))
    return importlib.import_module("run_programs")


@pytest.mark.parametrize("name", QUICK)
def test_a_program_runs(name, run):
    found = run.answers(ROOT / "parity" / "programs" / f"{name}.py", 1, 0.05)
    assert "error" not in found, found["error"]
    (answer,) = found["answers"]
    assert {"loss", "accuracy"} <= set(answer["history"])
    assert answer["final"]


def test_a_program_that_fails_does_not_end_the_others(run, tmp_path, capsys):
    (tmp_path / "bad.py").write_text("def main(seed, scale):\n    raise ValueError('no')\n")
    (tmp_path / "good.py").write_text("def main(seed, scale):\n    print('reading')\n    return {'final': seed}\n")
    run.main(str(tmp_path), "1", "2", "bad", "good")
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert "ValueError: no" in bad["error"]
    assert good == {"name": "good", "answers": [{"final": 0}, {"final": 1}]}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_with_keras_only_the_imports_change(path, compare):
    ours = path.read_text(encoding="utf-8").splitlines()
    theirs = compare.for_keras("\n".join(ours)).splitlines()
    changed = [(one, other) for one, other in zip(ours, theirs, strict=True) if one != other]
    assert changed
    assert all(re.match(r"(import|from) planish", one) for one, _ in changed)
    assert all(re.match(r"from (tensorflow\.)?keras|from tensorflow import keras", other) for _, other in changed)


def test_ranges_over_seeds(compare):
    assert compare.gap([0.9, 0.95], [0.8, 0.9]) <= 0
    assert compare.gap([0.9, 0.92], [0.80, 0.82]) > 0
    assert compare.gap([0.9, 0.92], [0.86, 0.88]) <= 0


def test_what_differs_is_told(compare):
    one = {"history": {"loss": [1.0]}, "exact": {"files": 2}, "final": {"loss": 1.0}}
    other = {"history": {"loss": [1.0], "acc": [0.5]}, "exact": {"files": 3}, "final": {"loss": 3.0}}
    found = list(compare.different_numbers([one], [other]))
    assert found[0] == "keys of History: ['loss'], Keras ['loss', 'acc']"
    assert found[1] == "{'files': 2}, Keras {'files': 3}"
    assert found[2] == "loss: 1 to 1, Keras 3 to 3"
    assert not list(compare.different_numbers([one], [one]))
    failed = {"name": "x", "error": "Traceback"}
    assert list(compare.differences({"answers": [one]}, failed)) == ["Keras fails: Traceback"]
