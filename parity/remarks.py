"""What docs/parity.md says beside a row."""

REMARKS: dict[str, str] = {
    "ScheduleFreeAdamW": "beside Keras on JAX, whose steps are the paper's: on TensorFlow, Keras reads the point that"
    " the steps have reached after it was moved, and in `fit` lets it begin at 0",
    "sparsemax": "of several numbers above the limit, Keras's have another sum than 1",
    "Huber": "Keras's configuration leaves `delta` out; values and weights agree",
    "Lambda": "its function stands in no configuration: both sides build the model",
    **dict.fromkeys(
        ("AugMix", "CutMix", "MixUp", "RandAugment"),
        "means and deviations of many images that training changes are compared in `tests/layers/`",
    ),
    "RandomElasticTransform": "distances in training are compared with their law in `tests/layers/`",
}
