"""What tests of generated code have in common."""

import pytest


@pytest.fixture(autouse=True)
def _compiled_anew(monkeypatch):
    """Nothing comes from a cache on disk."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")


@pytest.fixture
def target(request, monkeypatch):
    """The name of the target that code is made for."""
    monkeypatch.setenv("PLANISH_TARGET", request.param)
    return request.param
