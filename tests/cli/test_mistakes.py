"""What goes wrong on the command line: told before the work where it can be, in one line, and without a traceback."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from planish.cli import bench_peers, model_files
from planish.cli.console import one_line
from planish.errors import explain
from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.runtime import object_cache, programs
from planish_runtime import threads

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fails(planish):
    """Runs a command that has to fail with code 2, and gives its one line without the beginning."""

    def run(*arguments):
        code, _, err = planish(*arguments)
        assert code == 2
        assert err.count("\n") == 1
        return err.removeprefix(f"planish {arguments[0]}: error: ").rstrip()

    return run


@pytest.fixture
def refuses(planish, capsys):
    """The same for arguments that are refused with the way to call the command."""

    def run(*arguments):
        with pytest.raises(SystemExit, match="2"):
            planish(*arguments)
        return capsys.readouterr().err

    return run


@pytest.fixture
def read_only(monkeypatch):
    """Nothing can be written, also if the tests run as root."""
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)


def test_errors_of_the_system_name_the_file(fails, right_half):
    assert fails("predict", right_half, "absent.png") == "'absent.png': no such file or directory"


def test_a_message_with_a_list_after_a_colon(planish, monkeypatch):
    def fail(*arguments, **settings):
        raise ValueError("'x' holds a model that cannot be made:\n  Conv2D 'a': no")

    monkeypatch.setattr(model_files, "load", fail)
    assert planish("summary", "x")[2].endswith("cannot be made: Conv2D 'a': no\n")
    assert one_line("a chain\n  shapes: (1,)\n          -> (2,)") == "a chain; shapes: (1,) -> (2,)"


def test_warnings_are_lines_too(planish, right_half, monkeypatch):
    load = model_files.load

    def warn(*arguments, **settings):
        warnings.warn("something\nto know", RuntimeWarning, stacklevel=2)
        return load(*arguments, **settings)

    monkeypatch.setattr(model_files, "load", warn)
    shown = warnings.showwarning
    code, _, err = planish("summary", right_half)
    assert (code, err) == (0, "planish summary: warning: something; to know\n")
    assert warnings.showwarning is shown


# ---------------------------------------------------------------------- what cannot be written


@pytest.mark.parametrize(
    "arguments", [("train", "stripes.npz", "--model", "softmax"), ("demo",), ("train", "digits", "--epochs", "1000000")]
)
def test_a_folder_that_cannot_be_written_is_told_before_training(fails, stripes, read_only, arguments):
    assert fails(*arguments, "--out", "there") == "the folder 'there' cannot be written"


def test_a_file_in_place_of_a_folder(fails, stripes):
    message = fails("train", stripes, "--model", "softmax", "--out", "stripes.npz")
    assert message.startswith("'stripes.npz' cannot be a folder; received: ")


@pytest.mark.parametrize("option", ["--json", "--markdown", "--picture"])
def test_bench_looks_first_where_it_will_write(fails, option):
    made = "mkdir absent" if os.name == "nt" else "mkdir -p absent"
    told = f"there is no folder 'absent' to write into; received: 'absent/b'; remedy: {made}"
    assert fails("bench", option, "absent/b") == told


def test_explain_looks_first_where_it_will_write(fails, right_half, read_only, tmp_path):
    assert fails("explain", right_half, "--out", "r.html") == "'r.html' cannot be written"
    assert fails("explain", right_half, "--out", tmp_path).startswith(f"{str(tmp_path)!r} is a folder")


def test_bench_asks_for_matplotlib_before_measuring(fails, monkeypatch):
    monkeypatch.setattr("planish.cli.pictures.can_draw", lambda: False)
    assert fails("bench", "--picture", "b.svg") == "--picture needs matplotlib; remedy: pip install 'planish[plots]'"


@pytest.mark.parametrize("name", ["b.xyz", "b"])
def test_bench_asks_for_a_format_before_measuring(fails, name):
    message = fails("bench", "--picture", name)
    assert message.startswith("the picture's name does not say what to write; expected: a name that ends in .")


def test_bench_names_libraries_that_are_not_there(fails, monkeypatch):
    monkeypatch.setattr(bench_peers, "installed", lambda: iter([bench_peers.Peer("torch", "torch 2")]))
    message = fails("bench", "--only", "torch", "keras-jax")
    assert message == "not installed in this environment: keras-jax"


# ---------------------------------------------------------------------- numbers and names


@pytest.mark.parametrize("text", ["0", "-3", "two", "1.5"])
def test_top_is_a_whole_number(refuses, right_half, text):
    assert f"argument --top: {text!r} is not a whole number, 1 or more" in refuses(
        "predict", right_half, "x", "--top", text
    )


@pytest.mark.parametrize("text", ["0", "nan", "inf", "x", "-1"])
def test_scale_is_above_0(refuses, right_half, text):
    assert f"argument --scale: {text!r} is not a number above 0" in refuses(
        "evaluate", right_half, "x", "--scale", text
    )


def test_suggestions(fails, stripes):
    assert fails("train", "digtis").endswith("remedy: did you mean 'digits'?")
    assert fails("train", stripes, "--model", "bolg").endswith("remedy: did you mean 'blog'?")
    assert "did you mean" not in fails("train", "/some/where")


@pytest.mark.parametrize("form", ["plan", "loops", "llvm", "asm"])
def test_a_pass_leaves_a_graph(fails, right_half, form):
    message = fails("inspect", right_half, "--after", "simplify", "--emit", form)
    assert message.startswith(f"a pass leaves a graph, not {form}; ")


# ---------------------------------------------------------------------- classes


def test_predict_looks_into_the_folders_of_a_folder(planish, right_half, stripe_images):
    code, out, _ = planish("predict", right_half, stripe_images)
    assert code == 0
    assert [line.split("\t")[1] for line in out.splitlines()] == ["left"] * 8 + ["right"] * 8


def test_a_class_without_images(fails, stripe_images):
    (stripe_images / "up").mkdir()
    (stripe_images / "up" / "notes.txt").write_text("none yet")
    message = fails("train", stripe_images)
    assert message == f"there are no images in {str(stripe_images / 'up')!r}; remedy: remove the folder, or add images"


def test_a_single_class(fails, stripe_images, tmp_path):
    (tmp_path / "one").mkdir()
    (stripe_images / "left").rename(tmp_path / "one" / "left")
    assert "has one class, so there is nothing to tell apart" in fails("train", tmp_path / "one")


def test_evaluate_takes_the_classes_in_the_order_of_the_model(planish, right_half, stripe_images):
    """The folder's own order would be the other way round."""
    (stripe_images / "left").rename(stripe_images / "z")
    (stripe_images / "right").rename(stripe_images / "a")
    (right_half.parent / "classes.txt").write_text("z\na\n")
    _, out, _ = planish("evaluate", right_half, stripe_images)
    assert "accuracy: 1.0000\n" in out


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, AttributeError])
def test_errors_of_every_kind_that_say_what_is_wrong_are_one_line(fails, planish, right_half, monkeypatch, kind):
    def fail(*_, **__):
        raise kind(text)

    monkeypatch.setattr(model_files, "load", fail)
    text = explain(what="the model is busy", remedy="wait")
    assert fails("summary", right_half) == "the model is busy; remedy: wait"
    text = "a fault of planish's"
    with pytest.raises(kind, match=text):
        planish("summary", right_half)


def test_evaluate_on_some_of_the_classes(planish, right_half, stripe_images):
    shutil.rmtree(stripe_images / "left")
    code, out, err = planish("evaluate", right_half, stripe_images)
    assert (code, err) == (0, "")
    assert "accuracy: 1.0" in out


def test_evaluate_on_other_classes(fails, right_half, stripe_images):
    (stripe_images / "left").rename(stripe_images / "cats")
    message = fails("evaluate", right_half, stripe_images)
    assert message.endswith("are not the classes of the model; expected: left, right; received: cats, right")


def test_evaluate_on_more_classes(fails, right_half, stripe_images):
    (right_half.parent / "classes.txt").unlink()
    (stripe_images / "up").mkdir()
    (stripe_images / "left" / "00.png").rename(stripe_images / "up" / "00.png")
    message = fails("evaluate", right_half, stripe_images)
    assert "has more classes than the model tells apart; expected: 2; received: 3" in message


def test_one_score_is_that_of_the_second_of_two_classes(planish, stripe_images, tmp_path):
    model = Sequential([Input((8, 8)), Flatten(), Dense(1, activation="sigmoid")])
    kernel = np.full((8, 8), -0.01, np.float32)
    kernel[:, 4:] = 0.01
    model.set_weights([kernel.reshape(64, 1), np.zeros(1)])
    model.save(tmp_path / "one.keras")
    (tmp_path / "classes.txt").write_text("left\nright\n")
    _, out, _ = planish("predict", tmp_path / "one.keras", stripe_images, "--top", 2)
    found = [line.split("\t") for line in out.splitlines()]
    assert [row[1] for row in found] == ["left"] * 8 + ["right"] * 8
    assert all(float(row[2]) > 0.5 > float(row[4]) for row in found)


def test_a_model_that_gives_no_scores(fails, stripe_images, tmp_path):
    model = Sequential([Input((8, 8, 1)), Conv2D(2, 3)])
    model.save(tmp_path / "maps.keras")
    for command in ("predict", "evaluate"):
        message = fails(command, tmp_path / "maps.keras", stripe_images)
        assert "the model does not give a score for each class" in message


def test_class_names_in_another_encoding(fails, right_half, stripe_images):
    names = right_half.parent / "classes.txt"
    names.write_bytes(b"\xff\n")
    assert fails("predict", right_half, stripe_images).startswith(f"{str(names)!r} is not text in UTF-8; ")


def test_names_that_the_terminal_cannot_show(right_half, stripe_images):
    image = (stripe_images / "left" / "00.png").rename(stripe_images / "é.png")
    command = [sys.executable, "-m", "planish", "predict", right_half, image]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)
    assert rb"\xe9.png" in finished.stdout


def test_explain_with_a_wrong_label(fails, right_half, stripe_images):
    image = stripe_images / "left" / "00.png"
    message = fails("explain", right_half, image, "--label", 2)
    assert "`label` is not a class of the model; expected: 0 to 1; received: 2" in message
    assert (
        fails("explain", right_half, "--label", 1)
        == "--label names the right class of an IMAGE, but no IMAGE was given"
    )


# ---------------------------------------------------------------------- the environment


def test_a_number_of_threads_that_makes_no_sense(fails, right_half, stripe_images, monkeypatch):
    monkeypatch.setattr(threads, "_requested", None)
    monkeypatch.setenv("PLANISH_NUM_THREADS", "abc")
    message = fails("predict", right_half, stripe_images / "left" / "00.png")
    assert message.startswith("PLANISH_NUM_THREADS is a number of threads; ")


def test_what_is_to_be_shown_is_not_loaded(planish, right_half, stripe_images, tmp_path, monkeypatch):
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PLANISH_DUMP", "plan")
    for _ in range(2):
        monkeypatch.setattr(programs, "_COMPILED", {})  # as in a new process
        _, _, err = planish("predict", right_half, stripe_images / "left" / "00.png")
        assert "--- plan\n" in err


def test_cache_says_why_nothing_is_kept(planish, tmp_path, monkeypatch, read_only):
    place = tmp_path / "a file"
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(place))
    assert planish("cache")[1].startswith(f"new programs are not kept: {str(tmp_path)!r} cannot be written\n")
    place.write_text("")
    assert planish("cache")[1].startswith(f"new programs are not kept: {str(place)!r} is not a folder\n")
    assert object_cache.entries() == []
