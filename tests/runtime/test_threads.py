"""How many threads are used, and where the number comes from."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from planish_runtime import threads


@pytest.fixture(autouse=True)
def _default(monkeypatch):
    monkeypatch.setattr(threads, "_requested", None)
    monkeypatch.delenv("PLANISH_NUM_THREADS", raising=False)


def test_default_is_the_usable_cpus():
    assert threads.get_num_threads() == threads.usable_cpus() >= 1


def test_environment_goes_before_the_default(monkeypatch):
    monkeypatch.setenv("PLANISH_NUM_THREADS", "7")
    assert threads.get_num_threads() == 7


def test_program_goes_before_the_environment_until_it_gives_it_back(monkeypatch):
    monkeypatch.setenv("PLANISH_NUM_THREADS", "7")
    threads.set_num_threads(3)
    assert threads.get_num_threads() == 3
    threads.set_num_threads(np.int64(5))
    assert threads.get_num_threads() == 5
    threads.set_num_threads(None)
    assert threads.get_num_threads() == 7


@pytest.mark.parametrize("count", [0, -1, 1025])
def test_numbers_out_of_range(count):
    message = (
        "not a number of threads\n"
        "  expected: a whole number from 1 to 1024, or None for the default\n"
        f"  received: {count}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        threads.set_num_threads(count)
    assert threads.get_num_threads() == threads.usable_cpus()


@pytest.mark.parametrize("count", [2.0, "2", True, [2]])
def test_what_is_not_a_whole_number(count):
    with pytest.raises(TypeError, match=re.escape(f"received: {count!r}")):
        threads.set_num_threads(count)


def test_a_wrong_environment_is_refused_when_it_is_needed(monkeypatch):
    monkeypatch.setenv("PLANISH_NUM_THREADS", "many")
    with pytest.raises(ValueError, match="PLANISH_NUM_THREADS"):
        threads.get_num_threads()
    threads.set_num_threads(2)
    assert threads.get_num_threads() == 2


def test_usable_cpus_are_those_of_the_affinity():
    if not hasattr(os, "sched_setaffinity"):
        assert threads.usable_cpus() <= (os.cpu_count() or 1)
        return
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from planish_runtime.threads import usable_cpus; print(usable_cpus())"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "1\n"


@pytest.mark.parametrize(("quota", "expected"), [(None, 8), (16.0, 8), (4.0, 4), (1.5, 2), (0.25, 1)])
def test_a_part_of_a_cpu_counts_as_one(monkeypatch, quota, expected):
    monkeypatch.setattr(threads.sys, "platform", "linux")
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(threads, "_container_quota", lambda: quota)
    assert threads.usable_cpus() == expected


def test_other_systems_have_no_affinity_and_no_control_groups(monkeypatch):
    monkeypatch.setattr(threads.sys, "platform", "darwin")
    monkeypatch.setattr(threads.os, "cpu_count", lambda: None)
    threads._container_quota.cache_clear()
    assert threads.usable_cpus() == 1
    threads._container_quota.cache_clear()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        # The container's own limit is found although the path is the one outside of it.
        ({"proc/self/cgroup": "0::/../docker/1f\n", "sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4.0),
        # An outer group's smaller limit holds.
        (
            {
                "proc/self/cgroup": "0::/pod/box\n",
                "sys/fs/cgroup/pod/box/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
            },
            2.0,
        ),
        (
            {
                "proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n",
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({"proc/self/cgroup": "nonsense\n\n0::/\n", "sys/fs/cgroup/cpu.max": "nonsense\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "0 0\n"}, None),
    ],
)
def test_quota_of_control_groups(tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads.container_quota(str(tmp_path)) == expected
