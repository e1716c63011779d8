"""Whose programs a cache may give back: those of the same compiler, wherever it lies, and of no other."""

import compileall
import importlib.util
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import planish
from planish.runtime import compiler_identity, object_cache

PACKAGE = Path(planish.__file__).parent

PROGRAM = """
import numpy as np
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.runtime import programs

Sequential([Input((3,)), Dense(2)]).predict(np.zeros((1, 3)), verbose=0)
print(*(making.loaded for making in programs.makings(0.0)))
"""


@pytest.fixture(scope="module", autouse=True)
def _runtime_alone(tmp_path_factory):
    """A folder in which there is the package that runs programs, and no planish."""
    global RUNTIME
    RUNTIME = tmp_path_factory.mktemp("runtime")
    shutil.copytree(PACKAGE.parent / "planish_runtime", RUNTIME / "planish_runtime")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def copy(tmp_path):
    """planish's files at another place."""
    target = tmp_path / "planish"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copy2)
    return target


def identity_of(package):
    return compiler_identity._digest_of_files(str(package))


def place_bytecode(copy):
    """Compiled modules beside their sources. Python has compiled nearly all of them."""
    compileall.compile_dir(PACKAGE, quiet=2)
    for path in copy.rglob("*.py"):
        shutil.copyfile(importlib.util.cache_from_source(PACKAGE / path.relative_to(copy)), f"{path}c")


def was_loaded(place, cache):
    """Whether a process that finds planish at `place` loaded its program from the cache."""
    path = os.pathsep.join([str(place), str(RUNTIME)])
    environment = {**os.environ, "PYTHONPATH": path, "PLANISH_CACHE_DIR": str(cache), "PYTHONNOUSERSITE": "1"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, cwd=cache.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_copies_are_the_same_compiler(copy):
    assert identity_of(copy) == identity_of(PACKAGE)


def test_times_do_not_count(copy):
    before = identity_of(copy)
    for path in copy.rglob("*.py"):
        os.utime(path, (1, 1))
    assert identity_of(copy) == before


def test_contents_of_every_folder_do(copy):
    compiler = ("graph", "primitives", "passes", "codegen")
    seen = {identity_of(copy)}
    folders = {path.parent for room in compiler for path in (copy / room).rglob("*.py")}
    for folder in folders:
        changed = next(folder.glob("*.py"))
        changed.write_bytes(changed.read_bytes() + b"\n")
        seen.add(identity_of(copy))
    assert len(seen) == 1 + len(folders) > 1 + len(compiler)


def test_a_zip_has_the_identity_of_its_files(copy, monkeypatch, tmp_path):
    archive = tmp_path / "planish.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in copy.rglob("*"):
            file.write(path, path.relative_to(tmp_path))
    monkeypatch.setattr("importlib.resources.files", lambda package: zipfile.Path(archive, f"{package}/"))
    assert compiler_identity._digest(compiler_identity._members()) == identity_of(copy)


def test_files_that_the_cache_knows_are_not_read_again(copy, monkeypatch):
    before = identity_of(copy)
    monkeypatch.setattr(compiler_identity, "_contents", None)
    assert identity_of(copy) == before


def test_what_is_remembered_is_cleared_with_the_programs_and_not_listed(copy, folder):
    identity_of(copy)
    assert object_cache.entries() == []
    assert [path.suffix for path in folder.iterdir()] == [object_cache.NOTE]
    assert object_cache.clear() == 0
    assert list(folder.iterdir()) == []


def test_planish_in_a_zip_keeps_its_programs(copy, folder, tmp_path):
    archive = tmp_path / "planish.zip"
    place_bytecode(copy)  # as `pip install --compile` in front of the packing; compiling all of it takes two seconds
    with zipfile.ZipFile(archive, "w") as file:
        for path in copy.rglob("*"):
            file.write(path, path.relative_to(tmp_path))
    shutil.rmtree(copy)
    assert was_loaded(archive, folder) == "False"
    assert was_loaded(archive, folder) == "True"


def test_planish_without_its_sources_keeps_its_programs_until_it_changes(copy, folder, tmp_path):
    changed = copy / "codegen" / "kernels" / "dense_panels.py"
    source = changed.read_text(encoding="utf-8")

    place_bytecode(copy)
    for path in copy.rglob("*.py"):
        path.unlink()
    assert was_loaded(tmp_path, folder) == "False"
    assert was_loaded(tmp_path, folder) == "True"
    changed.write_text(source + "\nCHANGED = True\n", encoding="utf-8")
    py_compile.compile(str(changed), cfile=f"{changed}c")
    changed.unlink()
    assert was_loaded(tmp_path, folder) == "False"
