"""Every benchmark of planish alone runs, on next to nothing."""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from planish.runtime import programs

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def run(tmp_path):
    """Exit code, what was printed, and the JSON file of a script."""

    def run(name, *arguments):
        command = [sys.executable, FOLDER / f"{name}.py", *map(str, arguments), "--json", tmp_path / "found.json"]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, done.stdout, json.loads((tmp_path / "found.json").read_text())

    return run


@pytest.fixture
def module(monkeypatch):
    """A script as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return __import__


def test_fit_checks_measures_and_draws(run, tmp_path):
    picture = tmp_path / "fit.svg"
    options = ["--only", "planish", "--models", "logistic", "lenet", "--batches", 32, "--images", 40, "--rounds", 1]
    code, out, found = run("fit", *options, "--picture", picture)
    assert code == 0
    assert "| logistic, batch 32 | 40 |" in out
    assert [(cell["net"], cell["batch"]) for cell in found["cells"]] == [("logistic", 32), ("lenet", 32)]
    assert all(cell["times"]["planish"][0] > 0 for cell in found["cells"])
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.broad
def test_bits_are_the_same(run):
    code, out, found = run("bits", "--models", "logistic", "--threads", 1, 3, "--images", 70)
    assert (code, len(found["sums"]["logistic"]), len(set(found["sums"]["logistic"]))) == (0, 4, 1)
    assert "All the same" in out


def test_bits_that_differ_are_found(module, monkeypatch, capsys):
    bits = module("bits")
    sums = iter("abcabcabc")
    monkeypatch.setattr(bits, "in_a_fresh_process", lambda *arguments: next(sums))
    monkeypatch.setattr(sys, "argv", ["bits.py", "--models", "mlp", "--threads", "1", "2"])
    assert bits.main() == 1
    assert "They differ: mlp" in capsys.readouterr().out


def test_other_seeds_and_nets_have_other_bits(module):
    bits = module("bits")
    assert bits.digest("mlp", 40, 1, None) == bits.digest("mlp", 40, 2, None)
    assert bits.digest("mlp", 40, 1, None) != bits.digest("mlp", 41, 1, None)


def test_shipped(run):
    code, out, found = run("shipped", "--net", "logistic", "--rounds", 1)
    assert code == 0
    assert "| planish_runtime |" in out
    for cell in found["found"].values():
        assert min(cell.values()) > 0
        assert cell["load"] < cell["process"]
    assert found["found"]["planish_runtime"]["installed"] < found["found"]["planish"]["installed"]


def test_bands(run):
    code, out, found = run("bands", "--models", "logistic", "--images", 2, "--threads", 1, "--rounds", 2)
    assert code == 0
    assert "All the same bits" in out
    assert [len(times) for times in found["seconds"]["logistic, 2, 1"]] == [2, 2]


def test_by_layer(run):
    code, out, found = run("by_layer", "--models", "strided", "--images", 2, "--rounds", 2)
    assert code == 0
    assert [row[0] for row in found["layers"]["strided"]["rows"]][1::2][:2] == [
        "conv2d_1, activation_1",
        "conv2d_3, activation_3",
    ]
    shares = [float(row[5]) for row in found["layers"]["strided"]["rows"] if row[4]]
    assert max(shares) > 0
    assert "### strided:" in out


def test_degradation(run):
    _, out, found = run("degradation", "--models", "logistic", "--images", 64, "--rounds", 1)
    assert len(found["seconds"]["logistic"]) == 3
    assert "| logistic | beside a busy process |" in out


def test_callers(module, monkeypatch, tmp_path, capsys):
    found = tmp_path / "found.json"
    options = [
        "--models",
        "logistic",
        "--callers",
        "1",
        "3",
        "--seconds",
        "0.02",
        "--rounds",
        "1",
        "--json",
        str(found),
    ]
    monkeypatch.setattr(sys, "argv", ["callers.py", *options])
    assert module("callers").main() == 0
    assert "| logistic | 3 |" in capsys.readouterr().out
    assert all(rate > 0 for (rate,) in json.loads(found.read_text())["rates"]["logistic"].values())


def test_frozen(run):
    options = ["--net", "MobileNetV3Small", "--size", 32, "--images", 8, "--epochs", 2, "--batch", 4]
    _, out, found = run("frozen", *options)
    assert [len(epochs) for (epochs,) in found["seconds"].values()] == [2, 2]
    assert "| planish, keep_frozen=False |" in out


def test_loading(run):
    options = ["--net", "pool", "--size", 24, "--file-size", 32, "--images", 8, "--batch", 2, "--threads", 1]
    _, out, found = run("loading", *options)
    assert "of that, waiting" in out
    assert 0 <= found["found"]["1"]["waiting"] <= found["found"]["1"]["folder"]


@pytest.mark.broad
def test_growth(run, tmp_path):
    options = ["--model", "logistic", "--counts", 50, 120, "--channels", 4, 5, "--images", 32, "--rounds", 1]
    _, out, found = run("growth", *options, "--picture", tmp_path / "growth.svg")
    assert list(found["counts"]) == ["50", "120"]
    assert "ns per image and channel squared" in out
    assert ElementTree.parse(tmp_path / "growth.svg").getroot().tag.endswith("svg")


def test_predict_checks_and_measures(run):
    options = ["--only", "planish", "--models", "lenet", "inception", "--images", 20, "--calls", 2, "--rounds", 1]
    code, out, found = run("predict", *options)
    assert code == 0
    assert "| inception, one image |" in out
    assert [(cell["net"], cell["images"]) for cell in found["cells"]] == [("lenet", 20), ("inception", 20)]
    assert all(cell["many"]["planish"][0] > 0 for cell in found["cells"])


def test_memory_of_a_net(run):
    code, out, found = run("memory", "--only", "planish", "--models", "logistic")
    assert code == 0
    assert "| logistic |" in out
    imports, added = found["megabytes"]["logistic"]["planish"]
    assert imports > 10
    assert added > 0


def test_the_stand_in_of_the_loss_curves_can_be_learnt(module):
    curves = module("loss_curves")
    x, y = curves.images(200, 16, None)
    assert (x.shape, x.dtype, sorted(set(y.tolist()))) == ((200, 16, 16, 3), np.float32, list(range(10)))
    assert x.min() >= 0
    assert x.max() <= 1
    strength = np.abs(np.fft.rfft2(x.transpose(0, 3, 1, 2) - 0.5)).reshape(200, -1)  # blind to shifts
    nearest = ((strength[100:, None] - strength[None, :100]) ** 2).sum(-1).argmin(-1)
    assert (y[:100][nearest] == y[100:]).mean() > 0.9


def test_how_far_curves_are_apart(module):
    curves = module("loss_curves")
    one = {"losses": np.ones(30)}
    far = {"losses": np.ones(30) + np.eye(1, 30, 12)[0]}
    assert curves.distances({"planish": far, "keras-tf": one}) == {"planish": pytest.approx(0.1)}
    assert curves.distances({"planish": one}) == {}
    assert curves.unsmoothed(far, one) == (pytest.approx(1), pytest.approx(1 / 30))


def test_the_loss_of_a_smaller_last_batch_counts_its_own_images(module):
    worker = module("workers.curve").curve
    losses, sizes = np.array([3.0, 1.0, 5.0]), np.array([4, 4, 2])
    means = np.cumsum(losses * sizes) / np.cumsum(sizes)
    np.testing.assert_allclose(worker.each_loss(means, 4, 10), losses)


def test_growth_that_is_too_fast_is_found(module):
    growth = module("growth")
    flat, square = {1_000: 9.0, 10_000: 5.0, 100_000: 6.0}, {16: 9.0, 32: 10.0, 64: 40.0, 128: 160.0}
    assert growth.missed(flat, square) == []
    assert growth.missed(flat | {100_000: 7.0}, square | {128: 400.0}) == ["100,000 images", "128 channels"]


def test_startup(module, monkeypatch, tmp_path, capsys):
    """Eight processes would import the same eight times: one is enough, the programs run in this."""

    def in_this_process(program, cache):
        monkeypatch.setenv("PLANISH_CACHE_DIR", cache)
        monkeypatch.setattr(programs, "_COMPILED", {})  # as in a new process
        start, out = time.perf_counter(), io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(program, {})
        return time.perf_counter() - start, out.getvalue()

    startup = module("startup")
    seconds, printed = startup.run("import startup; print(*startup.NETS)", str(tmp_path))
    assert (seconds > 0, printed.split()) == (True, [*startup.NETS])
    monkeypatch.setattr(startup, "run", in_this_process)
    found = tmp_path / "found.json"
    monkeypatch.setattr(sys, "argv", ["startup.py", "--model", "logistic", "--rounds", "1", "--json", str(found)])
    startup.main()
    first = {name: values[0] for name, values in json.loads(found.read_text())["first"].items()}
    assert first["first step of training, from the cache"] < first["first step of training, nothing cached"]
    assert "| LLVM compiles |" in capsys.readouterr().out


def test_first_calls(run):
    code, out, found = run("first_calls", "--models", "logistic", "--tasks", "fit", "--split")
    own = found["first_calls"]["logistic, fit"]
    assert code == 0
    assert own["warm"]["first"] < own["cold"]["first"]
    assert own["parts"].keys() == {"trace", "plan", "write", "LLVM", "link"}
    assert own["parts"]["LLVM"] > own["parts"]["link"]
    assert "| logistic, fit |" in out


def test_accuracy(run, tmp_path):
    x, y = np.random.default_rng(0).integers(0, 256, (90, 28, 28), np.uint8), np.arange(90) % 10
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    code, out, found = run("accuracy", "--data", tmp_path / "mnist.npz", "--epochs", 2, "--seeds", 1, 2)
    assert (code, list(found["accuracy"])) == (1, ["1", "2"])
    assert "Missed: 0.985 with seed 1, 0.985 with seed 2" in out


def test_raw_pixels(run, tmp_path):
    x, y = np.random.default_rng(0).integers(0, 256, (90, 28, 28), np.uint8), np.arange(90) % 10
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    code, out, found = run("raw_pixels", "--data", tmp_path / "mnist.npz", "--epochs", 1, "--seeds", 1)
    assert (code, list(found["raw_pixels"])) == (1, ["conv", "mlp"])
    assert "Missed: conv, mlp" in out


def test_a_peer_that_trains_differently_is_found(module, tmp_path):
    fit, nets = module("fit"), module("nets")
    net = nets.NETS["logistic"]

    class Fake:
        def __init__(self, name, change):
            self.name, self.change = name, change

        def ask(self, request, file, draw):
            change = self.change - (0.01 if (self.name, draw) == ("three", 0) else 0)  # the next draw agrees
            np.savez(file, *(value + change for value in nets.weights(net)))
            return {"sgd": [2.3], "adam": [2.3]}

    three = [Fake("one", 0.1), Fake("two", 0.1), Fake("three", 0.1 * (1 + 1e-6))]
    assert 0 < fit.check(net, three, str(tmp_path)) < 1e-5
    with pytest.raises(SystemExit, match=r"logistic: other trains differently, 0\.1 from the others"):
        fit.check(net, [*three, Fake("other", 0.11)], str(tmp_path))


def test_the_picture_of_the_readme(module):
    picture = module("picture")
    cell = {"net": "blog", "batch": 32, "images": 10, "times": {"planish": [1.0, 3.0, 2.0], "a<b": [4.0]}}
    drawn = picture.speed_picture({"cells": [{"images": 5, "many": {"planish": [0.1]}}]}, {"cells": [cell]})
    words = [element.text for element in ElementTree.fromstring(drawn)]
    assert "fit: an epoch of 10 images, batch 32, seconds" in words
    assert [words.index("2.00 s"), words.index("4.00 s")] == sorted([words.index("2.00 s"), words.index("4.00 s")])
    assert "a<b" in words


@pytest.mark.broad
def test_workers_of_dask_beside_bare_processes(run):
    options = ["--images", 400, "--part", 50, "--rounds", 1, "--only", "bare", "killed"]
    code, out, found = run("dask_predict", *options)
    assert code == 0
    assert {name: len(taken) for name, taken in found["seconds"].items()} == {"bare": 1, "killed": 1}
    assert "of two bare processes" in out
    assert len(found["told"]) == 1


@pytest.mark.broad
def test_ranks_beside_one_process_and_the_parts_of_their_steps(run):
    code, out, found = run("ranks", "--images", 200, "--batch-size", 64, "--epochs", 1, "--rounds", 2)
    alone, exact, allreduce = found["ways"].values()
    assert (code, len(alone["seconds"]), len(exact["seconds"])) == (0, 2, 2)
    assert min(exact["microseconds"]["exchange"], allreduce["microseconds"]["exchange"]) > 0
    assert "| 2 ranks |" in out
