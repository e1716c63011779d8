"""Records real Keras's nets: `KERAS_BACKEND=jax python tests/applications/record.py`, in an environment with Keras.

With names, these nets only. structures.json says what each net of nets.py is made of, predictions.json what some
compute with the weights of parity/known_nets.py.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent.parent)]

import keras  # noqa: E402
from describe import digest  # noqa: E402
from nets import NETS, PREDICTED, built  # noqa: E402

from parity import known_nets  # noqa: E402


def zeros(self, shape, dtype=None, **options):
    return keras.ops.zeros(shape, dtype)


def written(name, facts):
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in facts.items())
    (FOLDER / name).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def main():
    keras.initializers.VarianceScaling.__call__ = zeros  # weights are set, or do not matter
    predictions = {}
    for name, gain in PREDICTED.items():
        case = next(case for case in known_nets.CASES if case.name == name)
        model = known_nets.built(keras, case, 32)
        known_nets.set_weights(model, known_nets.weights(model, gain))
        values = model.predict(known_nets.images(32)[0][:2], verbose=0)
        predictions[name] = [[round(float(value), 7) for value in row] for row in values]
    written("predictions.json", predictions)
    structures = json.loads((FOLDER / "structures.json").read_text(encoding="utf-8"))
    wanted = sys.argv[1:]
    for spec in [spec for spec in NETS if not wanted or any(spec.startswith(name) for name in wanted)]:
        keras.backend.clear_session()
        structures[spec] = digest(built(keras, spec))
    written("structures.json", structures)


if __name__ == "__main__":
    main()
