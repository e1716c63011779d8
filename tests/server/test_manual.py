"""docs/serving.md: its client runs, its tables have the options and metrics that there are."""

import re
from pathlib import Path

import pytest

from planish.cli.main import _parser
from planish.serving.http.metrics import Metrics
from tests.server.test_connections import Running

PAGE = (Path(__file__).parent.parent.parent / "docs" / "serving.md").read_text(encoding="utf-8")


def test_the_client_of_the_page_runs_against_its_folder(tmp_path, monkeypatch, capsys):
    pytest.importorskip("requests")
    monkeypatch.chdir(tmp_path)
    (folder,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (client,) = re.findall(r"^```py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(folder, {})
    running = Running(tmp_path / "models")
    exec(client.replace("localhost:8501", f"127.0.0.1:{running.port}"), {})
    running.end()
    assert capsys.readouterr().out == "3 images, 10 scores each\n"


def test_the_page_has_every_option_and_every_metric():
    _, commands = _parser()
    known = {*commands["serve"].options()}
    spoken_of = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert known - spoken_of == {"--help", "--port", "--threads"}
    for name in re.findall(r"# HELP (\w+)", Metrics().text().decode()):
        assert name.removesuffix("_total") in PAGE


def test_bounds_have_the_defaults_of_the_page():
    _, commands = _parser()
    serve = commands["serve"]
    defaults = {option: action.default for action in serve._actions for option in action.option_strings}
    said = dict(re.findall(r"\| `(--[\w-]+)` \|.*\| ([\w ]+) \|$", PAGE, re.MULTILINE))
    units = {"MiB": 1 << 20, "KiB": 1 << 10, "million": 10**6}
    assert len(said) == 7
    for option, text in said.items():
        number, _, unit = text.partition(" ")
        assert int(number) * units.get(unit, 1) == defaults[option], option
