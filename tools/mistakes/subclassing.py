"""Mistakes in layers and models that are classes of the user's own, and in operations."""

from __future__ import annotations

from cases import Mistake, Stage

SUBCLASSING = Stage(
    "Layers, models and operations of your own",
    (
        Mistake(
            "A model class without super().__init__()",
            """\
class Classifier(keras.Model):
    def __init__(self):
        self.scores = Dense(10)

    def call(self, x):
        return self.scores(x)

Classifier()
""",
            """\
class Classifier(nn.Module):
    def __init__(self):
        self.scores = nn.Linear(784, 10)

Classifier()
""",
        ),
        Mistake(
            "A call that returns nothing",
            """\
class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.scores = Dense(10)

    def call(self, x):
        self.scores(x)

Classifier().predict(np.zeros((64, 784)), verbose=0)
""",
            """\
class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Linear(784, 10)

    def forward(self, x):
        self.scores(x)

Classifier()(torch.zeros(64, 784))
""",
        ),
        Mistake(
            "A layer without call",
            """\
class Scaled(keras.layers.Layer):
    pass

Scaled()(Input((784,)))
""",
            """\
class Scaled(nn.Module):
    pass

Scaled()(torch.zeros(64, 784))
""",
        ),
        Mistake(
            "A call that decides with if",
            """\
class Gate(keras.layers.Layer):
    def call(self, x):
        if keras.ops.mean(x) > 0:
            return x
        return -x

Gate()(Input((784,)))
""",
            None,
        ),
        Mistake(
            "A call that computes with NumPy",
            """\
class Standardized(keras.layers.Layer):
    def call(self, x):
        return (x - np.mean(x)) / np.std(x)

Standardized()(Input((784,)))
""",
            None,
        ),
        Mistake(
            "A weight that was never made",
            """\
class Scaled(keras.layers.Layer):
    def call(self, x):
        return x * self.scale

Scaled()(Input((784,)))
""",
            """\
class Scaled(nn.Module):
    def forward(self, x):
        return x * self.scale

Scaled()(torch.zeros(64, 784))
""",
        ),
        Mistake(
            "A weight of another shape than the input",
            """\
class Scaled(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(10,), initializer="ones")

    def call(self, x):
        return x * self.scale

Scaled()(Input((784,)))
""",
            """\
torch.zeros(64, 784) * torch.ones(10)
""",
        ),
        Mistake(
            "The weights of a model before it has seen data",
            """\
class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.scores = Dense(10)

    def call(self, x):
        return self.scores(x)

Classifier().scores.kernel
""",
            None,
        ),
        Mistake(
            "A shape that has another number of elements",
            """\
keras.ops.reshape(Input((784,)), (-1, 28, 29))
""",
            """\
torch.zeros(64, 784).reshape(-1, 28, 29)
""",
        ),
        Mistake(
            "Matrices whose sizes do not meet",
            """\
keras.ops.matmul(Input((28, 32)), np.zeros((28, 10)))
""",
            """\
torch.zeros(64, 28, 32) @ torch.zeros(28, 10)
""",
        ),
        Mistake(
            "An axis that is not there",
            """\
keras.ops.sum(Input((784,)), axis=2)
""",
            """\
torch.zeros(64, 784).sum(2)
""",
        ),
    ),
)
