"""`planish bench`: how fast this machine predicts and trains, beside the other libraries that are installed here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

import planish
from planish.cli import bench_peers, bench_report, model_choice, model_files, pictures
from planish.cli.bench_report import Line, Report
from planish.cli.bench_timing import KerasSubject, Timing, measure
from planish.cli.console import complain, facts, say
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model

_SHAPE, _CLASSES = (28, 28, 1), 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bench",
        help="measure predicting and training, beside other libraries",
        description="Measures predicting and training on this machine, beside the other libraries that are installed "
        "here.",
    )
    parser.add_argument("--model", default="blog", metavar="MODEL", help=model_choice.HELP + " (default: %(default)s)")
    parser.add_argument(
        "--images", type=model_files.count, default=6_400, metavar="N", help="how many at once (default: %(default)s)"
    )
    parser.add_argument(
        "--batch-size", type=model_files.count, default=32, metavar="N", help="of training (default: %(default)s)"
    )
    parser.add_argument(
        "--only",
        nargs="*",
        choices=bench_peers.NAMES,
        help="these other libraries; none if nothing follows (default: all installed)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the numbers")
    parser.add_argument("--markdown", metavar="FILE", help="write a table")
    parser.add_argument("--picture", metavar="FILE", help="write a picture (needs matplotlib)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    _check(arguments)
    random = np.random.default_rng(0)
    x = random.random((arguments.images, *_SHAPE), dtype=np.float32)
    y = random.integers(0, _CLASSES, arguments.images)
    model = model_choice.make(arguments.model, _SHAPE, _CLASSES, pixels=False)
    first_weights = model.get_weights()
    own = measure(KerasSubject(model), x, y, arguments.batch_size)
    _show(own, arguments)
    model.set_weights(first_weights)
    lines = [Line("planish", planish.__version__, own), *_others(model, x, y, own, arguments)]
    report = Report(arguments.model, len(x), arguments.batch_size, planish.get_num_threads(), lines)
    if len(lines) > 1:
        bench_report.show(report)
    for path, write in (
        (arguments.json, bench_report.write_json),
        (arguments.markdown, bench_report.write_markdown),
        (arguments.picture, bench_report.draw),
    ):
        if path:
            write(report, path)
            say(f"wrote {path}")


def _check(arguments: argparse.Namespace) -> None:
    """Checks for mistakes that would otherwise show only after minutes of measuring."""
    for path in (arguments.json, arguments.markdown, arguments.picture):
        if path:
            model_files.check_writable(path)
    if arguments.picture and not pictures.can_draw():
        raise ImportError(explain(what="--picture needs matplotlib", remedy=pictures.INSTALL))
    if arguments.picture:
        pictures.check_format(arguments.picture)
    missing = set(arguments.only or ()) - {peer.name for peer in bench_peers.installed()}
    if missing:
        raise ValueError(explain(what=f"not installed in this environment: {', '.join(sorted(missing))}"))


def _show(timing: Timing, arguments: argparse.Namespace) -> None:
    facts(
        f"{planish.get_num_threads()} threads",
        [
            ("first prediction", f"{timing.first * 1e3:,.0f} ms, compiling included"),
            ("one image", f"{timing.one * 1e6:,.0f} us"),
            ("many images", f"{arguments.images / timing.many:,.0f} images/s"),
            ("training", f"{arguments.images / timing.epoch:,.0f} images/s at batch size {arguments.batch_size}"),
        ],
    )


def _others(model: Model, x: Any, y: Any, own: Timing, arguments: argparse.Namespace) -> list[Line]:
    """One after the other; those that cannot run the model are left out, and a line says so."""
    lines = []
    for peer in bench_peers.installed():
        if arguments.only is not None and peer.name not in arguments.only:
            continue
        try:
            timing = bench_peers.timing_of(
                peer, model, x, y, arguments.batch_size, planish.get_num_threads(), own.predictions
            )
            lines.append(Line(peer.name, peer.versions, timing))
        except ValueError as error:
            complain(f"{peer.name} is left out: {' '.join(str(error).split())}")
    return lines
