"""Programs read and write their arrays and nothing beside them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.guarded_programs import KINDS
from tests.codegen.support import on_every_target

ROOT = Path(__file__).parents[2]


@on_every_target
@pytest.mark.parametrize("kind", KINDS)
def test_no_step_beyond_an_array(kind, target, pytestconfig):
    environment = {**os.environ, "PLANISH_TARGET": target, "PYTHONFAULTHANDLER": "1"}
    thorough = ["thorough"] if pytestconfig.getoption("--every-target") else []
    command = [sys.executable, "-m", "tests.codegen.guarded_programs", kind, *thorough]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("nothing was touched that must not be\n")
