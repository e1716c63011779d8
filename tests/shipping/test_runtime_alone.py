"""The runtime without planish, llvmlite and h5py; memory, size, and its command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import planish_runtime
from planish_runtime.__main__ import main
from tests.shipping.support import blog, images_for

FOLDER = Path(planish_runtime.__file__).parent
MOST_NBYTES = 200_000

PROGRAM = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("planish", "llvmlite", "h5py", "rich", "PIL"):
            raise ImportError(name + " is not here")

sys.meta_path.insert(0, Refuse())
import numpy as np
from planish_runtime import Model
model = Model("model.plan")
y = model.predict(np.load("x.npy"))
sys.stdout.buffer.write(y.tobytes())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A plan, images, and the package in a folder of its own."""
    folder = tmp_path_factory.mktemp("alone")
    model = blog()
    model.build(folder / "model.plan", targets="host")
    x = images_for(model, 33)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", model.predict(x, verbose=0))
    shutil.copytree(FOLDER, folder / "planish_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(folder, program):
    """What a program writes in a process that has the package and no planish."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONNOUSERSITE": "1"}
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_it_runs_where_neither_planish_nor_a_compiler_is(folder):
    assert run(folder, PROGRAM) == np.load(folder / "y.npy").tobytes()


def test_the_package_is_small():
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(files) > 20
    assert sum(path.stat().st_size for path in files) < MOST_NBYTES


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells it in another way")
def test_weights_are_shared_and_no_memory_can_be_written_and_run(folder):
    maps = run(folder, PROGRAM + "print(open('/proc/self/maps').read())").decode(errors="replace")
    lines = [line.split() for line in maps.splitlines() if "-" in line.partition(" ")[0]]
    assert [line[1] for line in lines if line[-1].endswith("/model.plan")] == ["r--s"]
    assert [line for line in lines if "w" in line[1] and "x" in line[1]] == []


def test_its_command_describes_and_tries_a_plan(folder, capsys):
    path = str(folder / "model.plan")
    for arguments in (["describe", path], ["--describe", path]):
        assert main(arguments) == 0
        assert "program  host: float32" in capsys.readouterr().out
    assert main(["test", path]) == 0
    assert "the test passes with the program for host" in capsys.readouterr().out
    assert main(["describe", str(folder / "x.npy")]) == 2
    assert "the file is not a whole plan" in capsys.readouterr().err
    assert main(["describe", path, "--sha256", "0" * 64]) == 2
    assert "digest that is required" in capsys.readouterr().err
