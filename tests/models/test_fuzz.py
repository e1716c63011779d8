"""A sample of `make fuzz`: random functional models, compiled and interpreted; and that what fails is made small."""

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "tools" / "fuzz"


@pytest.fixture
def fuzz(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("fuzz")


@pytest.mark.parametrize("seed", [2, 5])
def test_a_random_model_is_the_same_compiled_and_interpreted(fuzz, seed):
    assert fuzz.failure(fuzz.random_program(seed)) == ""


def test_a_failure_is_found_and_told_with_the_smallest_program(fuzz, monkeypatch):
    monkeypatch.setattr(fuzz, "failures", lambda make: "wrong" if "GetItem" in repr(make().get_config()) else "")
    lines = ("t0 = keras.Input((3,))", "t1 = keras.Input((2,))", "t2 = t0[:, 1:]", "t3 = t2 * t1", "t4 = ops.exp(t3)")
    program = fuzz.Program(lines, ("t0", "t1"), ("t1", "t4"))
    assert fuzz.failure(program) == "wrong"
    assert fuzz.smallest(program, "wrong") == fuzz.Program((lines[0], lines[2]), ("t0",), ("t2",))


def test_a_crash_is_found(fuzz, monkeypatch):
    monkeypatch.setattr(fuzz, "failures", lambda make: fuzz.os.kill(fuzz.os.getpid(), fuzz.signal.SIGKILL))
    assert fuzz.failure(fuzz.random_program(0)) == "died: SIGKILL"
