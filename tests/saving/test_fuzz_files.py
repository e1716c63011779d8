"""A sample of what `python tools/fuzz/files.py` tries: damaged files are read or refused, and nothing else happens."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "tools" / "fuzz"
sys.path.insert(0, str(FUZZ))

import mutants  # noqa: E402
import protobuf  # noqa: E402

FORMATS = ("keras", "weights.h5", "h5", "tfjs", "onnx", "safetensors", "recognized", "program")


def test_damaged_files_are_read_or_refused(tmp_path):
    command = [
        sys.executable,
        str(FUZZ / "files.py"),
        "--mutants",
        "15",
        "--formats",
        *FORMATS,
        "--keep",
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert [line.partition(":")[0] for line in run.stdout.splitlines()] == list(FORMATS)
    assert all(": 15 mutants, " in line for line in run.stdout.splitlines())


@pytest.mark.parametrize("damage", [mutants.any_bytes, mutants.json_text])
def test_damage_follows_from_the_seed(damage):
    text = b'{"class_name": "Dense", "config": {"units": 3, "name": ["a", "b"]}}'
    made = [damage(random.Random(seed), text) for seed in range(40)]
    assert made == [damage(random.Random(seed), text) for seed in range(40)]
    assert len(set(made)) > 30


def test_messages_are_taken_apart_and_put_together():
    inner = protobuf._field(1, 2, b"conv") + protobuf._field(3, 0, 2**64 - 1)
    message = protobuf._field(7, 2, inner) + protobuf._field(200, 5, b"abcd") + protobuf._field(9, 1, bytes(8))
    fields = protobuf.fields_of(message)
    assert [number for number, _, _ in fields] == [7, 200, 9]
    assert b"".join(protobuf._field(*field) for field in fields) == message
    assert protobuf.fields_of(inner) == [(1, 2, b"conv"), (3, 0, 2**64 - 1)]
    assert protobuf.fields_of(b"\xff" * 20) == []


SELF_TEST = """
import os, sys
sys.path.insert(0, {fuzz!r})
import files
from subjects import SUBJECTS, Subject
bad = {{3: lambda: os.abort(), 5: lambda: {{}}["no"], 7: lambda: bytearray(200 << 20), 9: lambda: sum(iter(int, 1))}}
def read(path):
    seed = int(open(path).read())
    bad.get(seed, int)()
    raise ValueError(f"{{path}} is refused")
SUBJECTS["test"] = Subject(lambda: [], lambda dice, made: made, read)
files.mutant = lambda name, seed, made: {{"x": str(seed).encode()}}
files._CPU_SECONDS = 0.3
counts = dict.fromkeys(("done", "read", "refused"), 0)
for found in files.findings("test", range(12), [], float("inf"), sys.argv[1], counts):
    print(found.seed, found.told, flush=True)
print(counts)
"""


def test_crashes_hangs_other_errors_and_memory_are_findings(tmp_path):
    code = SELF_TEST.format(fuzz=str(FUZZ))
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    *found, counts = run.stdout.splitlines()
    assert [line.split()[0] for line in found] == ["3", "5", "7", "9"]
    told = ["the process died", "KeyError in reading", "took ", "not done after 0.3 s"]
    assert all(text in line for text, line in zip(told, found, strict=True)), found
    assert counts == "{'done': 12, 'read': 0, 'refused': 8}"
