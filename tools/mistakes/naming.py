"""Mistakes in names: of arguments, of inputs, of functions that are given by name."""

from __future__ import annotations

from cases import Mistake, Stage

NAMING = Stage(
    "Names",
    (
        Mistake(
            "An argument that is spelled wrongly",
            """\
Dense(10, activatoin="softmax")
""",
            """\
nn.Linear(5408, 10, bais=False)
""",
        ),
        Mistake(
            "Images under another name than the input's",
            """\
model = Sequential([Input((28, 28, 1), name="image"), Flatten(), Dense(10)])
model.compile(optimizer="adam", loss="mse")
model.fit({"img": x}, np.zeros((64, 10)), verbose=0)
""",
            None,
        ),
        Mistake(
            "A loss that is spelled wrongly",
            """\
cnn().compile(optimizer="adam", loss="sparse_crossentropy")
""",
            None,
        ),
    ),
)
