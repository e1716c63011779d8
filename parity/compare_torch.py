"""PyTorch beside planish's models of its modules: `python parity/compare_torch.py [NET ...] [--modules 80]`.

Nets of torchvision and random modules (`torch_modules.py`) with random weights are converted, predict the same images,
within 1e-4 of the largest number, and give their state dicts back and forth, bit by bit. It runs in an environment of
its own (.venvs/torch-parity, or the interpreter that PARITY_PYTHON_TORCH names), which has PyTorch and what planish
needs. Whatever differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import os
import subprocess
import sys

from compare import ROOT
from peers import interpreter


def main() -> int:
    python = os.environ.get("PARITY_PYTHON_TORCH") or interpreter("torch-parity")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [python, str(ROOT / "parity" / "torch_side.py"), *sys.argv[1:]]
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
