"""Mistakes in exporting models to files of other programs."""

from __future__ import annotations

from cases import Mistake, Stage

EXPORTING = Stage(
    "Exporting",
    (
        Mistake(
            "The format that Keras takes if none is given",
            """\
cnn(28).export(folder / "model")
""",
            None,
        ),
        Mistake(
            "A format of Keras's that planish does not write",
            """\
cnn(28).export(folder / "model.tflite", format="litert")
""",
            None,
        ),
        Mistake(
            "A version of ONNX's operators that is too old",
            """\
cnn(28).export(folder / "model.onnx", format="onnx", opset_version=9)
""",
            None,
        ),
        Mistake(
            "A model for images of any size",
            """\
image = keras.Input((None, None, 3), name="image")
model = keras.Model(image, keras.layers.GlobalMaxPooling2D()(image))
model.export(folder / "model.onnx", format="onnx")
""",
            None,
        ),
        Mistake(
            "A signature that does not fit the model",
            """\
signature = [keras.layers.InputSpec(shape=(None, 32, 32, 1))]
cnn(28).export(folder / "model.onnx", format="onnx", input_signature=signature)
""",
            None,
        ),
    ),
)
