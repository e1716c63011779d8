"""Runs ONNX files in ONNX Runtime: `python parity/onnx_side.py FOLDER`, in an environment that has it.

For each NAME.onnx with its inputs in NAME-BATCH.npz it writes what comes out to NAME-BATCH-given.npz, or what went
wrong to NAME-error.txt.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ERRORS_ONLY = 3


def run(file: Path) -> None:
    onnx.checker.check_model(str(file), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, ERRORS_ONLY
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    for given in sorted(file.parent.glob(f"{file.stem}-[0-9].npz")):
        with np.load(given) as held:
            inputs = {end.name: held[f"x{place}"] for place, end in enumerate(session.get_inputs())}
        outputs = session.run(None, inputs)
        np.savez(given.with_name(f"{given.stem}-given.npz"), **{f"y{i}": each for i, each in enumerate(outputs)})


def main() -> None:
    for file in sorted(Path(sys.argv[1]).glob("*.onnx")):
        try:
            run(file)
        except Exception as error:
            file.with_name(f"{file.stem}-error.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")


if __name__ == "__main__":
    main()
