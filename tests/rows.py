"""A sweep over the rows of a table is one test, which names every row that fails: a test for each takes longer to find
and to report than to run."""

import pytest


def failures(rows, check, told=str):
    """What is wrong with which rows: {row: message}. `check(row)` raises if something is."""
    rows, found = list(rows), {}
    assert rows, "there is nothing to check"
    for row in rows:
        try:
            check(row)
        except (Exception, pytest.fail.Exception) as error:
            found[told(row)] = f"{type(error).__name__}: {error}"
    return found
