"""Mistakes in fitting."""

from __future__ import annotations

from cases import Mistake, Stage

FITTING = Stage(
    "Fitting",
    (
        Mistake(
            "Flattened already",
            """\
cnn().fit(np.zeros((64, 784)), y, verbose=0)
""",
            """\
cnn()(torch.zeros(64, 784))
""",
        ),
        Mistake(
            "Images for a model of vectors",
            """\
model = Sequential([Input((784,)), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((64, 28, 28)), y, verbose=0)
""",
            """\
nn.Linear(784, 10)(torch.zeros(64, 28, 28))
""",
        ),
        Mistake(
            "Images of another size",
            """\
cnn().fit(np.zeros((64, 32, 32, 1)), y, verbose=0)
""",
            """\
cnn()(torch.zeros(64, 1, 32, 32))
""",
        ),
        Mistake(
            "Grey images for a model of colour",
            """\
cnn(32, 3).fit(np.zeros((64, 32, 32)), y, verbose=0)
""",
            """\
cnn(7200, 3)(torch.zeros(64, 1, 32, 32))
""",
        ),
        Mistake(
            "Channels in the other place",
            """\
cnn(32, 3).fit(np.zeros((64, 3, 32, 32)), y, verbose=0)
""",
            """\
cnn(7200, 3)(torch.zeros(64, 32, 32, 3))
""",
        ),
        Mistake(
            "Images of several sizes in a list",
            """\
cnn().fit([np.zeros((28, 28, 1)), np.zeros((27, 28, 1))], y[:2], verbose=0)
""",
            """\
torch.stack([torch.zeros(1, 28, 28), torch.zeros(1, 27, 28)])
""",
        ),
        Mistake(
            "A generator whose second batch is of another size",
            """\
def batches():
    yield x[:32], y[:32]
    yield np.zeros((32, 30, 30, 1)), y[:32]

cnn().fit(batches(), verbose=0)
""",
            """\
model = cnn()
for batch in (x[:32], torch.zeros(32, 1, 30, 30)):
    model(batch)
""",
        ),
        Mistake(
            "More targets than images",
            """\
cnn().fit(x, np.zeros(63, int), verbose=0)
""",
            """\
loss_of(cnn()(x), y[:63])
""",
        ),
        Mistake(
            "No images at all",
            """\
cnn().fit(x[:0], y[:0], verbose=0)
""",
            """\
loss_of(cnn()(x[:0]), y[:0])
""",
        ),
        Mistake(
            "One-hot targets for the sparse loss",
            """\
cnn().fit(x, np.eye(10)[y], verbose=0)
""",
            """\
loss_of(cnn()(x), torch.eye(10)[y].long())
""",
        ),
        Mistake(
            "Class numbers for the loss of one-hot targets",
            """\
model = cnn()
model.compile(optimizer="adam", loss="categorical_crossentropy")
model.fit(x, y, verbose=0)
""",
            """\
loss_of(cnn()(x), y.float())
""",
        ),
        Mistake(
            "A label beyond the last unit",
            """\
cnn().fit(x, np.full(64, 10), verbose=0)
""",
            """\
loss_of(cnn()(x), torch.full((64,), 10))
""",
        ),
        Mistake(
            "Images as targets",
            """\
cnn().fit(x, x, verbose=0)
""",
            """\
loss_of(cnn()(x), x)
""",
        ),
        Mistake(
            "One unit for ten classes",
            """\
cnn(classes=1).fit(x, np.arange(64) % 10, verbose=0)
""",
            """\
loss_of(cnn(classes=1)(x), torch.arange(64) % 10)
""",
        ),
        Mistake(
            "Rows and columns exchanged",
            """\
model = Sequential([Input((24, 32, 1)), Conv2D(8, 3), Flatten(), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((64, 32, 24, 1)), y, verbose=0)
""",
            """\
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(22 * 30 * 8, 10))
loss_of(model(torch.zeros(64, 1, 32, 24)), y)
""",
        ),
        Mistake(
            "A model that was built for channels first, without saying so",
            """\
model = Sequential([Input((3, 32, 32)), Conv2D(8, 3), Flatten(), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((64, 32, 32, 3)), y, verbose=0)
""",
            None,
        ),
        Mistake(
            "No input shape, and images without channels",
            """\
model = Sequential([Conv2D(32, 3), MaxPooling2D(2), Flatten(), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((64, 28, 28)), y, verbose=0)
""",
            None,
        ),
        Mistake(
            "The number of images in the input shape of a dense model",
            """\
model = Sequential([Input((64, 28, 28)), Flatten(), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(np.zeros((64, 28, 28)), y, verbose=0)
""",
            None,
        ),
        Mistake(
            "A split that leaves nothing to train on",
            """\
cnn().fit(x[:1], y[:1], validation_split=0.2, verbose=0)
""",
            None,
        ),
        Mistake(
            "Weights for other images",
            """\
cnn().fit(x, y, sample_weight=np.ones(10), verbose=0)
""",
            """\
losses = nn.functional.cross_entropy(cnn()(x), y, reduction="none")
losses * torch.ones(10)
""",
        ),
    ),
)
