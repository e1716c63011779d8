"""What docs/parity.md says beside a row."""

REMARKS: dict[str, str] = {
    "ScheduleFreeAdamW": "beside Keras on JAX, whose weights after `train_on_batch` are not yet explained; planish's"
    " are those of the paper's steps in float64",
    "sparsemax": "of several numbers above the limit, Keras's have another sum than 1",
    "Huber": "Keras's configuration leaves `delta` out; values and weights agree",
    "Lambda": "its function stands in no configuration: both sides build the model",
}
