"""Records what real Keras answers, for tests/parity/test_recorded.py, which replays it without Keras.

`python parity/record.py [--kilobytes 380]` asks Keras live, as `parity/run.py` does, and keeps the smallest models of
the first seeds on which both agree: at least one for each optimizer, then those that add a layer that is missing so
far.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from chains import Case, random_case
from compare import ROOT, Verdict, compare
from drawn_optimizers import OPTIMIZERS

FOLDER = ROOT / "tests" / "parity"


def nbytes(case: Case, folder: Path) -> int:
    return sum((folder / f"{case['seed']}{kind}.npz").stat().st_size for kind in ("", "-keras"))


def chosen(verdicts: list[Verdict], folder: Path, budget: int) -> list[Case]:
    """Small cases first: for every optimizer, for every kind of layer, then as many as fit into `budget` bytes."""
    agreed = [verdict.case for verdict in verdicts if not verdict.found and verdict.case["steps"]]
    agreed.sort(key=lambda case: nbytes(case, folder))
    kept: dict[int, Case] = {}
    for optimizer in OPTIMIZERS:
        case = next(case for case in agreed if case["optimizer"] == optimizer)
        kept[case["seed"]] = case
    for case in agreed:
        seen = {kind for other in kept.values() for kind in kinds(other)}
        if kinds(case) - seen:
            kept[case["seed"]] = case
    left = budget - sum(nbytes(case, folder) for case in kept.values())
    if left < 0:
        raise SystemExit(f"the required cases are {-left:,} bytes larger than the budget")
    for case in agreed:
        if case["seed"] not in kept and nbytes(case, folder) <= left:
            left -= nbytes(case, folder)
            kept[case["seed"]] = case
    return [kept[seed] for seed in sorted(kept)]


def kinds(case: Case) -> set[str]:
    """The layers of a case, and the options that choose another way through the code."""
    found = {case["dtype"]}
    for name, arguments in case["layers"]:
        found.add(name)
        options = [option for option in ("padding", "data_format") if option in arguments]
        found |= {f"{name} {option} {arguments[option]}" for option in options}
    return {kind for kind in found if not kind.startswith("ZeroPadding2D padding")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=210, help="seeds to choose from")
    parser.add_argument("--kilobytes", type=int, default=380)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        verdicts = [*compare([random_case(seed) for seed in range(arguments.models)], folder)]
        cases = chosen(verdicts, folder, arguments.kilobytes * 1000)
        arrays = {}
        for case in cases:
            for side, suffix in (("given", ""), ("keras", "-keras")):
                with np.load(folder / f"{case['seed']}{suffix}.npz") as held:
                    arrays |= {f"{case['seed']}/{side}/{name}": held[name] for name in held}
    np.savez_compressed(FOLDER / "arrays.npz", **arrays)  # type: ignore[arg-type]
    (FOLDER / "cases.json").write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
    print(f"{len(cases)} cases: seeds " + ", ".join(str(case["seed"]) for case in cases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
