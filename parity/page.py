"""Writes docs/parity.md: what was compared with real Keras, row by row, and how far apart both sides were."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from remarks import REMARKS

if TYPE_CHECKING:
    from compare import Verdict

PATH = Path(__file__).resolve().parent.parent / "docs" / "parity.md"

INTRODUCTION = """\
# How near planish is to Keras

{cases} cases ran in planish and in real Keras, which had the same weights and data: {forward} of them predicted or
computed, and {trained} trained besides. `make parity` runs them, and `python parity/run.py --page` writes this page.

Each layer, function, loss and optimizer stands in the middle of a small model by itself, with one choice of arguments a
case; metrics and image layers have arrays. Random models of several layers come last, if they ran. Sizes are odd on
purpose. Keras makes its model from planish's configuration and planish reads Keras's; {files} models were also saved
by each side and loaded by the other, where they predicted the same. Keras runs on TensorFlow; on JAX where channels
come first, which TensorFlow cannot convolve on a CPU.

Differences are the largest ones of all cases of a row:

* *outputs*: predictions, values of losses, results of metrics, as a share of the largest number (of a metric, that of
  its results after several updates). The limit is {outputs}.
* *weights*: those after {steps} training steps ({more} for optimizers), as a share of the largest number of the array,
  or of 1 if that is larger. The limit is {weights}.

Rounding grows from step to step wherever a rule divides by the size of a gradient. Where weights are farther apart than
the limit, the same steps are computed in float64: *rounding* counts the cases in which planish is nearer to these than
Keras.
"""


class Row(NamedTuple):
    """What is said of all cases about one thing."""

    name: str
    cases: int
    trained: int
    outputs: float
    weights: float
    remarks: str


def page(verdicts: list[Verdict]) -> str:
    from compare import PREDICTION_BOUND, WEIGHT_BOUND
    from one_layer import STEPS_OF_OPTIMIZERS

    trained = [verdict for verdict in verdicts if verdict.case["steps"]]
    head = INTRODUCTION.format(
        cases=len(verdicts), forward=len(verdicts), trained=len(trained), steps=3, more=STEPS_OF_OPTIMIZERS,
        files=sum(_saved(verdict) for verdict in verdicts), outputs=_short(PREDICTION_BOUND),
        weights=_short(WEIGHT_BOUND),
    )  # fmt: skip
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.case.get("group", "Random models"), []).append(verdict)
    return head + "".join(_section(*each) for each in groups.items())


def _saved(verdict: Verdict) -> bool:
    return bool(verdict.case.get("files")) and not verdict.case.get("built")


def _section(title: str, verdicts: list[Verdict]) -> str:
    rows = "".join(_line(row(name, some)) for name, some in _by_name(verdicts).items())
    return f"\n## {title}\n\n| | cases | trained | outputs | weights | |\n| --- | --- | --- | --- | --- | --- |\n{rows}"


def _by_name(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Random models by the loss that they are trained with."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        name = verdict.case.get("about") or f"with {verdict.case['loss'][0]}"
        found.setdefault(name, []).append(verdict)
    return found


def row(name: str, verdicts: list[Verdict]) -> Row:
    from compare import PREDICTION_BOUND, WEIGHT_BOUND

    trained = [verdict for verdict in verdicts if verdict.case["steps"]]
    remarks = [REMARKS[name]] if name in REMARKS else []
    if rounding := sum(verdict.rounding for verdict in verdicts):
        remarks.append(f"rounding: {rounding}")
    if differing := sum(bool(verdict.found) and not verdict.rounding for verdict in verdicts):
        remarks.insert(0, f"**{differing} of {len(verdicts)} differ**")
    outputs = max(verdict.prediction for verdict in verdicts) * PREDICTION_BOUND
    weights = max((verdict.weights for verdict in trained), default=0.0) * WEIGHT_BOUND
    return Row(name, len(verdicts), len(trained), outputs, weights, "; ".join(remarks))


def _line(row: Row) -> str:
    weights = _short(row.weights) if row.trained else ""
    return f"| {row.name} | {row.cases} | {row.trained or ''} | {_short(row.outputs)} | {weights} | {row.remarks} |\n"


def _short(number: float) -> str:
    """One digit: 3e-7."""
    return f"{number:.0e}".replace("e-0", "e-") if number else "0"
