"""Examples in the docstrings of operations whose use is not obvious. `import numpy as np` and `ops` have been done."""

import doctest

import numpy as np
import pytest

from planish import ops

ROOMS = (ops, ops.numpy, ops.nn, ops.image, ops.linalg)
EVERY = {getattr(room, name): name for room in ROOMS for name in room.__all__ if callable(getattr(room, name))}
EXAMPLES = {function: name for function, name in EVERY.items() if ">>>" in (function.__doc__ or "")}


@pytest.mark.parametrize("function", EXAMPLES, ids=EXAMPLES.values())
def test_an_example_gives_what_it_says(function):
    example = doctest.DocTestParser().get_doctest(function.__doc__, {"ops": ops, "np": np}, EXAMPLES[function], None, 0)
    told = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert not told, "".join(told)


def test_what_moves_axes_and_picks_entries_has_an_example():
    wanted = {"einsum", "tensordot", "where", "take", "take_along_axis", "scatter", "slice", "top_k", "pad", "repeat"}
    assert wanted <= {*EXAMPLES.values()}
