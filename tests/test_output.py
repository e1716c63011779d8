"""What is shown never ends the work, whatever standard output is."""

import ast
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import output
from planish.callbacks import (
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from planish.layers import Dense, Flatten, Input
from planish.metrics import MeanAbsoluteError
from planish.models import Sequential
from planish.utils import image_dataset_from_directory, save_img

ROOT = Path(__file__).parents[1]


class WriteOnly:
    """All that some programs put in the place of standard output: no flush, no isatty, no encoding."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")

    flush = isatty = write


class Full(io.StringIO):
    def flush(self):
        raise OSError(28, "No space left on device")


class Odd(io.StringIO):
    def write(self, text):
        raise RuntimeError("of the user's own")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def console(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


STREAMS = {
    "none": lambda: None,
    "closed": closed,
    "write only": WriteOnly,
    "a broken pipe": lambda: Unread(),
    "a full disk": Full,
    "an odd one": Odd,
    "ascii": lambda: console("ascii"),
    "cp1252": lambda: console("cp1252"),
    "a terminal of ascii": lambda: Terminal(io.BytesIO(), encoding="ascii"),
}


@pytest.fixture(params=STREAMS)
def anywhere(request, monkeypatch):
    """Puts a stream in the place of standard output. Not by itself: pytest has its own between fixture and test."""

    def put():
        stream = STREAMS[request.param]()
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return put


def small_model():
    model = Sequential([Input((2, 2)), Flatten(), Dense(2, activation="softmax", name="größe_数")], name="модель")
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    return model


X, Y = np.ones((4, 2, 2), np.float32), np.array([0, 1, 0, 0])


def test_training_gets_to_its_end(anywhere, tmp_path):
    model, path = small_model(), tmp_path / "größte_数.keras"
    callbacks = [
        ModelCheckpoint(path, verbose=1),
        EarlyStopping("loss", verbose=1, patience=1, min_delta=100, restore_best_weights=True),
        ReduceLROnPlateau("loss", verbose=1, patience=1, min_delta=100),
        LearningRateScheduler(lambda epoch: 0.1, verbose=1),
        TerminateOnNaN(),
    ]
    anywhere()
    history = model.fit(X, Y, epochs=5, callbacks=callbacks)
    assert len(history.epoch) == 2
    assert path.exists()
    assert len(model.evaluate(X, Y)) == 2
    assert model.predict(X).shape == (4, 2)


def test_a_summary_gets_to_its_end(anywhere):
    model, lines = small_model(), []
    anywhere()
    model.summary()
    model.summary(print_fn=lines.append)
    assert "Total params: 10" in lines[0]


@pytest.mark.filterwarnings("ignore:the loss is nan")
def test_a_loss_that_is_not_a_number_is_told_anywhere(anywhere):
    model = small_model()
    model.layers[-1].set_weights([np.full((4, 2), np.nan), np.zeros(2)])
    anywhere()
    assert len(model.fit(X, Y, epochs=3, callbacks=[TerminateOnNaN()]).epoch) == 1


def test_the_count_of_a_folder_is_told_anywhere(anywhere, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save_img(tmp_path / name / "1.png", np.zeros((2, 2, 3)))
    anywhere()
    assert len(image_dataset_from_directory(tmp_path, verbose=True).file_paths) == 2


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", rb"gr\xf6\xdfe"), ("cp1252", "größe".encode("cp1252"))])
def test_a_console_that_knows_few_characters_gets_what_stands_for_them(monkeypatch, encoding, shown):
    stream = console(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    small_model().summary()
    output.show("━━")
    written = stream.buffer.getvalue()
    assert shown in written
    assert written.endswith(b"==\n")
    assert rb"\u2501" not in written


def test_what_can_only_write_gets_everything(monkeypatch):
    stream = WriteOnly()
    monkeypatch.setattr(sys, "stdout", stream)
    small_model().fit(X, Y, epochs=2)
    output.stream().write("more")
    assert stream.text.startswith("Epoch 1/2\n1/1 - ")
    assert stream.text.endswith("\nmore")


def test_ctrl_c_is_not_swallowed(monkeypatch):
    class Interrupted(io.StringIO):
        def write(self, text):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        output.show("text")


def test_errors_are_told_where_there_is_no_standard_error(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    output.warn_of("text")
    assert capsys.readouterr().out == ""


def test_a_script_whose_output_nobody_reads_trains_to_its_end(tmp_path):
    script = (
        "import numpy as np, planish as keras\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation='softmax')])\n"
        "model.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "model.fit(np.ones((4, 2)), np.array([0, 1, 0, 0]), epochs=3)\n"
        f"model.save({str(tmp_path / 'm.keras')!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as run:
        run.stdout.close()
    assert (tmp_path / "m.keras").exists()


SHOWING = {"print", "sys.stdout.write", "sys.stderr.write", "sys.stdout.flush", "sys.stdout.isatty"}


SPEAKS_OF_IT = re.compile(r"\bprint\s*\(|\bsys\s*\.\s*std")


def shows(path):
    text = path.read_text(encoding="utf-8")
    if not SPEAKS_OF_IT.search(text):
        return False
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return any(ast.unparse(node.func) in SHOWING for node in calls)


def test_nothing_is_shown_in_another_way():
    found = {path.name for path in (ROOT / "planish").rglob("*.py") if shows(path)}
    assert found == {"bench_worker.py", "mpi.py"}  # to the process that started it; a last word before MPI ends the job


# ---------------------------------------------------------------------- names from outside


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("größe 数 🐈\u200d⬛", "größe 数 🐈\u200d⬛"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\udce9", r"\udce9"),
        ("\x85\u2028\x9b", r"\x85\u2028\x9b"),
    ],
)
def test_characters_that_would_change_a_terminal_are_written_as_in_python(text, shown):
    assert output.printable(text) == shown


def test_characters_that_are_meant():
    assert output.printable("a\tb\n\x1b", keep="\n\t") == "a\tb\n\\x1b"


def test_names_of_layers_and_metrics_are_shown_without_control_characters(capsys):
    model = Sequential([Input((2,)), Dense(1, name="\x1b[2J")])
    model.compile("sgd", "mse", [MeanAbsoluteError(name="\x1b[31m")])
    model.fit(np.ones((2, 2)), np.ones((2, 1)))
    model.summary()
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"\x1b[2J" in shown
    assert r"\x1b[31m" in shown


def test_without_interactive_logging_lines_go_to_the_logger(capsys, caplog):
    keras.utils.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="planish"):
            model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="scores")])
            model.summary()
            model.compile("sgd", "mse")
            model.fit(np.ones((4, 3)), np.ones((4, 2)))
    finally:
        keras.utils.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "scores" in caplog.text
    assert "loss: " in caplog.text
