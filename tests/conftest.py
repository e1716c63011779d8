"""What holds for every test."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory):
    """Tests neither use nor fill the user's own cache of compiled programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANISH_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
