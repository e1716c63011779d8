"""What tests of generated code have in common.

All of them run for this machine's own kind of processor. For the lesser kinds that it can run as well, `make test`
takes one test in six, and `make test-targets` all.
"""

import zlib

import pytest

from tests.codegen.support import TARGETS

_TAKES_LONG = "test_no_step_beyond_an_array"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--every-target"):
        return
    left_out = [item for item in items if _is_of_a_lesser_target(item) and not _is_in_the_sample(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in {*left_out}]


def _is_of_a_lesser_target(item):
    return hasattr(item, "callspec") and item.callspec.params.get("target") in TARGETS[1:]


def _is_in_the_sample(item):
    return _TAKES_LONG not in item.nodeid and zlib.crc32(item.nodeid.encode()) % 6 == 0


@pytest.fixture(autouse=True)
def _compiled_anew(monkeypatch):
    """Nothing comes from a cache on disk."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")


@pytest.fixture
def target(request, monkeypatch):
    """The name of the target that code is made for."""
    monkeypatch.setenv("PLANISH_TARGET", request.param)
    return request.param
