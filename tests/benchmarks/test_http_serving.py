"""benchmarks/http_serving.py runs, and compares what it says."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "benchmarks"))

import http_serving


@pytest.mark.broad
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not there")
def test_it_measures_both_forms_beside_a_server_without_a_model(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["http_serving.py", "--seconds", "1", "--connections", "2"])
    http_serving.main()
    lines = capsys.readouterr().out.splitlines()
    for form in ("JSON", "binary"):
        for name in ("planish serve", "no model"):
            assert any(line.startswith(form) and name in line and "(" in line for line in lines)
    assert lines[-1].startswith("predict in a loop")


def test_latencies_are_milliseconds_whatever_wrk_calls_them():
    told = "     50%  557.00us\n     99%    1.71ms\n"
    assert http_serving._milliseconds(told, "50") == pytest.approx(0.557)
    assert http_serving._milliseconds(told, "99") == 1.71
    assert http_serving._milliseconds("  99%   1.20s\n", "99") == 1200
