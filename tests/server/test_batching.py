"""Requests are joined, computed, and answered: each with what is its own, or with why not."""

import asyncio
import threading

import numpy as np
import pytest

from planish.serving.batching import Batcher
from planish.serving.loaded import Tensor
from planish.serving.refusals import RefusedError


class Doubling:
    """A model that doubles numbers when it is let, and fails at 13."""

    platform, class_names, joins, smoothed = "test", None, True, False
    inputs = outputs = (Tensor("x", (1,), "float32"),)

    def __init__(self):
        self.batches = []
        self.let = threading.Event()
        self.let.set()

    def predict(self, arrays):
        """Twice the numbers."""
        self.let.wait(30)
        self.batches.append(len(arrays[0]))
        if (arrays[0] == 13).any():
            raise ValueError("unlucky")
        return [arrays[0] * 2]


class Nobody:
    """Watches nothing."""

    def computed(self, requests, rows, seconds):
        """A batch."""

    def waiting(self, requests):
        """A queue."""


USUAL = {"max_batch": 8, "max_delay": 0, "max_queue": 100, "timeout": 30, "brief_rows": 0, "watch": Nobody()}


def rows(*numbers):
    return [np.float32(numbers).reshape(-1, 1)]


def run(body, model, **options):
    """`body(batcher)` on a loop of its own."""

    async def everything():
        batcher = Batcher("m", model, **{**USUAL, **options})
        try:
            return await body(batcher)
        finally:
            model.let.set()
            batcher.close()
            await batcher.closed()

    return asyncio.run(everything())


async def held(batcher, model, requests):
    """The answers to requests that came while the model was busy with another one."""
    model.let.clear()
    first = asyncio.ensure_future(batcher.answer(rows(0)))
    await asyncio.sleep(0.05)
    others = [asyncio.ensure_future(batcher.answer(each)) for each in requests]
    await asyncio.sleep(0)
    model.let.set()
    return (await asyncio.gather(first, *others, return_exceptions=True))[1:]


def test_what_waits_is_computed_together_and_split_again():
    model = Doubling()
    requests = [rows(1), rows(2, 3), rows(4, 5, 6), rows(7, 8, 9), rows(10)]
    answers = run(lambda batcher: held(batcher, model, requests), model)
    assert model.batches == [1, 6, 4]
    for request, (answer,) in zip(requests, answers, strict=True):
        assert np.array_equal(answer, request[0] * 2)


def test_a_request_larger_than_a_batch_is_computed_alone():
    model = Doubling()
    answers = run(lambda batcher: held(batcher, model, [rows(1), rows(*range(20, 40)), rows(2)]), model)
    assert model.batches == [1, 1, 20, 1]
    assert len(answers[1][0]) == 20


def test_a_model_whose_images_matter_to_each_other_gets_each_request_alone():
    model = Doubling()
    model.joins = False
    run(lambda batcher: held(batcher, model, [rows(1), rows(2, 3)]), model)
    assert model.batches == [1, 1, 2]


def test_no_request_spoils_another():
    model = Doubling()
    answers = run(lambda batcher: held(batcher, model, [rows(1), rows(13), rows(2)]), model)
    assert isinstance(answers[1], RefusedError)
    assert answers[1].status == 500
    assert "unlucky" not in str(answers[1])
    assert [float(answers[place][0][0, 0]) for place in (0, 2)] == [2, 4]


def test_a_full_queue_refuses_at_once():
    model = Doubling()
    answers = run(lambda batcher: held(batcher, model, [rows(1), rows(2), rows(3)]), model, max_queue=2)
    assert [getattr(each, "status", 200) for each in answers] == [200, 429, 429]
    assert answers[1].retry_seconds == 1


def test_who_waits_too_long_is_told_and_not_computed():
    model = Doubling()

    async def body(batcher):
        model.let.clear()
        first = asyncio.ensure_future(batcher.answer(rows(0)))
        await asyncio.sleep(0.05)
        asked = [first, *(asyncio.ensure_future(batcher.answer(rows(number))) for number in range(2))]
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [each.status for each in run(body, model, timeout=0.1)] == [504] * 3
    assert model.batches == [1]


def test_who_has_left_holds_nobody_up():
    model = Doubling()

    async def body(batcher):
        model.let.clear()
        first = asyncio.ensure_future(batcher.answer(rows(0)))
        await asyncio.sleep(0.05)
        gone = asyncio.ensure_future(batcher.answer(rows(1)))
        stays = asyncio.ensure_future(batcher.answer(rows(2)))
        await asyncio.sleep(0)
        gone.cancel()
        model.let.set()
        await first
        return await stays

    ((answer,),) = run(body, model)
    assert answer == [4]
    assert model.batches == [1, 1]


def test_a_delay_collects_requests():
    model = Doubling()

    async def body(batcher):
        async def one(number):
            await asyncio.sleep(number / 100)
            return await batcher.answer(rows(number))

        return await asyncio.gather(*map(one, range(4)))

    run(body, model, max_delay=5, max_batch=4)
    assert model.batches == [4]


def test_brief_requests_are_computed_at_once_unless_somebody_waits():
    model = Doubling()

    async def body(batcher):
        (answer,) = await batcher.answer(rows(1, 2))
        with pytest.raises(RefusedError):
            await batcher.answer(rows(13))
        return answer

    assert run(body, model, brief_rows=2).ravel().tolist() == [2, 4]
    assert model.batches == [2, 1]


def test_closing_answers_what_waits():
    model = Doubling()

    async def body(batcher):
        model.let.clear()
        asked = [asyncio.ensure_future(batcher.answer(rows(number))) for number in range(5)]
        await asyncio.sleep(0.05)
        batcher.close()
        model.let.set()
        return await asyncio.gather(*asked)

    assert [float(answer[0][0, 0]) for answer in run(body, model)] == [0, 2, 4, 6, 8]
