"""How much memory may be used only to save time."""

import pytest

from planish_runtime import memory

GB = 1 << 30


@pytest.mark.parametrize(
    ("free", "limit", "used", "expected"),
    [
        (60 * GB, None, None, 16 * GB),
        (10 * GB, None, None, 5 * GB),
        (60 * GB, 8 * GB, 2 * GB, 2 * GB),
        (60 * GB, 8 * GB, 7 * GB, GB // 2),
        (60 * GB, 8 * GB, 9 * GB, 0),
        (60 * GB, 1 << 62, 2 * GB, 16 * GB),
    ],
)
def test_a_quarter_but_half_of_what_is_free(monkeypatch, free, limit, used, expected):
    monkeypatch.setattr(memory, "machine_nbytes", lambda: 64 * GB)
    monkeypatch.setattr(memory, "_meminfo", lambda name: free)
    monkeypatch.setattr(memory, "_cgroup", {"memory.max": limit, "memory.current": used}.get)
    assert memory.spare_nbytes() == expected


def test_the_systems_own_numbers_are_read():
    assert 0 <= memory.spare_nbytes() <= memory.machine_nbytes() // 4
    assert memory._meminfo("NoSuchLine") == memory.LARGEST_NBYTES
    assert memory._cgroup("no.such.file") is None
