"""Makes docs/errors.md: what planish, Keras and PyTorch say of the same mistakes.

python tools/make_errors.py [--keras PYTHON] [--torch PYTHON] [--both PYTHON]

Each library runs in the interpreter given, or in a virtual environment that is made in .venvs; mistakes with modules of
PyTorch run in one that has what planish needs besides.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tools" / "mistakes"), str(ROOT / "benchmarks")]

from cases import KERAS_GIVEN, TORCH_GIVEN, Mistake  # noqa: E402
from mistakes import STAGES  # noqa: E402
from peers import interpreter  # noqa: E402

PAGE = ROOT / "docs" / "errors.md"
LIBRARIES = ("planish", "keras", "torch")
NAMES = {"planish": "planish", "keras": "Keras", "torch": "PyTorch"}
MOST_LINES = 14
MOST_CHARACTERS = 100
"""Of a text in the table."""

Answers = dict[str, dict[str, list[str] | None]]

INTRODUCTION = """\
# What went wrong, and what to do about it

A planish error says, in this order: the layer, what is wrong, the rule that was broken, what was expected and
where that number comes from, what was received and where it comes from, the chain of shapes up to the place that
broke, and the remedy as code. A shape is refused where it enters, before anything is computed: where `fit` refuses
arrays, or the validation data, it has changed no weight.

Below are {count} mistakes on the way from an array to a `Dense` layer, with what planish, Keras {keras} (on JAX) and
PyTorch {torch} say when they are made. `python tools/make_errors.py` makes them all and writes this page; a test holds
planish's part of it to the letter. Texts of more than {lines} lines are cut.

Before each mistake, planish and Keras have run the first of these, PyTorch the second:

```py
{keras_given}```

```py
{torch_given}```

## All of them

Each links to the whole texts. Some libraries raise nothing for some mistakes: *no error* says what happens instead.
Where a cell is empty, there is no such step.

"""


def answers_of(library: str, python: str) -> dict[str, list[str] | None]:
    command = [python, str(ROOT / "tools" / "mistakes" / "provoke.py"), library]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT) if library == "planish" else ""}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    answers: dict[str, list[str] | None] = json.loads(done.stdout)
    return answers


def version_of(library: str, python: str) -> str:
    code = f"from importlib.metadata import version; print(version({library!r}))"
    found = subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout
    return found.strip().split("+")[0]


def page(answers: Answers, versions: dict[str, str]) -> str:
    count = sum(len(stage.mistakes) for stage in STAGES)
    parts = [
        INTRODUCTION.format(count=count, lines=MOST_LINES, keras_given=KERAS_GIVEN, torch_given=TORCH_GIVEN, **versions)
    ]
    parts.append("| Mistake | planish | Keras | PyTorch |\n| --- | --- | --- | --- |\n")
    for stage in STAGES:
        for mistake in stage.mistakes:
            cells = [cell(answers[library][mistake.title]) for library in LIBRARIES]
            parts.append(f"| [{mistake.title}]({anchor(mistake.title)}) | {' | '.join(cells)} |\n")
    for stage in STAGES:
        parts.append(f"\n## {stage.title}\n")
        parts += [_section(mistake, answers) for mistake in stage.mistakes]
    return "".join(parts)


def anchor(title: str) -> str:
    """The link to a section."""
    return "#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def cell(answer: list[str] | None) -> str:
    """The first line of a text, and the first of its remedies, for the table."""
    if answer is None:
        return ""
    kind, text = answer
    first = _KERAS_FRAME.sub("", text).strip().partition("\n  " if kind else "\n")[0]
    remedy = re.search(r"^  remedy: +(.*)$", text, re.MULTILINE)
    said = _shortened(first) if first else f"`{kind}`, without a word"
    if remedy:
        said += f" <br>→ {_shortened(remedy[1])}"
    return said if kind else f"*no error*: {said}"


_KERAS_FRAME = re.compile(r"^Exception encountered when calling \S+\n")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= MOST_CHARACTERS else line[:MOST_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return line.replace("|", "\\|").replace("`", "").replace("<", "&lt;").replace("*", "\\*")


def _section(mistake: Mistake, answers: Answers) -> str:
    parts = [f"\n### {mistake.title}\n\n```py\n{mistake.keras}```\n"]
    for library in LIBRARIES:
        if library == "torch" and mistake.torch is not None:
            parts.append(f"\n```py\n{mistake.torch}```\n")
        parts.append(told(library, answers[library][mistake.title]))
    return "".join(parts)


def told(library: str, answer: list[str] | None) -> str:
    """What a library says, in full."""
    name = NAMES[library]
    if answer is None:
        return f"\n{name} has no such step.\n"
    kind, text = answer
    head = f"{name}, `{kind}`" if kind else f"{name} raises nothing"
    return f"\n{head}:\n\n```text\n{_cut(text)}\n```\n" if text else f"\n{head}, without a word.\n"


def _cut(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().split("\n")]
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "…"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", help="an interpreter that has Keras and JAX")
    parser.add_argument("--torch", help="an interpreter that has PyTorch")
    parser.add_argument("--both", help="an interpreter that has PyTorch and what planish needs")
    arguments = parser.parse_args()
    pythons = {
        "planish": sys.executable,
        "keras": arguments.keras or interpreter("keras-jax"),
        "torch": arguments.torch or interpreter("torch"),
    }
    answers = {library: answers_of(library, python) for library, python in pythons.items()}
    wanted = {mistake.title for stage in STAGES for mistake in stage.mistakes if mistake.needs_torch}
    if wanted - {*answers["planish"]}:
        both = answers_of("planish", arguments.both or interpreter("torch-parity"))
        answers["planish"] |= {title: both[title] for title in wanted}
    versions = {library: version_of(library, pythons[library]) for library in ("keras", "torch")}
    PAGE.write_text(page(answers, versions), encoding="utf-8")
    silent = {
        library: sum(1 for answer in given.values() if answer and not answer[0]) for library, given in answers.items()
    }
    print(f"{PAGE}: {silent} mistakes without an error")


if __name__ == "__main__":
    main()
