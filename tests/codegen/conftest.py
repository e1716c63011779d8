"""What tests of generated code have in common.

All of them run for this machine's own kind of processor. For the lesser kinds that it can run as well, `make test`
takes one test in six, and `make test-targets` all. LLVM does for them what it does for users in the first case of every
file and in one of twenty others, and hurries in the rest, unless the test asks about machine code; `make test-targets`
never has it hurry.
"""

import zlib

import pytest

from tests.codegen import emulated

if emulated.WANTED:
    emulated.install()

from tests.codegen.support import TARGETS

_TAKES_LONG = "test_no_step_beyond_an_array"
FIRST = set()
"""The first case of every file."""


def pytest_collection_modifyitems(config, items):
    FIRST.update({item.path: item.nodeid for item in reversed(items)}.values())
    if config.getoption("--every-target"):
        return
    left_out = [item for item in items if _is_of_a_lesser_target(item) and not _is_in_the_sample(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in {*left_out}]


def _is_of_a_lesser_target(item):
    return hasattr(item, "callspec") and item.callspec.params.get("target") in TARGETS[1:]


def _is_in_the_sample(item):
    return _TAKES_LONG not in item.nodeid and _is_one_of(6, item)


def _is_one_of(count, item):
    return zlib.crc32(item.nodeid.encode()) % count == 0


_OF_NUMBERS = (
    *("kernels/", "planning/", "test_random_programs.py", "test_double_programs.py", "test_nan.py"),
    "test_small_values.py",
)
"""Tests that look at what programs compute. The others here look at machine code, or at the memory that it touches."""


@pytest.fixture(autouse=True)
def _compiled_quickly(request, monkeypatch):
    item = request.node
    if item.config.getoption("--every-target") or item.nodeid in FIRST or _is_one_of(20, item):
        return
    if item.nodeid.removeprefix("tests/codegen/").startswith(_OF_NUMBERS):
        monkeypatch.setenv("PLANISH_LLVM_LEVEL", "0")


@pytest.fixture(autouse=True)
def _compiled_anew(monkeypatch):
    """Nothing comes from a cache on disk."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")


@pytest.fixture
def target(request, monkeypatch):
    """The name of the target that code is made for."""
    monkeypatch.setenv("PLANISH_TARGET", request.param)
    return request.param
