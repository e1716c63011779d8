"""The loops over data: `fit`, `evaluate` and `predict`, with callbacks and progress."""
