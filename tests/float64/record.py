"""Records what Keras on TensorFlow computes in float64: KERAS_BACKEND=tensorflow python -m tests.float64.record"""

import json
from pathlib import Path

import keras
import numpy as np

from tests.float64.cases import classifier, data, filled, trained

HERE = Path(__file__).parent


def main():
    keras.config.set_floatx("float64")
    recorded = {name: trained(keras, name) for name in ("classifier", "regressor")}
    model = filled(classifier(keras), 5)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, classes, _ = data(4)
    model.fit(x, classes, verbose=0)
    model.save(HERE / "keras.keras")
    recorded["file"] = np.asarray(model.predict(x[:3], verbose=0)).tolist()
    (HERE / "recorded.json").write_text(json.dumps(recorded) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
