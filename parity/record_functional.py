"""Records what real Keras answers about functional models, for tests/parity/test_recorded_functional.py.

`python parity/record_functional.py [--models 80] [--kilobytes 220] [--folder FOLDER]` asks Keras live, as
`compare_functional.py` does, and keeps the smallest of the models on which both agree. With `--folder`, those whose
answers a comparison has left there are taken instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from compare_functional import compare_functional
from functional import Case, functional_case
from record import FOLDER

MOST = 25


def nbytes(seed: int, folder: Path) -> int:
    return (folder / f"f{seed}-keras.npz").stat().st_size


def chosen(cases: list[Case], folder: Path, budget: int) -> list[Case]:
    """The smallest, at most 25, that fit into `budget` bytes together."""
    kept: list[Case] = []
    for case in sorted(cases, key=lambda case: nbytes(case["seed"], folder))[:MOST]:
        budget -= nbytes(case["seed"], folder)
        if budget >= 0:
            kept.append(case)
    return sorted(kept, key=lambda case: case["seed"])


def write(cases: list[Case], folder: Path) -> None:
    """The cases with what Keras calls things, and Keras's arrays. Data and starting weights follow from the seed."""
    arrays, told = {}, []
    for case in cases:
        seed = case["seed"]
        with np.load(folder / f"f{seed}-keras.npz") as held:
            arrays |= {f"{seed}/{name}": held[name] for name in held if not name.startswith("loaded")}
        found = json.loads((folder / f"f{seed}-keras.json").read_text(encoding="utf-8"))
        told.append({"case": case, "evaluate": found["evaluate"], "history": found["history"]})
    np.savez_compressed(FOLDER / "functional.npz", **arrays)  # type: ignore[arg-type]
    lines = ",\n".join(json.dumps(one) for one in told)
    (FOLDER / "functional.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(cases)} cases: seeds " + ", ".join(str(case["seed"]) for case in cases))


def answered(folder: Path) -> list[Case]:
    """The cases of a comparison that Keras has answered."""
    cases = json.loads((folder / "functional.json").read_text(encoding="utf-8"))
    return [case for case in cases if (folder / f"f{case['seed']}-keras.json").exists()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=80, help="seeds to choose from")
    parser.add_argument("--kilobytes", type=int, default=220)
    parser.add_argument("--folder", type=Path, help="of a comparison")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        if arguments.folder:
            cases = answered(folder)
        else:
            verdicts = compare_functional([functional_case(seed) for seed in range(arguments.models)], folder)
            cases = [verdict.case for verdict in verdicts if not verdict.found]
        write(chosen(cases, folder, arguments.kilobytes * 1000), folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
