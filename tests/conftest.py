"""What holds for every test."""

import gc
import itertools
import os
import re
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from _pytest.tmpdir import tmppath_result_key

from planish import naming

HERE = Path(__file__).parent


def pytest_configure(config):
    """Ctrl-C arrives, in this process and its children, also where a shell started the tests in the background: there
    SIGINT is ignored, and the tests of Ctrl-C would wait for ever."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_bytecode()
    _keep_folders_in_memory()
    _collect_from_the_other_end(config)
    gc.disable()  # until all tests are found: next to nothing of what that makes is ever garbage


def _keep_bytecode():
    """Modules are compiled to bytecode once, also where Python is told to keep none: tests start hundreds of processes,
    which would take longer to compile planish than for all the rest."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def _keep_folders_in_memory():
    """The folders of tests are in memory, where Linux has room for them: nothing then waits for a disk, which has to
    write whatever models are saved, and to forget twenty thousand files at the end."""
    memory = Path("/dev/shm")
    if memory.is_dir() and "PYTEST_DEBUG_TEMPROOT" not in os.environ:
        found = os.statvfs(memory)
        if found.f_bavail * found.f_frsize > 4 * 2**30 and not found.f_flag & os.ST_NOEXEC:
            os.environ["PYTEST_DEBUG_TEMPROOT"] = str(memory)


def _collect_from_the_other_end(config):
    """Every other process of pytest-xdist begins with the last folder. In a fresh checkout pytest rewrites the asserts
    of all files, which takes as long as a twentieth of the tests: two processes that begin at either end find what the
    other has written from the middle on, where two that go the same way write everything twice."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    if int(name.removeprefix("gw")) % 2 and [Path(each).resolve() for each in config.args] == [HERE]:
        config.args[:] = [str(HERE / each) for each in sorted(_names_here(), reverse=True)]


def _names_here():
    return {path.name for path in HERE.iterdir() if path.is_dir() or path.match("test_*.py")} - {"__pycache__"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """The tests in one order, whichever end they were found from, without broad ones unless they are asked for.

    Hypothesis does not look for numbers worth trying in the texts of a thousand modules: what it draws here are sizes
    and seeds.
    """
    items.sort(key=lambda item: item.nodeid.split("/", 2)[1].partition("::")[0])
    if not config.getoption("--broad"):
        broad = [item for item in items if item.get_closest_marker("broad")]
        config.hook.pytest_deselected(items=broad)
        items[:] = [item for item in items if not item.get_closest_marker("broad")]
    if "hypothesis" in sys.modules:
        from hypothesis.internal.conjecture import providers

        providers._get_local_constants = lambda: providers._local_constants


NAMED = Counter()
"""How many automatic names of each kind layers have that were made while tests were found."""


def pytest_collection_finish():
    """Python's collector of garbage passes over what lives for the whole run: modules, and thousands of tests.

    `clear_session` collects garbage, hundreds of times in a run, and would walk through all of it each time.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    NAMED.update(naming._of_all)


@pytest.fixture(autouse=True)
def _numbers_of_names_go_on():
    """Layers that are made while tests are found go into models later. After a test that starts the numbering again, as
    `clear_session` does, new layers would be given the names of those."""
    yield
    naming._of_all |= NAMED


_FOLDERS = itertools.count()


@pytest.fixture
def tmp_path(request, tmp_path_factory):
    """An empty folder, which goes with the test unless that fails. pytest's own fixture also makes a link to the last
    folder of each name, and looks for a free number, which takes three times as long."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.mktemp(f"{name}{next(_FOLDERS)}", numbered=False)
    yield path
    if request.node.stash[tmppath_result_key].get("call"):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory):
    """Tests neither use nor fill the user's own cache of compiled programs. Processes of pytest-xdist share one."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANISH_CACHE_DIR", str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"))
        yield


def pytest_runtest_protocol(item, nextitem):
    """Of a test, pytest-xdist sends how it went, and how setting it up and taking it down went only if that failed:
    with thirteen thousand tests, three reports of each take longer than most folders."""
    if "PYTEST_XDIST_WORKER" not in os.environ or item.config.getoption("durations"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report):
    """Of a test that has passed, pytest-xdist sends no marks and names of folders: nobody asks for them."""
    data = yield
    if data is not None and report.passed and "keywords" in data:
        data["keywords"] = {}
    return data


def pytest_addoption(parser):
    parser.addoption("--every-net", action="store_true", help="compare every net of planish.applications with Keras's")
    parser.addoption("--broad", action="store_true", help="run tests that take many processes, or much memory, as well")
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
