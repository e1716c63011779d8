"""LLVM is asked once what the processor can do; then it is known from the system's own description."""

import subprocess
import sys

import pytest

from planish.codegen.llvm import target
from planish.runtime import compiler_identity, processor

ONE = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC
stepping\t: 1
cpu MHz\t\t: 2445.406
flags\t\t: fpu avx2 fma

"""
HOST = target.Host("x86_64-unknown-linux-gnu", "znver3", "+avx2,-avx512f,+fma")


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """How often LLVM was asked."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    times = []
    monkeypatch.setattr(processor, "ask_llvm", lambda: times.append(1) or HOST)
    return times


@pytest.fixture
def described(tmp_path):
    def describe(text):
        (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
        return processor.description(str(tmp_path / "cpuinfo"))

    return describe


def test_llvm_is_asked_once(asked, described):
    for _ in range(3):
        assert processor.known_or_asked(described(ONE)) == HOST
    assert len(asked) == 1


@pytest.mark.parametrize("change", [("avx2", "avx2 avx512f"), ("EPYC", "Ryzen"), (": 25", ": 26"), ("1\n", "2\n")])
def test_another_processor_is_not_taken_for_this_one(asked, described, change):
    processor.known_or_asked(described(ONE))
    processor.known_or_asked(described(ONE.replace(*change)))
    assert len(asked) == 2


def test_another_compiler_asks_again(asked, described, monkeypatch):
    processor.known_or_asked(described(ONE))
    monkeypatch.setattr(processor, "compiler_identity", lambda: "another")
    processor.known_or_asked(described(ONE))
    assert len(asked) == 2


def test_what_changes_from_one_moment_to_the_next_does_not_count(described):
    assert described(ONE) == described(ONE.replace("2445", "3200")) == described(ONE + ONE.replace(": 0", ": 1"))


@pytest.mark.parametrize("text", ["", ONE.replace("flags", "Features"), ONE.rstrip(), "\n\n", ONE.replace(":", "")])
def test_llvm_is_asked_where_the_system_does_not_say_everything(text, asked, described):
    assert described(text) is None
    assert processor.known_or_asked(None) == processor.known_or_asked(None) == HOST
    assert len(asked) == 2


def test_there_may_be_no_description(tmp_path):
    assert processor.description(str(tmp_path / "nothing")) is None


def test_nothing_is_remembered_without_a_cache(asked, described, monkeypatch):
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")
    for _ in range(2):
        assert processor.known_or_asked(described(ONE)) == HOST
    assert len(asked) == 2


def test_what_is_remembered_is_what_llvm_says():
    code = "from planish.runtime import processor; print(processor.current_target())"
    first, second = (subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2))
    assert first == second == f"{target.current_target()}\n"


def test_llvmlite_is_known_by_its_files_and_need_not_be_imported():
    code = (
        "import sys; from planish.runtime import compiler_identity\n"
        "print(compiler_identity.compiler_identity(), 'llvmlite' in sys.modules)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert told[-1] == "False"
    assert " ".join(told[:-1]) == compiler_identity.compiler_identity()


def test_another_llvmlite_is_another_compiler(tmp_path, monkeypatch):
    versions = []
    for text in ("version_version = '0.48'", "version_version = '0.50'", None):
        folder = tmp_path / str(len(versions)) / "llvmlite"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        if text is not None:
            (folder / "_version.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder.parent))
        monkeypatch.delitem(sys.modules, "llvmlite", raising=False)
        if text is None:
            (folder / "__init__.py").write_text("__version__ = '0.51'", encoding="utf-8")
        versions.append(compiler_identity.llvmlite_version())
    assert len(set(versions)) == 3
    assert versions[2] == "0.51"
