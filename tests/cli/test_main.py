"""The entry point: version, help, and mistakes told in one line."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import planish as package
from planish.cli import model_files
from planish.cli.console import one_line
from planish.cli.main import _parser as parser_and_commands
from planish.cli.main import main

ROOT = Path(__file__).parents[2]


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"planish {package.__version__}\n"


def test_no_command_prints_help(planish):
    code, out, _ = planish()
    assert code == 0
    for command in ("demo", "train", "predict", "evaluate", "summary", "inspect", "export", "build", "cache", "bench"):
        assert re.search(rf"^    {command} ", out, re.MULTILINE)


def test_the_manual_has_every_command(planish):
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (\w+) ", planish()[1], re.MULTILINE)
    assert len(commands) == 12
    assert [name for name in commands if f"`planish {name}" not in page] == []


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "inspect", "export", "build", "cache"])
def test_the_manual_has_every_option(capsys, command):
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [option for option in options if option not in page] == []


COMMANDS = (
    "demo",
    "train",
    "predict",
    "evaluate",
    "explain",
    "summary",
    "inspect",
    "export",
    "build",
    "cache",
    "bench",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", [40, 80, 300])
def test_help_says_what_each_argument_is_by_default(capsys, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    _, commands = parser_and_commands()
    for action in commands[command]._actions:
        assert action.help, action.dest
        if action.option_strings and action.default not in (None, False, "==SUPPRESS=="):
            assert "(default: %(default)s)" in action.help, action.dest
        if action.option_strings and action.nargs != 0:
            assert "default: " in action.help or command == "bench" or action.dest == "label", action.dest
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.endswith(".") for line in lines[1:])  # a description


@pytest.mark.parametrize("module", ["planish", "planish.cli.main"])
def test_as_a_module(module):
    code = f"import runpy; runpy.run_module({module!r}, run_name='__main__')"
    arguments = ["-m", "planish", "--version"] if module == "planish" else ["-c", code]
    finished = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian", "photos"], "planish: error: there is no command 'trian'; remedy: did you mean 'train'?\n"),
        (["xyz"], "planish: error: there is no command 'xyz'; remedy: planish --help lists the commands\n"),
        (["."], "planish: error: there is no command '.'; remedy: say what to do with '.': planish train .\n"),
        (["\x1b[31m"], "there is no command '\\x1b[31m'; "),
        (["--threads", "2"], "there is no command '2'; "),
        (["--verzion"], "planish: error: there is no option '--verzion'; remedy: did you mean '--version'?\n"),
        (["train", "x", "--epcohs=3"], "there is no option '--epcohs'; remedy: did you mean '--epochs'?\n"),
        (["train", "x", "--xyz"], "there is no option '--xyz'; remedy: planish train --help lists the options\n"),
        (["train", "x", "y"], "planish train: error: 'y' is one argument too many\n"),
        (["inspect", "x", "--emit", "asn"], "--emit: invalid choice: 'asn'"),
        (["inspect", "x", "--emit", "\x1b[31m"], "invalid choice: '\\x1b[31m'"),
    ],
)
def test_a_command_or_an_option_that_does_not_exist(capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    errors = capsys.readouterr().err
    assert errors.startswith("usage: planish ")
    assert message in errors
    assert "\x1b" not in errors


def test_a_mistake_is_one_line_and_code_2(planish):
    code, out, err = planish("summary", "absent.keras")
    assert (code, out) == (2, "")
    remedy = f"a path that starts in {os.getcwd()!r}, or at the root"
    assert err == (
        f"planish summary: error: there is no file 'absent.keras'; expected: a file of a model; remedy: {remedy}\n"
    )


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
    assert run.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_finds_no_room_is_a_mistake(right_half):
    code = f"import sys; from planish.cli.main import main; sys.exit(main(['summary', {str(right_half)!r}]))"
    with open("/dev/full", "w") as full:
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=full, stderr=subprocess.PIPE)
    assert run.returncode == 2
    assert run.stderr == b"planish summary: error: the output cannot be written: no space left on device\n"


@pytest.mark.parametrize("stream", [None, io.TextIOWrapper(io.BytesIO(), encoding="ascii")], ids=["none", "ascii"])
def test_commands_work_without_a_console(planish, right_half, monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["summary", str(right_half)]) == 0
    assert main(["cache"]) == 0


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
