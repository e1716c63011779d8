"""Mistakes in predicting and evaluating."""

from __future__ import annotations

from cases import Mistake, Stage

PREDICTING = Stage(
    "Predicting and evaluating",
    (
        Mistake(
            "One image without a batch axis",
            """\
cnn().predict(x[0], verbose=0)
""",
            """\
cnn()(x[0])
""",
        ),
        Mistake(
            "One label for all images",
            """\
cnn().evaluate(x, y[:1], verbose=0)
""",
            """\
loss_of(cnn()(x), y[:1])
""",
        ),
        Mistake(
            "Validation data of another size",
            """\
cnn().fit(x, y, validation_data=(np.zeros((8, 32, 32, 1)), y[:8]), verbose=0)
""",
            None,
        ),
        Mistake(
            "A list of files",
            """\
cnn().predict(["one.png", "two.png"], verbose=0)
""",
            """\
cnn()(["one.png", "two.png"])
""",
        ),
        Mistake(
            "A file's name where the image belongs",
            """\
cnn().predict("digit.png", verbose=0)
""",
            """\
cnn()("digit.png")
""",
        ),
    ),
)
