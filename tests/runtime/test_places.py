"""Threads that come back at once take turns where there are too few CPUs; others never wait."""

import threading
import time

import pytest

from planish_runtime import places as places_module
from planish_runtime.places import Places

SECONDS = 30


@pytest.fixture
def places(monkeypatch):
    monkeypatch.setattr(places_module, "_SECONDS_TO_BE_AT_ONCE", SECONDS)
    monkeypatch.setattr(places_module, "_MOST_SECONDS_IN_LINE", SECONDS)
    monkeypatch.setattr(places_module, "_SECONDS_TO_LOOK_BEHIND", SECONDS)
    monkeypatch.setattr(places_module, "recent_cpus", lambda now: 1)
    made = Places()
    made.room = 1
    return made


def come(places, *threads):
    for thread in threads:
        places.wait_for_turn(thread)
        places.inside.add(thread)


def come_later(places, thread, line):
    """The thread of Python's in which it comes, when it is in a line of that length."""
    coming = threading.Thread(target=come, args=(places, thread))
    coming.start()
    deadline = time.monotonic() + SECONDS
    while len(places.line) < line and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(places.line) == line
    return coming


def test_who_has_not_been_there_goes_in(places):
    come(places, 1, 2, 3)
    assert places.inside == {1, 2, 3}
    assert not places.line


def test_who_comes_back_at_once_waits_until_there_is_room(places):
    come(places, 1, 2)
    places.leave(2)
    coming = come_later(places, 2, line=1)
    assert places.inside == {1}
    places.leave(1)
    coming.join(SECONDS)
    assert places.inside == {2}
    assert not places.line


def test_who_comes_back_after_a_while_does_not_wait(places, monkeypatch):
    monkeypatch.setattr(places_module, "_SECONDS_TO_BE_AT_ONCE", 0.0)
    come(places, 1, 2)
    places.leave(2)
    come(places, 2)
    assert places.inside == {1, 2}


def test_nobody_waits_where_there_are_cpus_enough(places, monkeypatch):
    monkeypatch.setattr(places_module, "recent_cpus", lambda now: 2)
    come(places, 1, 2)
    places.leave(2)
    come(places, 2)
    assert places.inside == {1, 2}
    assert places.room == 2


def test_at_the_end_of_a_turn_the_first_in_line_goes_in_without_room(places, monkeypatch):
    monkeypatch.setattr(places_module, "_SECONDS_TO_LOOK", SECONDS)
    come(places, 1, 2, 3, 4)
    for thread in (3, 4):
        places.leave(thread)
    first, second = come_later(places, 3, line=1), come_later(places, 4, line=2)
    places.leave(1)  # its turn begins, as far as anybody knows
    come(places, 5)
    monkeypatch.setattr(places_module, "TURN_SECONDS", 0.0)
    places.inside.add(1)
    places.leave(1)
    first.join(SECONDS)
    assert places.inside == {2, 3, 5}
    assert len(places.line) == 1
    places.inside.add(1)
    places.leave(1)
    second.join(SECONDS)
    assert places.inside == {2, 3, 4, 5}


def test_within_a_turn_nobody_is_called(places, monkeypatch):
    monkeypatch.setattr(places_module, "TURN_SECONDS", SECONDS)
    monkeypatch.setattr(places_module, "_SECONDS_TO_LOOK", SECONDS)
    come(places, 1, 2, 3)
    places.leave(3)
    coming = come_later(places, 3, line=1)
    for _ in range(5):
        places.leave(1)
        places.inside.add(1)
    assert [waiting.called for waiting in places.line] == [False]
    places.inside.clear()
    places.line[0].wake()
    coming.join(SECONDS)
    assert places.inside == {3}


def test_nobody_waits_for_ever(places, monkeypatch):
    monkeypatch.setattr(places_module, "_MOST_SECONDS_IN_LINE", 0.0)
    come(places, 1, 2)
    places.leave(2)
    come(places, 2)
    assert places.inside == {1, 2}


def test_who_is_interrupted_leaves_the_line_and_the_next_one_looks_for_room(places, monkeypatch):
    monkeypatch.setattr(places_module, "_SECONDS_TO_LOOK", SECONDS)
    come(places, 1, 2, 3)
    for thread in (2, 3):
        places.leave(thread)
    slept = threading.Event()

    def interrupted(waiting, seconds):
        assert slept.wait(SECONDS)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(places_module._Waiting, "sleep", interrupted)
        caught = []

        def come_in_vain():
            with pytest.raises(KeyboardInterrupt):
                come(places, 2)
            caught.append(2)

        first = threading.Thread(target=come_in_vain)
        first.start()
        while not places.line:
            time.sleep(0.001)
    second = come_later(places, 3, line=2)
    places.inside.clear()  # nobody is told
    slept.set()
    first.join(SECONDS)
    second.join(SECONDS)
    assert caught == [2]
    assert places.inside == {3}
    assert not places.line


def test_a_child_has_none_of_the_other_threads(places):
    own = threading.get_ident()
    come(places, own, own + 1)
    places.leave(own + 1)
    places.line.append(places_module._Waiting())
    places.after_fork()
    assert places.inside == {own}
    assert not places.line


def test_a_place_is_kept_for_who_is_called_until_it_comes(places, monkeypatch):
    monkeypatch.setattr(places_module, "TURN_SECONDS", 0.0)
    woken = threading.Event()
    monkeypatch.setattr(places_module._Waiting, "wake", lambda waiting: None)
    monkeypatch.setattr(places_module._Waiting, "sleep", lambda waiting, seconds: woken.wait(SECONDS))
    come(places, 1, 2)
    places.leave(2)
    called = come_later(places, 2, line=1)
    places.leave(1)  # 2 is called, and sleeps on
    back = come_later(places, 1, line=1)
    assert not places.inside
    woken.set()
    called.join(SECONDS)
    assert 2 in places.inside
    places.leave(2)
    back.join(SECONDS)
    assert places.inside == {1}
    assert not places.coming


def test_no_place_is_kept_for_who_was_called_when_it_had_left(places):
    gone = places_module._Waiting()
    gone.gone = True
    places.coming.add(gone)
    places.leave(1)
    places._left[1] = time.perf_counter()
    come(places, 1)
    assert places.inside == {1}
    assert not places.coming


def test_who_is_between_two_calls_keeps_its_place(places, monkeypatch):
    monkeypatch.setattr(places_module, "_SECONDS_TO_LOOK", SECONDS)
    monkeypatch.setattr(places_module, "TURN_SECONDS", SECONDS)
    between = threading.Event()

    def sleep(waiting, seconds):
        if seconds == places_module._SECONDS_BETWEEN_LOOKS:
            places.inside.add(1)  # it comes back
            between.set()
        waiting._bell.acquire(timeout=seconds)

    come(places, 1, 2)
    places.leave(2)
    coming = come_later(places, 2, line=1)
    monkeypatch.setattr(places_module._Waiting, "sleep", sleep)
    places.leave(1)
    places.line[0].wake()
    assert between.wait(SECONDS)
    assert places.inside == {1}
    places.inside.clear()
    monkeypatch.setattr(places_module._Waiting, "sleep", lambda waiting, seconds: None)
    places.line[0].wake()
    coming.join(SECONDS)
    assert places.inside == {2}
