"""What is shown, on a terminal and elsewhere."""

import contextlib
import io
import re

import pytest

from planish.callbacks import CallbackList, ProgressBar, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@contextlib.contextmanager
def terminal():
    """A terminal to write to. Not a fixture: pytest sets up its own output between fixtures and test."""
    with contextlib.redirect_stdout(Terminal()) as stream:
        yield stream


def visible(text):
    return re.sub(r"\x1b\[\d+m", "", text)


RATES_AND_METRICS = r"\d+us/step - [\d,]+ images/s - accuracy: 0\.9100 - loss: 0\.3000 - val_loss: 1\.2000e-04"


def epoch(verbose, epochs=1, steps=1875):
    run = CallbackList(add_progbar=verbose != 0, verbose=verbose, epochs=epochs, steps=steps)
    run.on_begin("train")
    run.on_epoch_begin(0)
    run.on_progress("train", steps, 32 * steps, {"accuracy": 0.91, "loss": 0.3})
    run.on_begin("test")
    run.on_progress("test", 10, 320, {"loss": 0.5})
    run.on_end("test", {"loss": 0.5})
    run.on_epoch_end(0, {"accuracy": 0.91, "loss": 0.3, "val_loss": 0.00012})
    run.on_end("train")


def test_a_bar_on_a_terminal():
    with terminal() as screen:
        epoch(verbose=1)
        *_, last, end = visible(screen.getvalue()).replace("\n", "\r\n").split("\r")
        pattern = r"1875/1875 ━{20} 0s " + RATES_AND_METRICS
        assert re.fullmatch(pattern, last)
        assert end == "\n"


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass as a test says."""
    seconds = [100.0]
    monkeypatch.setattr(progress_bar.time, "perf_counter", lambda: seconds[0])
    return seconds


def test_half_a_bar_has_the_time_that_is_left(clock):
    with terminal() as screen:
        bar = ProgressBar(10, live=True)
        clock[0] += 15
        bar.update(5, 50, {"loss": 1.0})
        assert visible(screen.getvalue()) == f"\r 5/10 {'━' * 20} ETA 15s 3s/step - 3 images/s - loss: 1.0000"
        assert screen.getvalue().count("━" * 10) == 2


def test_compiling_is_no_part_of_the_rates_and_of_what_is_left(clock):
    with terminal() as screen:
        bar = ProgressBar(10, live=True)
        clock[0] += 60
        bar.update(0, 0, {})
        clock[0] += 2
        bar.update(4, 40, {})
        assert visible(screen.getvalue()).split("\r")[1:] == [
            f" 0/10 {'━' * 20} 60s",
            f" 4/10 {'━' * 20} ETA 3s 500ms/step - 20 images/s",
        ]


@pytest.mark.parametrize("columns", [30, 79, 80, 81, 200])
def test_a_line_that_is_drawn_over_fits_into_the_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    with terminal() as screen:
        bar = ProgressBar(1875, live=True)
        bar.update(900, 28800, {"accuracy": 0.5, "loss": 0.25})
        (line,) = visible(screen.getvalue()).split("\r")[1:]
    assert len(line) < columns
    assert line.startswith(" 900/1875 ━━━━━")


def test_a_shorter_line_covers_the_longer_one_before():
    with terminal() as screen:
        bar = ProgressBar(2, live=True)
        bar.update(1, 1, {"a_long_name": 1.0})
        longer = len(visible(screen.getvalue())) - 1
        bar.finish({})
        assert len(visible(screen.getvalue()).split("\r")[2].rstrip("\n")) >= longer


def test_an_unknown_number_of_steps():
    with terminal() as screen:
        bar = ProgressBar(None, live=True)
        bar.update(7, 70, {})
        assert visible(screen.getvalue()).startswith("\r      7/Unknown ")
        bar.finish({})
        assert "\r7/7 ━" in visible(screen.getvalue())


@pytest.mark.parametrize("verbose", [1, 2])
def test_plain_lines_elsewhere(verbose, capsys):
    epoch(verbose, epochs=5)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Epoch 1/5"
    pattern = r"1875/1875 - 0s - " + RATES_AND_METRICS
    assert re.fullmatch(pattern, second)


def test_verbose_2_draws_no_bar_on_a_terminal():
    with terminal() as screen:
        epoch(verbose=2)
        assert "\r" not in screen.getvalue()
        assert "1875/1875 - 0s" in screen.getvalue()


def test_nothing_with_verbose_0():
    with terminal() as screen:
        epoch(verbose=0, epochs=5)
        assert screen.getvalue() == ""


def test_a_terminal_without_box_drawing():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with contextlib.redirect_stdout(stream):
        ProgressBar(3, live=True).finish({})
    stream.seek(0)
    assert "=" * 20 in visible(stream.read())


def test_a_run_that_breaks_off_ends_its_line():
    with terminal() as screen:
        bar = ProgressBar(10, live=True)
        bar.update(5, 50, {})
        bar.break_off()
        assert screen.getvalue().endswith("\n")
