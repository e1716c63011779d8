"""Records what real Keras answers about functional models, for tests/parity/test_recorded_functional.py.

`python parity/record_functional.py [--seeds 6 10] [--folder FOLDER]` asks Keras live, as `compare_functional.py` does,
and keeps the models on which both agree. With `--folder`, answers are taken that a comparison has left there.
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

TELLING = (6, 10, 12, 13, 24, 29)
"""Seeds of models with several inputs and outputs in lists, tuples and dictionaries, with models inside, frozen parts,
merges, weights of samples and classes, and five optimizers."""


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
    parser.add_argument("--seeds", type=int, nargs="+", default=TELLING)
    parser.add_argument("--folder", type=Path, help="of a comparison")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        if arguments.folder:
            cases = answered(folder)
        else:
            verdicts = compare_functional([functional_case(seed) for seed in arguments.seeds], folder)
            cases = [verdict.case for verdict in verdicts if not verdict.found]
        write([case for case in cases if case["seed"] in arguments.seeds], folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
