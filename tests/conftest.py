"""What holds for every test."""

import gc
import os
import signal
import sys

import pytest


def pytest_configure():
    """Ctrl-C arrives, in this process and its children, also where a shell started the tests in the background: there
    SIGINT is ignored, and the tests of Ctrl-C would wait for ever."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_bytecode()
    gc.disable()  # until all tests are found: next to nothing of what that makes is ever garbage


def _keep_bytecode():
    """Modules are compiled to bytecode once, also where Python is told to keep none: tests start hundreds of processes,
    which would take longer to compile planish than for all the rest."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_collection_finish():
    """Python's collector of garbage passes over what lives for the whole run: modules, and thousands of tests.

    `clear_session` collects garbage, hundreds of times in a run, and would walk through all of it each time.
    """
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory):
    """Tests neither use nor fill the user's own cache of compiled programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANISH_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_addoption(parser):
    parser.addoption("--every-net", action="store_true", help="compare every net of planish.applications with Keras's")
    parser.addoption(
        "--every-target",
        action="store_true",
        help="run every test of generated code for every kind of processor that this one can run",
    )


OPTIMIZED = ("tests/runtime/", "tests/test_determinism.py", "tests/test_docs.py::test_examples_of[README.md]")
"""Tests of machine code, besides those in tests/codegen, and one that trains for longer than LLVM takes. What others
ask about does not depend on how good the code is."""


@pytest.fixture(autouse=True)
def _compiled_quickly(request, monkeypatch):
    """Programs have the same bits, in a third of the time, if LLVM hurries, here and in processes that tests start."""
    if not request.node.nodeid.startswith(OPTIMIZED):
        monkeypatch.setenv("PLANISH_LLVM_LEVEL", "0")
