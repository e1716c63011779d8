"""Live parity with real Keras: `python parity/run.py [--models 210] [--first-seed 0] [--steps 3] [--layers] [--page]`.

Models of one layer (`one_layer.py`) and random ones (`models.py`) run in planish here, and in real Keras on TensorFlow
in a process of its own: that of the interpreter which the environment variable PARITY_PYTHON names, or of a virtual
environment that is made in .venvs. Models with channels first run on JAX: in that of PARITY_PYTHON_JAX, if it is given.
Keras makes its models from planish's configurations, and planish reads Keras's; each reads files of the other.
`--page` writes what was found to docs/parity.md. It compares predictions (within 1e-5 of the largest output) and the
weights after training steps (within 1e-4 of the largest weight of the array, or of 1 if that is larger).
Whatever differs is printed at once with its seed and its model, and the exit status is 1, except where only weights
differ and planish's are nearer to those of the same steps in float64 than Keras's: rounding grows with the number of
steps.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import one_layer
import page
from chains import random_case
from compare import Verdict, compare


def shown(verdict: Verdict) -> str:
    """What differs, with its model."""
    case, found = verdict.case, verdict.found
    if verdict.errors is not None:
        own, other = verdict.errors
        found = [*found, f"off from exact steps by {own:.3g} times the limit (planish), {other:.3g} (Keras)"]
    return f"seed {case['seed']}: " + "; ".join(found) + f"\n  {json.dumps(case)}\n"


def report(verdicts: list[Verdict]) -> str:
    """What was covered, and how near the nearest miss was."""
    lines = []
    cases = [verdict.case for verdict in verdicts]
    layers = Counter(name for case in cases for name, _ in case["layers"])
    about = Counter(f"{case['group']}" for case in cases if "group" in case)
    lines.append("single: " + ", ".join(f"{name} {count}" for name, count in about.most_common()))
    optimizers = Counter(case["optimizer"][0] for case in cases if case["steps"])
    lines.append("layers: " + ", ".join(f"{name} {count}" for name, count in layers.most_common()))
    lines.append("trained: " + ", ".join(f"{name} {count}" for name, count in optimizers.most_common()))
    agreed = [verdict for verdict in verdicts if not verdict.found]
    if agreed:
        prediction = max(agreed, key=lambda verdict: verdict.prediction)
        weights = max(agreed, key=lambda verdict: verdict.weights)
        lines.append(
            f"largest difference of those that agree, relative to the limit: predictions {prediction.prediction:.2f} "
            f"(seed {prediction.case['seed']}), weights {weights.weights:.2f} (seed {weights.case['seed']})"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=210)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=3, help="of training")
    parser.add_argument("--seeds", type=int, nargs="+", help="these only")
    parser.add_argument("--keep", type=Path, help="a folder for the arrays of both sides and the verdicts")
    parser.add_argument("--resume", action="store_true", help="with what --keep has kept of a run that was broken off")
    parser.add_argument("--layers", action="store_true", help="only the models of one layer")
    parser.add_argument("--about", nargs="+", help="only the models of these layers, functions, losses, ...")
    parser.add_argument("--page", action="store_true", help="writes docs/parity.md")
    arguments = parser.parse_args()
    seeds = arguments.seeds or range(arguments.first_seed, arguments.first_seed + arguments.models)
    single = [] if arguments.seeds else one_layer.cases(arguments.steps)
    if arguments.about:
        single = [case for case in single if case["about"] in arguments.about]
    random = [] if arguments.layers or arguments.about else [random_case(seed, arguments.steps) for seed in seeds]
    start = time.perf_counter()
    verdicts = []
    with tempfile.TemporaryDirectory() as temporary:
        for verdict in compare([*single, *random], arguments.keep or Path(temporary), resume=arguments.resume):
            verdicts.append(verdict)
            if verdict.found:
                print(shown(verdict), flush=True)
    agreed = sum(not verdict.found for verdict in verdicts)
    print(report(verdicts))
    if arguments.page:
        page.PATH.write_text(page.page(verdicts), encoding="utf-8")
    rounding = sum(verdict.rounding for verdict in verdicts)
    print(f"{agreed} of {len(verdicts)} models agree ({time.perf_counter() - start:.0f} s)")
    if rounding:
        print(f"{rounding} differ by rounding: planish is nearer to float64 than Keras")
    return 0 if agreed + rounding == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
