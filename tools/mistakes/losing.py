"""A `compute_loss` of the model's own."""

from __future__ import annotations

from cases import Mistake, Stage

LOSING = Stage(
    "A loss of the model's own",
    (
        Mistake(
            "compute_loss that returns nothing",
            """\
class Own(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        keras.ops.mean(keras.ops.square(y - y_pred))

model = Own([Input((3,)), Dense(1)])
model.compile(optimizer="adam")
model.fit(np.zeros((8, 3)), np.zeros((8, 1)), verbose=0)
""",
            None,
        ),
        Mistake(
            "A metric's result in the loss",
            """\
class Own(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.tracker.update_state(y_pred)
        return self.tracker.result()

model = Own([Input((3,)), Dense(1)])
model.tracker = keras.metrics.Mean()
model.compile(optimizer="adam")
model.fit(np.zeros((8, 3)), np.zeros((8, 1)), verbose=0)
""",
            None,
        ),
        Mistake(
            "The usual loss without targets",
            """\
class Own(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y, y_pred, sample_weight)

model = Own([Input((3,)), Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(np.zeros((8, 3)), verbose=0)
""",
            None,
        ),
        Mistake(
            "compute_loss with other arguments",
            """\
class Own(Sequential):
    def compute_loss(self, y, y_pred):
        return keras.ops.mean(keras.ops.square(y - y_pred))

Own([Input((3,)), Dense(1)]).compile(optimizer="adam")
""",
            None,
        ),
        Mistake(
            "A step of one's own that only unpacks the data",
            """\
class Own(Sequential):
    def train_step(self, data):
        x, y = data["image"], data["label"]
        return super().train_step((x, y))

Own([Input((3,)), Dense(1)]).compile(optimizer="adam", loss="mse")
""",
            None,
        ),
        Mistake(
            "compute_metrics of one's own",
            """\
class Own(Sequential):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {"mine": 1.0}

Own([Input((3,)), Dense(1)]).compile(optimizer="adam", loss="mse")
""",
            None,
        ),
    ),
)
