"""What tools/serve_faults.py does for twenty minutes, for a moment: load, new versions, malformed requests, the end."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tools"))

import serve_faults


@pytest.mark.broad
def test_nothing_is_lost_doubled_mixed_or_wrong(monkeypatch, capsys):
    arguments = ["--minutes", "0.1", "--seconds", "6", "--connections", "4", "--malformed", "300"]
    monkeypatch.setattr(sys, "argv", ["serve_faults.py", *arguments])
    assert serve_faults.main() == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "good: right" in told
    assert told.endswith("faults: none\n")
