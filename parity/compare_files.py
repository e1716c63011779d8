"""Files both ways: `python parity/compare_files.py [--models 60] [--first-seed 0]`.

Random functional models are written by planish and read by real Keras on TensorFlow, which predicts with them, and the
other way round: `.keras` files, `.weights.h5` files, and `.h5` files as Keras before 3 wrote them. These hold layers
only, so models with operations are left out there: for each format, it takes as many models as are asked for. It
prints what differs, and exits with 1 if something does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from compare import ROOT, distance
from functional import Case, functional_case
from graphs import OPERATORS, Arrays, arrays, build, data, predictions
from peers import interpreter

import planish

FORMATS = (".keras", ".weights.h5", ".h5")


def formats_of(case: Case) -> list[str]:
    """Those that can hold the model."""
    return [each for each in FORMATS if each != ".h5" or not _has_operations(case["network"])]


def _has_operations(network: dict[str, Any]) -> bool:
    inside = [arguments for kind, arguments in network["layers"].values() if kind == "Network"]
    return any(called in OPERATORS for _, called, _ in network["calls"]) or any(map(_has_operations, inside))


def chosen(models: int, first_seed: int) -> Iterator[tuple[Case, list[str]]]:
    """Cases and the formats to try with each, until there are as many models of every format."""
    counts: Counter[str] = Counter()
    for seed in itertools.count(first_seed):
        case = functional_case(seed)
        formats = [each for each in formats_of(case) if counts[each] < models]
        if formats:
            counts.update(formats)
            yield case, formats
        if min(counts[each] for each in FORMATS) == models:
            return


def write(library: Any, case: Case, given: Arrays, formats: list[str], stem: Path) -> Any:
    """The files of a case's model, whose weights are those that are given."""
    model = build(library, case)
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    for ending in formats:
        (model.save_weights if ending == ".weights.h5" else model.save)(f"{stem}{ending}")
    return model


def read(library: Any, case: Case, given: Arrays, formats: list[str], stem: Path) -> dict[str, Arrays | str]:
    """What models predict that were made of the files of a case, by format; or what went wrong."""
    found: dict[str, Arrays | str] = {}
    for ending in formats:
        try:
            if ending == ".weights.h5":
                model = build(library, case)
                model.load_weights(f"{stem}{ending}")
            else:
                model = library.models.load_model(f"{stem}{ending}")
            found[ending] = predictions(model, data(case, given)[0], "prediction")
        except Exception as error:
            found[ending] = f"{type(error).__name__}: {error}"
    return found


def compare(cases: list[tuple[Case, list[str]]], folder: Path) -> Iterator[tuple[int, str, str]]:
    """The seed, the format and which library read whose file, of each that differs, with what differs."""
    told = [{"case": case, "formats": formats} for case, formats in cases]
    (folder / "files.json").write_text(json.dumps(told), encoding="utf-8")
    expected: dict[int, Arrays] = {}
    for case, formats in cases:
        stem = folder / f"f{case['seed']}"
        given = arrays(case, build(planish, case))
        np.savez(f"{stem}.npz", **given)  # type: ignore[arg-type]
        model = write(planish, case, given, formats, stem)
        expected[case["seed"]] = predictions(model, data(case, given)[0], "prediction")
    python = os.environ.get("PARITY_PYTHON") or interpreter("keras-tf")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": "tensorflow"}
    subprocess.run([python, str(ROOT / "parity" / "keras_files.py"), str(folder)], env=environment, check=True)
    for case, formats in cases:
        stem, seed = folder / f"f{case['seed']}", case["seed"]
        with np.load(f"{stem}.npz") as held:
            given = dict(held)
        theirs = _answers_of_keras(stem, formats)
        ours = read(planish, case, given, formats, Path(f"{stem}-keras"))
        for who, answers in (("Keras reads planish's", theirs), ("planish reads Keras's", ours)):
            for ending in formats:
                if text := _difference(answers[ending], expected[seed]):
                    yield seed, ending, f"{who}: {text}"


def _answers_of_keras(stem: Path, formats: list[str]) -> dict[str, Arrays | str]:
    failures: dict[str, str] = json.loads(Path(f"{stem}-keras.json").read_text(encoding="utf-8"))
    found: dict[str, Arrays | str] = {**failures}
    for ending in formats:
        if ending not in failures:
            with np.load(f"{stem}-keras{ending}.npz") as held:
                found[ending] = dict(held)
    return found


def _difference(answer: Arrays | str, expected: Arrays) -> str:
    if isinstance(answer, str):
        return answer
    if answer.keys() != expected.keys():
        return f"{len(answer)} outputs, not {len(expected)}"
    apart = max(distance("prediction", answer[name], expected[name]) for name in expected)
    return "" if apart <= 1 else f"predictions are {apart:.3g} times the allowed difference apart"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=60, help="of each format (default: %(default)s)")
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    cases = [*chosen(arguments.models, arguments.first_seed)]
    with tempfile.TemporaryDirectory() as folder:
        differing = [*compare(cases, Path(folder))]
    for seed, ending, text in differing:
        print(f"seed {seed}, {ending}: {text}")
    wrong = Counter(ending for _, ending in {(seed, ending) for seed, ending, _ in differing})
    for ending in FORMATS:
        print(f"{ending}: {arguments.models - wrong[ending]} of {arguments.models} models agree both ways")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
