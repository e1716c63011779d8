"""What docs/parity.md says beside a row."""

REMARKS: dict[str, str] = {
    "ScheduleFreeAdamW": "Keras on JAX: on TensorFlow it uses the new point where the paper has the old one",
    "Lambda": "its function stands in no configuration: both sides build the model",
}
