"""Mistakes on the way from an array to a Dense layer, as their makers type them, in Keras's words and in PyTorch's."""

from __future__ import annotations

from dataclasses import dataclass

# Run before each mistake. planish and Keras run the same text.
KERAS_GIVEN = """\
def cnn(size=28, channels=1, classes=10):
    model = Sequential([
        Input((size, size, channels)),
        Conv2D(32, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(classes, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model

x, y = np.zeros((64, 28, 28, 1), "float32"), np.zeros(64, int)
"""

TORCH_GIVEN = """\
def cnn(features=5408, channels=1, classes=10):
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(features, classes)
    )

loss_of = nn.CrossEntropyLoss()
x, y = torch.zeros(64, 1, 28, 28), torch.zeros(64, dtype=torch.long)
"""


@dataclass(frozen=True)
class Mistake:
    """`keras` is run by planish and Keras, `torch` by PyTorch; None where PyTorch has no such step.

    `own`: Keras has no such step. `needs_torch`: planish is run where PyTorch is, too.
    """

    title: str
    keras: str
    torch: str | None
    own: bool = False
    needs_torch: bool = False


@dataclass(frozen=True)
class Stage:
    """Where a user is when it happens."""

    title: str
    mistakes: tuple[Mistake, ...]
