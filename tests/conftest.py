"""What holds for every test."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory):
    """Tests neither use nor fill the user's own cache of compiled programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANISH_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_addoption(parser):
    parser.addoption(
        "--every-target",
        action="store_true",
        help="run every test of generated code for every kind of processor that this one can run",
    )
