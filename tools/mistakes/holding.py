"""Mistakes in what arrays hold, whatever their shape."""

from __future__ import annotations

from cases import Mistake, Stage

HOLDING = Stage(
    "What arrays hold",
    (
        Mistake(
            "Pixels that float32 cannot hold",
            """\
cnn().fit(np.full((64, 28, 28, 1), 1e300), y, verbose=0)
""",
            """\
cnn()(torch.full((64, 1, 28, 28), 1e300, dtype=torch.float64).float())
""",
        ),
        Mistake(
            "Weights that are words",
            """\
model = Sequential([Input((2,)), Dense(3)])
model.set_weights([np.zeros((2, 3)), np.array(["a", "b", "c"])])
""",
            """\
nn.Linear(2, 3).load_state_dict({"weight": torch.zeros(3, 2), "bias": ["a", "b", "c"]})
""",
        ),
    ),
)
