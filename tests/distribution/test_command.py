"""`planish train --distribute mpi`."""

import argparse
import os

import pytest

from planish import distribution
from planish.cli import together
from planish.cli.main import main
from planish.distribution.data_parallel import is_first
from tests.distribution.simulated import on_ranks


def test_without_mpiexec_one_process_trains(tmp_path, monkeypatch):
    monkeypatch.setattr("planish.cli.pictures.can_draw", lambda: False)  # they take longer than all the rest
    arguments = ["train", "digits", "--model", "softmax", "--epochs", "1", "--out", str(tmp_path / "run")]
    assert main([*arguments, "--distribute", "mpi"]) == 0
    assert (tmp_path / "run" / "model.keras").exists()
    assert distribution.distribution() is None


def test_ranks_behind_the_first_write_elsewhere_and_show_nothing(tmp_path, capfd):
    def work(arguments):
        from planish.cli.console import say

        os.makedirs(arguments.out)
        say(f"trained into {arguments.out}")
        return is_first()

    def run(_):
        distribution.set_distribution = lambda value: None  # in the rank's own process: that of the test stays
        together.run(argparse.Namespace(out=str(tmp_path / "run"), resume=False), work)
        return True

    assert on_ranks(2, run) == [True, True]
    assert (tmp_path / "run").is_dir()
    assert capfd.readouterr().out == f"trained into {tmp_path / 'run'}\n"


def test_what_is_wrong_is_told_as_in_one_process(tmp_path, capsys):
    assert main(["train", str(tmp_path / "nothing"), "--distribute", "mpi"]) == 2
    assert "nothing" in capsys.readouterr().err


def test_there_is_one_way_to_distribute(capsys):
    with pytest.raises(SystemExit):
        main(["train", "digits", "--distribute", "ssh"])
    assert "mpi" in capsys.readouterr().err
