"""Mistakes in losses and activations of one's own."""

from __future__ import annotations

from cases import Mistake, Stage

FUNCTIONS = Stage(
    "Losses and activations of your own",
    (
        Mistake(
            "A loss that decides with if",
            """\
model = cnn()
model.compile(optimizer="adam", loss=lambda t, p: t - p if t > p else p - t)
model.fit(x, np.zeros((64, 10)), verbose=0)
""",
            """\
model = cnn()
loss_of = lambda t, p: t - p if t > p else p - t
loss_of(torch.zeros(64, 10), model(x))
""",
        ),
        Mistake(
            "A loss that does not compute with its arguments",
            """\
model = cnn()
model.compile(optimizer="adam", loss=lambda t, p: 1.0)
model.fit(x, np.zeros((64, 10)), verbose=0)
""",
            """\
model = cnn()
loss_of = lambda t, p: 1.0
loss_of(torch.zeros(64, 10), model(x)).backward()
""",
        ),
        Mistake(
            "An activation that picks one image",
            """\
Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation=lambda x: x[0] - x)])
""",
            None,
        ),
        Mistake(
            "Weights of images for vectors along the batch",
            """\
model = cnn()
model.compile(optimizer="adam", loss=keras.losses.CosineSimilarity(axis=0))
model.fit(x, np.zeros((64, 10)), sample_weight=np.ones(64), verbose=0)
""",
            None,
        ),
    ),
)
