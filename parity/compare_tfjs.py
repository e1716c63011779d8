"""Models of TensorFlow.js beside Keras: `python parity/compare_tfjs.py`.

The package nsfwjs of npm has two of 2019, whose arrays are quantized: a MobileNetV2 and an Inception-v3, for photos of
224 x 224 and 299 x 299 pixels. They are downloaded and unpacked by npm and Node.js, which have to be there, and are not
kept. Keras's interpreter is that of the environment variable PARITY_PYTHON, or of a virtual environment that is made in
.venvs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from peers import interpreter  # noqa: E402

from planish.models import load_model  # noqa: E402

PACKAGE = "nsfwjs@4.2.1"
MODELS = {"mobilenet_v2": 224, "inception_v3": 299}
KERAS = "2.2.4"
"""The version of Keras that made them."""
ALLOWANCE = 1e-5

# The package has a module of JavaScript for each file.
UNPACKING = """\
import fs from 'fs';
const [source, target] = process.argv.slice(1);
for (const name of fs.readdirSync(source).filter(name => name.endsWith('.min.js'))) {
  const value = (await import(`${source}/${name}`)).default, stem = name.slice(0, -'.min.js'.length);
  const contents = stem === 'model' ? JSON.stringify(value) : Buffer.from(value, 'base64');
  fs.writeFileSync(`${target}/${stem === 'model' ? 'model.json' : stem}`, contents);
}
"""


def unpacked(folder: Path) -> dict[str, Path]:
    """The package's models as folders of TensorFlow.js."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        package.extractall(folder, filter="data")
    modules = folder / "package" / "dist" / "esm"
    (modules / "package.json").write_text('{"type": "module"}')
    found = {}
    for name in MODELS:
        found[name] = folder / name
        found[name].mkdir()
        command = ["node", "--input-type=module", "-e", UNPACKING, str(modules / "models" / name), str(found[name])]
        subprocess.run(command, check=True)
    return found


def difference(model: Path, size: int, folder: Path) -> float:
    """The largest difference of a score."""
    images, answer = folder / "images.npy", folder / "answer.npy"
    np.save(images, np.random.default_rng(0).random((4, size, size, 3), np.float32))
    keras = os.environ.get("PARITY_PYTHON") or interpreter("keras-tf")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = str(ROOT / "parity" / "keras_tfjs.py")
    subprocess.run([keras, script, str(model), str(images), str(answer)], env=environment, check=True)
    ours = load_model(model).predict(np.load(images), verbose=0)
    return float(np.abs(ours - np.load(answer)).max())


def main() -> int:
    worst = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, model in unpacked(folder).items():
            found = difference(model, MODELS[name], folder)
            worst = max(worst, found)
            print(f"{name}: scores differ by {found:.1e} at most", flush=True)
    return 0 if worst <= ALLOWANCE else 1


if __name__ == "__main__":
    sys.exit(main())
