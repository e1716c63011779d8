"""`planish serve`: what it refuses, and a whole life from start to SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from planish.cli import serve
from planish.cli.main import main
from tests.server.conftest import pixels


def test_what_cannot_be_served_is_told_in_one_line(tmp_path, capsys):
    (tmp_path / "m.keras").write_text("x")
    (tmp_path / "token").write_text("short")
    wrong = [
        ([str(tmp_path / "m.keras")], "is not a folder"),
        ([str(tmp_path / "nothing")], "is not a folder"),
        ([str(tmp_path), "--token-file", str(tmp_path / "token")], "does not have a token"),
        ([str(tmp_path), "--token-file", str(tmp_path / "none")], "there is no file"),
        ([str(tmp_path), "--ssl-keyfile", str(tmp_path / "key")], "--ssl-certfile"),
        ([str(tmp_path), "--ssl-certfile", str(tmp_path / "none")], "there is no file"),
        ([str(tmp_path), "--ssl-certfile", str(tmp_path / "token"), "--workers", "2"], "token"),
        ([str(tmp_path), "--host", "203.0.113.1", "--port", "0"], "assign"),
    ]
    for arguments, reason in wrong:
        assert main(["serve", *arguments]) == 2
        told = capsys.readouterr().err
        assert reason in told
        assert told.count("\n") == 1


def test_a_port_that_another_program_has_is_named_with_a_way_out(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(tmp_path), "--port", str(port)]) == 2
    told = capsys.readouterr().err
    assert f"cannot listen at port {port} of '127.0.0.1'" in told
    assert "--port 0" in told


def test_origins_are_what_browsers_send(capsys):
    for wrong in ("https://example.org/", "example.org", ""):
        with pytest.raises(SystemExit):
            main(["serve", ".", "--cors", wrong])
        assert "is not an origin" in capsys.readouterr().err


def test_no_host_is_not_every_address(capsys):
    with pytest.raises(SystemExit):
        main(["serve", ".", "--host", ""])
    assert "0.0.0.0" in capsys.readouterr().err


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(serve, "_NEEDED", ("starlette", "no_such_library"))
    with pytest.raises(ImportError, match=r"planish\[serve\]"):
        serve._require_extra()


def wait_for(url, server):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return json.load(urllib.request.urlopen(url, timeout=90))
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def life(folder, port, *options):
    """Starts a server, asks it, and ends it: its answer, exit code and log."""
    command = [sys.executable, "-m", "planish", "serve", str(folder), "--port", str(port), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        body = json.dumps({"instances": [[[0.5] * 4] * 5]}).encode()
        answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/pets:predict", body))
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
    return answer, server.returncode, [json.loads(line) for line in log.splitlines()]


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def test_a_server_answers_and_ends_when_it_is_told_to(tmp_path):
    pixels().save(tmp_path / "pets.keras")
    answer, code, log = life(tmp_path, free_port())
    assert len(answer["predictions"][0]) == 3
    assert code in (0, -signal.SIGTERM)
    messages = [each["message"] for each in log]
    assert any(each.startswith("serving ") for each in messages)
    assert not any("traceback" in each for each in log)


@pytest.mark.broad
def test_several_processes_share_what_they_have_compiled_and_leave_nothing(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    pixels().save(tmp_path / "models" / "pets.keras")
    answer, code, log = life(tmp_path / "models", free_port(), "--workers", "2")
    assert len(answer["predictions"][0]) == 3
    assert code == 0
    assert os.listdir(tmp_path / "tmp") == []
    assert not any("traceback" in each for each in log)
