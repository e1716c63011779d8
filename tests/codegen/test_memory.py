"""Programs read and write their arrays and nothing beside them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.guarded_programs import KINDS
from tests.codegen.support import on_every_target

ROOT = Path(__file__).parents[2]


TOGETHER = [("inference", "few"), ("bands", "double", "training"), ("long", "listed"), ("random", "shared")]
"""Kinds that one process runs, in forks: about as long each."""


def test_every_kind_is_run():
    assert sorted(kind for kinds in TOGETHER for kind in kinds) == sorted(KINDS)


@on_every_target
@pytest.mark.parametrize("kinds", TOGETHER, ids="-".join)
def test_no_step_beyond_an_array(kinds, target, pytestconfig):
    environment = {**os.environ, "PLANISH_TARGET": target, "PYTHONFAULTHANDLER": "1"}
    thorough = ["thorough"] if pytestconfig.getoption("--every-target") else []
    command = [sys.executable, "-m", "tests.codegen.guarded_programs", *kinds, *thorough]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("nothing was touched that must not be\n")
