"""Records what real Keras makes of the programs.

KERAS_BACKEND=tensorflow python -m tests.keras.own.record
"""

import json
from pathlib import Path

import keras

from tests.keras.own.programs import facts_of, load

if __name__ == "__main__":
    facts = {name: facts_of(run, keras) for name, run in load().items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items())
    Path(__file__).with_name("facts.json").write_text(f"{{\n{lines}\n}}\n")
