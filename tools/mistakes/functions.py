"""Mistakes in losses, activations and other pieces of one's own."""

from __future__ import annotations

from cases import Mistake, Stage

FUNCTIONS = Stage(
    "Losses, activations and other pieces of your own",
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
            "A constraint that decides with if",
            """\
held = lambda w: w if w > 0 else 0 * w
model = Sequential([Input((28, 28, 1)), Flatten(), Dense(10, kernel_constraint=held)])
model.compile("sgd", "mse")
model.fit(x, np.zeros((64, 10)), verbose=0)
""",
            None,
        ),
        Mistake(
            "A metric without super().__init__()",
            """\
class Largest(keras.metrics.Metric):
    def __init__(self):
        self.largest = self.add_weight(name="largest", initializer="zeros")

Largest()
""",
            None,
        ),
        Mistake(
            "The learning rate under its old name",
            """\
model = cnn()
model.compile(optimizer="adam", loss="mse")
model.optimizer.lr = 0.01
""",
            None,
        ),
        Mistake(
            "A method of Keras 2",
            """\
model = cnn()
model.fit_generator(iter([]))
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
