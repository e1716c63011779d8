"""The table of environment variables, its values and its page in the manual."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planish import settings
from planish.codegen.llvm.target import make_target

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", list(settings.TABLE))
@pytest.mark.parametrize("text", [None, "", "  "])
def test_unset_or_empty_is_the_default(monkeypatch, name, text):
    monkeypatch.delenv(name, raising=False)
    if text is not None:
        monkeypatch.setenv(name, text)
    assert settings.value(name) == settings.TABLE[name].default


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("PLANISH_NUM_THREADS", "1", 1),
        ("PLANISH_NUM_THREADS", " 12 ", 12),
        ("PLANISH_LLVM_LEVEL", " 3 ", 3),
        ("PLANISH_COMPARE", "1", True),
        ("PLANISH_COMPARE", "0", False),
        ("PLANISH_COMPARE", "Off", False),
        ("PLANISH_DUMP", "llvm", ("llvm",)),
        ("PLANISH_DUMP", "graph, ASM", ("graph", "asm")),
        ("PLANISH_TARGET", "AVX2", "avx2"),
        ("PLANISH_TARGET", "Avx512", "avx512"),
        ("PLANISH_TARGET", " X86-64 ", "x86-64"),
        ("PLANISH_TARGET", "AArch64", "aarch64"),
        ("PLANISH_CACHE_DIR", "OFF", "off"),
        ("PLANISH_CACHE_DIR", "some/folder", os.path.abspath("some/folder")),
        ("PLANISH_CACHE_DIR", "~/cache", os.path.expanduser("~/cache")),
        ("KERAS_HOME", "off", os.path.abspath("off")),
        ("XDG_CACHE_HOME", os.path.abspath("x"), os.path.abspath("x")),
        ("XDG_CACHE_HOME", "relative", None),
        ("LOCALAPPDATA", "relative", None),
    ],
)
def test_values(monkeypatch, name, text, expected):
    monkeypatch.setenv(name, text)
    assert settings.value(name) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "PLANISH_NUM_THREADS",
            "two",
            "PLANISH_NUM_THREADS is a number of threads\n  expected: a whole number from 1 to 1024\n  received: 'two'",
        ),
        ("PLANISH_NUM_THREADS", "0", "received: '0'"),
        ("PLANISH_NUM_THREADS", "-1", "received: '-1'"),
        ("PLANISH_NUM_THREADS", "1025", "received: '1025'"),
        ("PLANISH_NUM_THREADS", "²", "received: '²'"),
        ("PLANISH_LLVM_LEVEL", "4", "PLANISH_LLVM_LEVEL is a level of LLVM's\n  expected: a whole number from 0 to 3"),
        ("PLANISH_COMPARE", "maybe", "PLANISH_COMPARE is a switch\n  expected: 1 or 0\n  received: 'maybe'"),
        ("PLANISH_DUMP", "graph,assm", "unknown form in PLANISH_DUMP 'assm'\n"),
        ("PLANISH_DUMP", "asm,", "unknown form in PLANISH_DUMP ''"),
        ("PLANISH_TARGET", "avx3", "did you mean 'avx2' or 'avx512'?"),
        ("PLANISH_TARGET", "AVX-512", "unknown PLANISH_TARGET 'AVX-512'\n"),
        ("PLANISH_TARGET", "AVX-512", "did you mean 'avx512' or 'avx2'?"),
        ("PLANISH_TARGET", "arm64", "did you mean 'aarch64'?"),
        ("PLANISH_CACHE_DIR", "~nobody-of-that-name/x", "PLANISH_CACHE_DIR is in the home folder of an unknown user"),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(monkeypatch, name, text, message):
    monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        settings.value(name)
    assert name in str(caught.value)


def test_variables_are_not_read_at_import():
    code = "import planish, planish.settings"
    nonsense = {name: "~nonsense" for name in settings.TABLE if name.startswith("PLANISH_")}
    environment = {**os.environ, **nonsense}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, cwd=ROOT)


def test_the_manual_has_every_variable_as_the_table_says_it():
    rows = [
        f"## {setting.name}\n\n{setting.meaning}\n\n* Values: {setting.values}\n* Default: {setting.default_text}\n"
        for setting in settings.TABLE.values()
    ]
    page = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    assert page.partition("\n## ")[1] + page.partition("\n## ")[2] == "\n" + "\n".join(rows)


@pytest.mark.parametrize("name", settings.TARGETS)
def test_every_target_of_the_table_can_be_generated_for(name):
    assert make_target(name, "triple").name == name
