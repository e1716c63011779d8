"""The results of `planish bench`: on the screen, as Markdown, JSON and a picture."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
from dataclasses import dataclass

from planish.cli.bench_timing import Timing
from planish.cli.console import table

_COLUMNS = ("", "one image", "predict, images/s", "times as long", "fit, images/s", "times as long")
_OWN, _OTHER = "#c2410c", "#94a3b8"


@dataclass(frozen=True, slots=True)
class Line:
    """A library's result. `version` names the version of each of its parts."""

    name: str
    version: str
    timing: Timing


@dataclass(frozen=True, slots=True)
class Report:
    """All results for one model; planish is the first of `lines`."""

    model: str
    images: int
    batch_size: int
    threads: int
    lines: list[Line]


def machine() -> str:
    """The processor as the system calls it, and how planish sees it."""
    from planish.codegen.llvm.target import current_target

    name = platform.processor() or platform.machine()
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {current_target().name}, {os.cpu_count()} processors, {platform.system()}"


def show(report: Report) -> None:
    """The table, on a terminal or as text with tabs."""
    table(_COLUMNS, _rows(report), numbers=range(1, len(_COLUMNS)))


def write_markdown(report: Report, path: str) -> None:
    lines = [_COLUMNS, ("---", *["---:"] * (len(_COLUMNS) - 1)), *_rows(report)]
    rows = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    versions = "; ".join(f"{line.name}: {line.version}" for line in report.lines)
    text = (
        f"Model `{report.model}`, {report.images:,} images of 28x28, training in batches of {report.batch_size}, "
        f"{report.threads} threads. {machine()}. {versions}.\n\n{rows}\n"
    )
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(report: Report, path: str) -> None:
    """Times in seconds."""
    contents = {"machine": machine(), **dataclasses.asdict(report)}
    for line in contents["lines"]:
        del line["timing"]["predictions"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(contents, file, indent=1)
        file.write("\n")


def draw(report: Report, path: str) -> None:
    """Bars of images per second, for predicting and for training. ModuleNotFoundError without matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.4 * len(report.lines)), layout="constrained")
    names = [line.name for line in report.lines]
    colours = [_OWN, *[_OTHER] * (len(names) - 1)]
    for axis, title, seconds in zip(
        figure.subplots(1, 2),
        ("predict, images/s", f"fit, batch {report.batch_size}, images/s"),
        ([line.timing.many for line in report.lines], [line.timing.epoch for line in report.lines]),
        strict=True,
    ):
        bars = axis.barh(names, [report.images / value for value in seconds], color=colours)
        axis.bar_label(bars, fmt="{:,.0f}", padding=3)
        axis.set_title(title)
        axis.invert_yaxis()
        axis.margins(x=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def _rows(report: Report) -> list[tuple[str, ...]]:
    own = report.lines[0].timing
    return [
        (
            line.name,
            f"{line.timing.one * 1e6:,.0f} us",
            f"{report.images / line.timing.many:,.0f}",
            f"{line.timing.many / own.many:.2f}",
            f"{report.images / line.timing.epoch:,.0f}",
            f"{line.timing.epoch / own.epoch:.2f}",
        )
        for line in report.lines
    ]
