"""What one test does to automatic names is not what others meet."""

from planish.layers import Dense, Input
from planish.models import Sequential
from planish.utils import clear_session

MADE_BEFORE_ANY_TEST = [Dense(2) for _ in range(30)]


def test_the_numbering_may_start_again():
    clear_session(free_memory=False)
    assert Dense(1).name == "dense"


def test_then_new_layers_have_other_names_than_those_that_were_made_first():
    assert len(Sequential([Input((3,)), *MADE_BEFORE_ANY_TEST, Dense(2)]).layers) == 31
