"""Automatic names are as in a fresh process: they are part of the messages."""

import pytest

from planish.naming import reset_names


@pytest.fixture(autouse=True)
def _fresh_names():
    reset_names()
