"""The entry point: version, help, and mistakes told in one line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import planish as package
from planish.cli import model_files
from planish.cli.main import main, one_line

ROOT = Path(__file__).parents[2]


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"planish {package.__version__}\n"


def test_no_command_prints_help(planish):
    code, out, _ = planish()
    assert code == 0
    for command in ("demo", "train", "predict", "evaluate", "summary", "inspect", "cache", "bench"):
        assert re.search(rf"^    {command} ", out, re.MULTILINE)


def test_the_manual_has_every_command(planish):
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (\w+) ", planish()[1], re.MULTILINE)
    assert len(commands) == 9
    assert [name for name in commands if f"`planish {name}" not in page] == []


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "inspect", "cache"])
def test_the_manual_has_every_option(capsys, command):
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [option for option in options if option not in page] == []


@pytest.mark.parametrize("module", ["planish", "planish.cli.main"])
def test_as_a_module(module):
    code = f"import runpy; runpy.run_module({module!r}, run_name='__main__')"
    arguments = ["-m", "planish", "--version"] if module == "planish" else ["-c", code]
    finished = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stderr == ""


def test_an_unknown_command(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["trian"])
    assert "invalid choice: 'trian'" in capsys.readouterr().err


def test_a_mistake_is_one_line_and_code_2(planish):
    code, out, err = planish("summary", "absent.keras")
    assert (code, out) == (2, "")
    assert err == "planish summary: error: there is no file 'absent.keras'; expected: a .keras file\n"


@pytest.mark.parametrize("error", [ValueError, TypeError, OSError, ImportError, MemoryError, FileNotFoundError])
def test_errors_that_users_can_cause(planish, monkeypatch, error):
    def fail(*arguments, **settings):
        raise error("what happened\n  expected:  this\n  remedy:    that")

    monkeypatch.setattr(model_files, "load", fail)
    code, _, err = planish("summary", "x")
    assert code == 2
    assert err == "planish summary: error: what happened; expected: this; remedy: that\n"


def test_messages_without_text():
    assert one_line(MemoryError()) == "MemoryError"


def test_interrupted(planish, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(model_files, "load", stop)
    code, _, err = planish("summary", "x")
    assert (code, err) == (130, "interrupted\n")


def test_output_that_nobody_reads(right_half):
    """`planish summary MODEL | head -1` ends quietly."""
    code = f"import sys; from planish.cli.main import main; sys.exit(main(['summary', {str(right_half)!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode in (0, 1)  # 1 if rich was the one to notice


def test_threads(planish, right_half):
    before = package.get_num_threads()
    try:
        code, _, _ = planish("summary", right_half, "--threads", "1")
        assert code == 0
        assert package.get_num_threads() == 1
        code, _, err = planish("summary", right_half, "--threads", "0")
        assert code == 2
        assert err.count("\n") == 1
    finally:
        package.set_num_threads(before)
