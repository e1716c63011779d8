"""`planish demo`: trains the convolutional classifier of many tutorials on the digits that come with planish."""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from typing import TYPE_CHECKING, Any

from planish import utils
from planish.cli import data, model_choice, model_files, pictures
from planish.cli.console import facts, say
from planish.cli.folders import TEST
from planish.cli.runs import MODEL
from planish.errors import explain
from planish.models.looking.results import CLASS_NAMES, Results

if TYPE_CHECKING:
    from planish.models.model import Model

_CALLS = 3  # of predict: the first one compiles


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="train on the embedded digits, and show the results",
        description="Trains the convolutional classifier of many tutorials on the handwritten digits that come with "
        "planish, and writes the model, pictures and a report.",
    )
    parser.add_argument(
        "--out", default="demo-output", metavar="DIR", help="folder for model and pictures (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs", type=int, default=5, metavar="N", help="how often every digit is seen (default: %(default)s)"
    )
    parser.add_argument(
        "--batch-size", type=int, default=32, metavar="N", help="digits in a step (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same accuracy (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    utils.set_random_seed(arguments.seed)
    digits = data.arrays("digits")
    unseen = digits.parts[TEST]
    if os.path.lexists(os.path.join(arguments.out, MODEL)):
        raise FileExistsError(
            explain(what=f"{arguments.out!r} holds a run of planish train", remedy="--out NAME for another folder")
        )
    model_files.make_folder(arguments.out)
    model = model_choice.make("blog", digits.image_shape, len(digits.class_names))
    model.summary()
    say(f"\nTraining on {len(digits.training):,} handwritten digits")
    start = time.perf_counter()
    history = model.fit(
        digits.training.x, digits.training.y, arguments.batch_size, arguments.epochs,
        validation_data=(unseen.x, unseen.y),
    )  # fmt: skip
    trained = time.perf_counter()
    scores, predicting = _timed_predictions(model, unseen.x)
    found = Results(unseen.y, scores.argmax(axis=-1), scores)
    right = (found.predicted == found.labels).mean()
    images = len(digits.training) * len(history.epoch)
    facts(
        "Result",
        [
            ("accuracy", f"{right:.2%} of {len(unseen):,} digits it has not seen"),
            ("training", f"{images / (trained - start - _compiling(start, trained)):,.0f} images/s"),
            ("predicting", f"{len(unseen) / predicting:,.0f} images/s"),
            ("compile time, training", _compile_time(start, training=True)),
            ("compile time, predicting", _compile_time(trained, training=False)),
        ],
    )
    _write(model, history.history, digits, found, arguments.out)


def _timed_predictions(model: Model, x: data.Array) -> tuple[Any, float]:
    """Outputs, and the seconds of a call that has nothing to compile."""
    seconds = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        outputs = model.predict(x, verbose=0)
        seconds.append(time.perf_counter() - start)
    return outputs, min(seconds[1:])


def _compiling(start: float, end: float) -> float:
    """Seconds between two times in which programs were made."""
    from planish.runtime.programs import makings

    return sum(making.seconds for making in makings(start) if making.started < end)


def _compile_time(start: float, *, training: bool) -> str:
    """The time that it took to get the programs of one kind since then."""
    from planish.runtime.programs import makings

    made = [making for making in makings(start) if making.training == training]
    if not made:
        return "nothing to compile"
    loaded = " to load what an earlier run compiled" if all(making.loaded for making in made) else ""
    return f"{sum(making.seconds for making in made) * 1e3:,.0f} ms{loaded}"


def _write(model: Model, history: dict[str, list[float]], digits: data.Data, found: Results, folder: str) -> None:
    saved, curve, samples = (
        os.path.join(folder, name) for name in ("digits.keras", "training-curve.png", "sample-predictions.png")
    )
    model.notes[CLASS_NAMES] = digits.class_names
    model.save(saved)
    model_files.write_class_names(digits.class_names, folder)
    say(f"wrote {saved}")
    _write_report(model, digits, os.path.join(folder, "report.html"))
    if not pictures.can_draw():
        say(f"No pictures: they need matplotlib ({pictures.INSTALL})")
        return
    if history:
        pictures.training_curve(history, curve)
        say(f"wrote {curve}")
    pictures.sample_predictions(digits.parts[TEST].x, found, digits.class_names, samples)
    say(f"wrote {samples}")


def _write_report(model: Model, digits: data.Data, path: str) -> None:
    """A report on the first digit that the model has not seen."""
    from planish.explain import page, report

    if importlib.util.find_spec("jinja2") is None:
        say(f"No report: it needs Jinja2 ({page.INSTALL})")
        return
    unseen = digits.parts[TEST]
    data = (unseen.x, unseen.y)
    report(model, unseen.x[0], label=int(unseen.y[0]), class_names=digits.class_names, data=data).save(path)
    say(f"wrote {path}: open it in a browser to see what every layer makes of a digit")
