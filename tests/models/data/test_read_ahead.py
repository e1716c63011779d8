"""Batches are made on another thread, a little ahead of the steps."""

import itertools
import threading
import time
import traceback
from dataclasses import dataclass

import numpy as np
import pytest

from planish.models.data.read_ahead import LEAST_AHEAD, MOST_AHEAD, NBYTES_AHEAD, ReadAhead, let_steps_catch_up


@dataclass
class Item:
    """Stands for a batch: only its size matters here."""

    number: int
    nbytes: int = 8


def numbers(reader):
    return [item.number for item in reader]


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "planish-data"]


def settle(counter):
    """What `counter()` is once it no longer grows."""
    seen = -1
    while seen != (seen := counter()):
        time.sleep(0.05)
    return seen


class Counted:
    """An endless supply that knows how much was taken from it."""

    def __init__(self, nbytes=8):
        self.nbytes = nbytes
        self.taken = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        return Item(self.taken, self.nbytes)


def test_everything_comes_once_and_in_order():
    with ReadAhead(map(Item, range(100))) as reader:
        assert numbers(reader) == list(range(100))
        assert reader.exhausted
    assert not readers()


def test_no_more_is_taken_than_the_limit():
    source = Counted()
    with ReadAhead(source, 5) as reader:
        assert numbers(reader) == [1, 2, 3, 4, 5]
        assert not reader.exhausted
    assert source.taken == 5


@pytest.mark.parametrize(("nbytes", "ahead"), [(8, MOST_AHEAD), (NBYTES_AHEAD // 4, 4), (NBYTES_AHEAD, LEAST_AHEAD)])
def test_how_much_is_read_ahead(nbytes, ahead):
    source = Counted(nbytes)
    with ReadAhead(source) as reader:
        assert next(reader) == Item(1, nbytes)
        assert settle(lambda: source.taken) == 1 + ahead
        assert reader.ready


def test_the_next_item_is_made_while_one_is_used():
    made = threading.Event()

    def source():
        yield Item(0)
        made.set()
        yield Item(1)

    with ReadAhead(source()) as reader:
        next(reader)
        assert made.wait(10)


def test_an_error_comes_in_its_place_with_its_traceback():
    def source():
        yield Item(0)
        yield Item(1)
        raise ZeroDivisionError("in the supply")

    with ReadAhead(source()) as reader:
        assert [next(reader).number for _ in range(2)] == [0, 1]
        with pytest.raises(ZeroDivisionError, match="in the supply") as raised:
            next(reader)
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert (frames[-1].name, frames[-1].line) == ("source", 'raise ZeroDivisionError("in the supply")')
    assert not readers()


def test_closing_stops_a_reader_that_waits_for_room():
    with ReadAhead(Counted()) as reader:
        next(reader)
        assert readers()
    assert not readers()


def test_a_supply_that_blocks_is_not_waited_for_longer_than_a_second():
    go_on = threading.Event()

    def source():
        yield Item(0)
        go_on.wait()
        yield Item(0)

    started = time.perf_counter()
    with ReadAhead(source()) as reader:
        next(reader)
    assert time.perf_counter() - started < 3
    (left,) = readers()
    assert left.daemon
    go_on.set()
    left.join(10)
    assert not left.is_alive()


def test_a_supply_that_uses_a_model_waits_for_the_steps():
    used, done = [], []

    def source():
        for number in range(20):
            if number >= 5:
                let_steps_catch_up()
                used.append((number, len(done)))
            yield Item(number)

    with ReadAhead(source()) as reader:
        for item in reader:
            time.sleep(0.001)
            done.append(item)
    assert used == [(number, number) for number in range(5, 20)]


def test_a_supply_that_waits_for_steps_is_let_go():
    ended = []

    def source():
        yield Item(0)
        try:
            let_steps_catch_up()
        finally:
            ended.append(True)
        yield Item(0)

    with ReadAhead(source()) as reader:
        next(reader)
    assert ended == [True]
    assert not readers()


def test_elsewhere_nothing_is_waited_for():
    with ReadAhead(itertools.repeat(Item(0))):
        let_steps_catch_up()


def test_numpys_error_state_is_that_of_the_caller():
    def source():
        yield Item(np.zeros(1) / np.zeros(1))

    with np.errstate(invalid="raise"), ReadAhead(source()) as reader, pytest.raises(FloatingPointError):
        next(reader)
