"""Records what real Keras's nets are made of: `python tests/applications/record.py`, in an environment with Keras."""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from describe import digest  # noqa: E402
from nets import NETS, built  # noqa: E402


def main():
    import keras

    def zeros(self, shape, dtype=None, **kwargs):
        return keras.ops.zeros(shape, dtype)

    keras.initializers.VarianceScaling.__call__ = zeros  # the values of 100 million weights do not matter
    recorded = {}
    for spec in NETS:
        keras.backend.clear_session()
        recorded[spec] = digest(built(keras, spec))
        print(spec, recorded[spec])
    lines = ",\n".join(f"{json.dumps(spec)}: {json.dumps(facts)}" for spec, facts in recorded.items())
    (FOLDER / "structures.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
