"""Files that are not whole plans are refused, in the house's words, before anything of them is run."""

import hashlib
import json
import os
import random
import struct

import pytest

import planish_runtime
import planish_runtime.opened_plan
from planish_runtime import plan_format
from planish_runtime.plan_format import PAGE_NBYTES, PARTS
from tests.shipping.support import blog


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("plans") / "model.plan"
    blog().build(path, targets=["host", "aarch64"])
    return path.read_bytes()


@pytest.fixture
def opening(tmp_path):
    """Opens bytes as a plan."""

    def open_(content, **options):
        path = tmp_path / "other.plan"
        path.write_bytes(content)
        return planish_runtime.Model(path, **options)

    return open_


def parts_of(content):
    return {name: content[part.offset : part.offset + part.nbytes] for name, part in plan_format.read(content).items()}


def with_facts(content, change):
    """Another file, whose digests are right: what it says of itself was changed."""
    parts = parts_of(content)
    facts = json.loads(parts["facts"].rstrip(b"\0"))
    change(facts)
    return plan_format.written({**parts, "facts": json.dumps(facts).encode()})


@pytest.mark.parametrize("part", ["prefix", *PARTS])
def test_any_byte_that_is_damaged_is_noticed(content, opening, part):
    parts = plan_format.read(memoryview(content))
    start, nbytes = (0, PAGE_NBYTES) if part == "prefix" else parts[part][:2]
    generator = random.Random(part)
    for place in [start, start + nbytes - 1, *(start + generator.randrange(nbytes) for _ in range(20))]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << generator.randrange(8)
        with pytest.raises(ValueError, match="not a whole plan"):
            opening(bytes(damaged))


@pytest.mark.parametrize("nbytes", [0, 1, 15, 4095, 4096, 8192, -1, -4096])
def test_what_is_cut_short_is_noticed(content, opening, nbytes):
    with pytest.raises(ValueError, match=r"not a whole plan|an empty file"):
        opening(content[:nbytes])


def test_what_hangs_behind_it_is_noticed(content, opening):
    with pytest.raises(ValueError, match="says that there are"):
        opening(content + b"\0")


@pytest.mark.parametrize("foreign", [b"PK\3\4" * 5000, b"\x7fELF" * 5000, b"\0" * 10000])
def test_other_files_are_not_plans(opening, foreign):
    with pytest.raises(ValueError, match="does not begin as a plan does"):
        opening(foreign)


def test_a_later_form_is_not_guessed_at(content, opening):
    with pytest.raises(ValueError, match="version 2, and this package reads version 1"):
        opening(content[:16] + struct.pack("<Q", 2) + content[24:])


def test_the_digest_that_is_required_is_that_of_the_file(content, opening):
    right = hashlib.sha256(content).hexdigest()
    opening(content, sha256=right.upper())
    for wrong in (right[:-1], right[::-1], "", 7):
        with pytest.raises(ValueError, match="does not have the digest that is required"):
            opening(content, sha256=wrong)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_folders_pipes_and_nothing_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a file of a disk"):
        planish_runtime.Model(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError):
        planish_runtime.Model(tmp_path)
    with pytest.raises(FileNotFoundError):
        planish_runtime.Model(tmp_path / "nothing.plan")


def test_what_computes_something_else_is_refused(content, opening):
    parts = parts_of(content)
    weights = bytearray(parts["weights"])
    for place in range(0, len(weights), 4):
        weights[place + 3] ^= 0x80  # the signs of all weights
    with pytest.raises(ValueError, match="the plan's own test fails"):
        opening(plan_format.written({**parts, "weights": bytes(weights)}))


def test_a_plan_without_a_program_for_this_processor_says_so(content, opening):
    def other(facts):
        facts["programs"] = [each | {"needs": [7, 2**32 - 1] + [0] * 7} for each in facts["programs"]]

    with pytest.raises(ValueError, match="no program that this processor can run"):
        opening(with_facts(content, other))
    with pytest.raises(ValueError, match="no program for 'x86-64-v9'"):
        opening(content, target="x86-64-v9")


VALUES = [-1, 2**31, 2**63, 2**64, 1e300, float("nan"), "x", None, True, [], {}, [[[]]], [0] * 5000]


def every_place(value, path=()):
    """The paths of all that is inside of a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from every_place(inner, (*path, key))


def test_facts_that_make_no_sense_are_refused_or_do_no_harm(content, opening):
    """Whatever a file says of itself, with digests that are right."""
    facts = json.loads(parts_of(content)["facts"].rstrip(b"\0"))
    places = [path for path in every_place(facts) if path and "notes" not in path]
    generator = random.Random(1)
    refused = 0
    for path in generator.sample(places, 120):

        def change(facts, path=path):
            for key in path[:-1]:
                facts = facts[key]
            facts[path[-1]] = generator.choice(VALUES)

        try:
            planish_runtime.opened_plan.facts_of(
                json.dumps(_changed(facts, change)).encode(),
                {name: len(part) for name, part in parts_of(content).items()},
            )
        except plan_format.DamagedError:
            refused += 1
    assert refused > 80


def _changed(facts, change):
    copy = json.loads(json.dumps(facts))
    change(copy)
    return copy


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"{}", b"null", b"\xff", b'{"planish": 1}'])
def test_facts_that_are_no_facts_are_refused(content, opening, text):
    with pytest.raises(ValueError, match="its facts are not"):
        opening(plan_format.written({**parts_of(content), "facts": text}))
