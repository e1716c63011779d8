"""Steps are counted in groups that depend on nothing but their number."""

import numpy as np
import pytest

from planish.models.data.in_memory import Arrays
from planish.models.programs.tally import Tally
from planish.models.programs.train_program import StepOutputs


class Groups:
    """Stands for a set of metrics without any: keeps the number of images of each group."""

    def __init__(self):
        self.sizes = []

    def __bool__(self):
        return False

    def add_losses(self, mean, of_outputs, count):
        self.sizes.append(count)


@pytest.fixture
def count():
    """Counts up to each of several steps, of 10 images each but the last; the sizes of the groups."""

    def count(images, *steps, **options):
        groups, losses = Groups(), StepOutputs.of(images, {"loss": np.zeros(images, np.float32)}, [], [])
        tally = Tally(groups, Arrays((np.zeros((images, 1)),)), np.arange(images), 10, losses, **options)
        for step in steps:
            tally.count_complete_groups(step)
        before = list(groups.sizes)
        tally.count_all(-(-images // 10))
        return before, groups.sizes

    return count


def test_the_first_steps_are_counted_at_once(count):
    assert count(95, 1)[0] == [10]
    assert count(95, 5)[0] == [10, 10, 20]


def test_groups_do_not_depend_on_when_they_are_counted(count):
    expected = [10, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 4090, 790]
    assert sum(expected) == 10_000
    assert count(10_000)[1] == count(10_000, 1, 7, 500)[1] == count(10_000, 999)[1] == expected


def test_single_steps(count):
    assert count(35, growing=False)[1] == [10, 10, 10, 5]
