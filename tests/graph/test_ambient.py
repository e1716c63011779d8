"""Values that hold while something is open."""

from contextvars import ContextVar

import pytest

from planish.graph.ambient import Ambient


def test_a_variable_has_the_value_inside_and_the_one_before_it_outside_also_after_an_error():
    variable = ContextVar("variable", default=0)
    with Ambient(variable, 1):
        with Ambient(variable, 2):
            assert variable.get() == 2
        assert variable.get() == 1
        with pytest.raises(KeyError), Ambient(variable, 3):
            raise KeyError(variable.get())
        assert variable.get() == 1
    assert variable.get() == 0
