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
    """`keras` is run by planish and Keras, `torch` by PyTorch; None where PyTorch has no such step."""

    title: str
    keras: str
    torch: str | None


@dataclass(frozen=True)
class Stage:
    """Where a user is when it happens."""

    title: str
    mistakes: tuple[Mistake, ...]


STAGES = (
    Stage(
        "Building a model",
        (
            Mistake(
                "No Flatten before Dense: the scores are a map",
                """\
model = Sequential([Input((28, 28, 1)), Conv2D(32, 3), MaxPooling2D(2), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x, y, verbose=0)
""",
                """\
model = nn.Sequential(nn.Conv2d(1, 32, 3), nn.MaxPool2d(2), nn.Linear(5408, 10))
loss_of(model(x), y)
""",
            ),
            Mistake(
                "A Dense layer that was built for another Flatten",
                """\
head = Dense(10)
Sequential([Input((28, 28, 1)), Flatten(), head])
Sequential([Input((32, 32, 1)), Flatten(), head])
""",
                """\
head = nn.Linear(28 * 28, 10)
nn.Sequential(nn.Flatten(), head)(torch.zeros(1, 1, 32, 32))
""",
            ),
            Mistake(
                "The number of features counted wrongly",
                """\
Sequential([Input((28, 28, 1)), Conv2D(32, 3), MaxPooling2D(2), Reshape((32 * 14 * 14,)), Dense(10)])
""",
                """\
nn.Sequential(nn.Conv2d(1, 32, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 14 * 14, 10))(x)
""",
            ),
            Mistake(
                "Flatten of a map of unknown size",
                """\
Sequential([Input((None, None, 3)), Conv2D(16, 3), Flatten(), Dense(10)])
""",
                """\
nn.Sequential(nn.Conv2d(3, 16, 3), nn.Flatten(), nn.LazyLinear(10)).state_dict()["2.weight"].shape
""",
            ),
            Mistake(
                "A kernel larger than its map",
                """\
Sequential([Input((8, 8, 1)), Conv2D(16, 3), MaxPooling2D(2), Conv2D(32, 5), Flatten(), Dense(10)])
""",
                """\
nn.Sequential(nn.Conv2d(1, 16, 3), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5))(torch.zeros(1, 1, 8, 8))
""",
            ),
            Mistake(
                "Pooling until nothing is left",
                """\
Sequential([Input((28, 28, 1)), *[MaxPooling2D(2) for _ in range(5)], Flatten(), Dense(10)])
""",
                """\
nn.Sequential(*[nn.MaxPool2d(2) for _ in range(5)])(x)
""",
            ),
            Mistake(
                "A convolution after Flatten",
                """\
Sequential([Input((28, 28, 1)), Flatten(), Conv2D(32, 3), Dense(10)])
""",
                """\
nn.Sequential(nn.Flatten(), nn.Conv2d(1, 32, 3))(x)
""",
            ),
            Mistake(
                "Pooling after Flatten",
                """\
Sequential([Input((28, 28, 1)), Conv2D(32, 3), Flatten(), MaxPooling2D(2), Dense(10)])
""",
                """\
nn.Sequential(nn.Conv2d(1, 32, 3), nn.Flatten(), nn.MaxPool2d(2))(x).shape
""",
            ),
            Mistake(
                "An input shape without channels",
                """\
Sequential([Conv2D(32, (3, 3), input_shape=(28, 28)), Flatten(), Dense(10)])
""",
                """\
nn.Conv2d(28, 32, 3)(torch.zeros(64, 28, 28))
""",
            ),
            Mistake(
                "The number of images in the input shape",
                """\
Sequential([Conv2D(32, (3, 3), input_shape=(60000, 28, 28, 1)), Flatten(), Dense(10)])
""",
                None,
            ),
            Mistake(
                "An input shape with the channels first",
                """\
Sequential([Input((3, 32, 32)), Conv2D(16, 5), Flatten(), Dense(10)])
""",
                """\
nn.Conv2d(3, 16, 5)(torch.zeros(64, 32, 32, 3))
""",
            ),
            Mistake(
                "A number where a shape belongs",
                """\
Sequential([Input(784), Dense(10)])
""",
                None,
            ),
            Mistake(
                "Reshape to another number of elements",
                """\
Sequential([Input((784,)), Reshape((28, 29, 1)), Conv2D(8, 3), Flatten(), Dense(10)])
""",
                """\
nn.Unflatten(1, (1, 28, 29))(torch.zeros(64, 784))
""",
            ),
            Mistake(
                "Groups that do not divide the channels",
                """\
Sequential([Input((28, 28, 3)), Conv2D(32, 3, groups=2), Flatten(), Dense(10)])
""",
                """\
nn.Conv2d(3, 32, 3, groups=2)
""",
            ),
            Mistake(
                "A number of units that was divided",
                """\
Sequential([Input((28, 28)), Flatten(), Dense(784 / 2), Dense(10)])
""",
                """\
nn.Linear(784, 784 / 2)
""",
            ),
            Mistake(
                "A convolution that was built for other channels",
                """\
conv = Conv2D(32, 3)
Sequential([Input((28, 28, 1)), conv])
Sequential([Input((28, 28, 3)), conv])
""",
                """\
nn.Conv2d(1, 32, 3)(torch.zeros(1, 3, 28, 28))
""",
            ),
            Mistake(
                "A batch normalization that was built for other channels",
                """\
norm = BatchNormalization()
Sequential([Input((28, 28, 1)), norm])
Sequential([Input((28, 28, 3)), norm])
""",
                """\
nn.BatchNorm2d(1)(torch.zeros(1, 3, 28, 28))
""",
            ),
            Mistake(
                "A model inside a model for images of another size",
                """\
features = Sequential([Input((28, 28, 1)), Conv2D(32, 3), MaxPooling2D(2), Flatten()])
Sequential([Input((32, 32, 1)), features, Dense(10)])
""",
                """\
features = nn.Sequential(nn.Conv2d(1, 32, 3), nn.MaxPool2d(2), nn.Flatten())
nn.Sequential(features, nn.Linear(5408, 10))(torch.zeros(1, 1, 32, 32))
""",
            ),
            Mistake(
                "A convolution added to a finished model",
                """\
model = cnn()
model.add(Conv2D(32, 3))
""",
                """\
model = cnn()
model.append(nn.Conv2d(32, 32, 3))
model(x)
""",
            ),
            Mistake(
                "Global pooling after Flatten",
                """\
Sequential([Input((28, 28, 1)), Conv2D(32, 3), Flatten(), GlobalAveragePooling2D(), Dense(10)])
""",
                """\
nn.Sequential(nn.Conv2d(1, 32, 3), nn.Flatten(), nn.AdaptiveAvgPool2d(1))(x).shape
""",
            ),
            Mistake(
                "Padding after Flatten",
                """\
Sequential([Input((28, 28, 1)), Flatten(), ZeroPadding2D(2), Dense(10)])
""",
                """\
nn.Sequential(nn.Flatten(), nn.ZeroPad2d(2))(x).shape
""",
            ),
            Mistake(
                "Axes ordered that are not there",
                """\
Sequential([Input((3, 32, 32)), Permute((2, 1)), Flatten(), Dense(10)])
""",
                """\
torch.zeros(64, 3, 32, 32).permute(0, 2, 1)
""",
            ),
            Mistake(
                "The batch axis in the input shape",
                """\
Sequential([Input((None, 28, 28, 1)), Flatten(), Dense(10)])
""",
                None,
            ),
            Mistake(
                "An input shape without its brackets",
                """\
Sequential([Input(28, 28, 1), Flatten(), Dense(10)])
""",
                None,
            ),
            Mistake(
                "Weights asked for before there is an input shape",
                """\
Sequential([Flatten(), Dense(10)]).count_params()
""",
                """\
nn.Sequential(nn.Flatten(), nn.LazyLinear(10))[1].weight.shape
""",
            ),
        ),
    ),
    Stage(
        "Fitting",
        (
            Mistake(
                "No channel axis",
                """\
cnn().fit(np.zeros((64, 28, 28)), y, verbose=0)
""",
                """\
cnn()(torch.zeros(64, 28, 28))
""",
            ),
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
    ),
    Stage(
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
    ),
    Stage(
        "Loading",
        (
            Mistake(
                "Weights of a model for another image size",
                """\
cnn(28).set_weights(cnn(32).get_weights())
""",
                """\
cnn().load_state_dict(cnn(7200).state_dict())
""",
            ),
            Mistake(
                "A file of weights of a model for another image size",
                """\
cnn(32).save_weights(folder / "cnn.weights.h5")
cnn(28).load_weights(folder / "cnn.weights.h5")
""",
                """\
torch.save(cnn(7200).state_dict(), folder / "cnn.pt")
cnn().load_state_dict(torch.load(folder / "cnn.pt"))
""",
            ),
            Mistake(
                "The dense weights alone",
                """\
cnn().set_weights(cnn().layers[-1].get_weights())
""",
                """\
cnn().load_state_dict(cnn()[-1].state_dict())
""",
            ),
            Mistake(
                "Weights without the last bias",
                """\
cnn().set_weights(cnn().get_weights()[:-1])
""",
                """\
state = cnn().state_dict()
del state["4.bias"]
cnn().load_state_dict(state)
""",
            ),
            Mistake(
                "A convolution's kernel of PyTorch's",
                """\
layer = cnn().layers[0]
layer.set_weights([np.zeros((32, 1, 3, 3)), np.zeros(32)])
""",
                """\
layer = cnn()[0]
layer.load_state_dict({"weight": torch.zeros(3, 3, 1, 32), "bias": torch.zeros(32)})
""",
            ),
            Mistake(
                "A file of weights of a deeper model",
                """\
deeper = Sequential([Input((28, 28, 1)), Flatten(), Dense(64), Dense(10)])
deeper.save_weights(folder / "deeper.weights.h5")
model = Sequential([Input((28, 28, 1)), Flatten(), Dense(64)])
model.load_weights(folder / "deeper.weights.h5")
""",
                """\
deeper = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.Linear(64, 10))
torch.save(deeper.state_dict(), folder / "deeper.pt")
nn.Sequential(nn.Flatten(), nn.Linear(784, 64)).load_state_dict(torch.load(folder / "deeper.pt"))
""",
            ),
            Mistake(
                "A dense kernel the wrong way round",
                """\
layer = cnn().layers[-1]
layer.set_weights([layer.get_weights()[0].T, layer.get_weights()[1]])
""",
                """\
layer = cnn()[-1]
layer.load_state_dict({"weight": layer.weight.T, "bias": layer.bias})
""",
            ),
        ),
    ),
)
