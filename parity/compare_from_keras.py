"""Living models of Keras in planish: `python parity/compare_from_keras.py [--models 30] [--first-seed 0]`.

Random functional models of real Keras, and models in models, with shared layers, fixed batches, and
nets of `keras.applications`, become models of planish through `convert.from_keras` and predict the same
images. It runs in an environment of its own (.venvs/keras-convert, or the interpreter that PARITY_PYTHON_CONVERT
names), which has Keras on TensorFlow and what planish needs. Whatever differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import os
import subprocess
import sys

from compare import ROOT
from peers import interpreter


def main() -> int:
    python = os.environ.get("PARITY_PYTHON_CONVERT") or interpreter("keras-convert")
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": "tensorflow"}
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [python, str(ROOT / "parity" / "from_keras_side.py"), *sys.argv[1:]]
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
