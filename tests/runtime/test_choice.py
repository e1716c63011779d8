"""Whether to share is decided by how long calls took, and costs little to find out."""

import random

import pytest

from planish_runtime.choice import Choice


def calls(choice, count, alone, shared):
    """The ways that so many calls went, and the seconds that they took."""
    ways, total = [], 0.0
    for _ in range(count):
        ways.append(choice.shares())
        seconds = shared() if ways[-1] else alone()
        choice.took(seconds)
        total += seconds
    return ways, total


def always(seconds):
    return lambda: seconds


@pytest.mark.parametrize(("alone", "shared"), [(10e-6, 6e-6), (6e-6, 10e-6), (1.0, 0.6), (0.6, 1.0)])
def test_the_faster_way_is_taken_nearly_always(alone, shared):
    ways, total = calls(Choice(), 2000, always(alone), always(shared))
    assert abs(sum(ways) - 2000 * (shared < alone)) < 100
    assert total < 1.05 * 2000 * min(alone, shared)


def test_it_follows_what_else_the_machine_does():
    choice = Choice()
    calls(choice, 500, always(10e-6), always(6e-6))
    drawn = random.Random(0)

    def beside_another_process():
        return 4e-3 if drawn.random() < 0.3 else 6e-6

    ways, _ = calls(choice, 3000, always(20e-6), beside_another_process)
    assert sum(ways[1000:]) < 200
    ways, _ = calls(choice, 16_000, always(10e-6), always(6e-6))
    assert sum(ways[13_000:]) > 2700


def test_a_first_call_that_is_slow_because_everything_is_new_does_not_count():
    choice, times = Choice(), iter([1.0])
    ways, _ = calls(choice, 40, always(10e-6), lambda: next(times, 6e-6))
    assert sum(ways) >= 30


@pytest.mark.parametrize("often", [0.02, 0.2])
def test_calls_that_take_milliseconds_now_and_then_count_as_much_as_they_cost(often):
    drawn = random.Random(1)
    ways, total = calls(Choice(), 20_000, always(50e-6), lambda: 38e-6 + 3e-3 * (drawn.random() < often))
    assert sum(ways) < 2000
    assert total < 1.1 * 20_000 * 50e-6


def test_one_call_that_takes_milliseconds_is_soon_forgotten():
    choice = Choice()
    calls(choice, 2000, always(50e-6), always(38e-6))
    once = iter([3e-3])
    ways, _ = calls(choice, 4000, always(50e-6), lambda: next(once, 38e-6))
    assert sum(ways[2000:]) > 1900


def test_a_way_that_began_badly_is_taken_soon_after_it_has_become_the_faster_one():
    choice, times = Choice(), iter([500e-6] * 9)
    ways, _ = calls(choice, 600, always(29e-6), lambda: next(times, 22e-6))
    assert sum(ways[300:]) > 290


def test_a_first_call_decides_nothing_while_another_thread_begins_anew():
    choice = Choice()
    while choice.shares():
        choice.took(1e-6)
    choice._seconds = 1.0  # of the calls before, which the other thread has already forgotten
    choice.took(1e-6)
    assert not choice.shares()
