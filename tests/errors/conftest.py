"""Automatic names are as in a fresh process: they are part of the messages."""

import pytest

from planish.naming import reset_names
from tests.errors.support import classifier


@pytest.fixture(autouse=True)
def _fresh_names():
    reset_names()


@pytest.fixture
def model():
    """The blog's model, small."""
    return classifier(28, 28, 1)
