"""Mistakes in building a model."""

from __future__ import annotations

from cases import Mistake, Stage

BUILDING = Stage(
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
        Mistake(
            "A class of one's own that derives from Model",
            """\
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.dense = Flatten(), Dense(10)

    def call(self, x):
        return self.dense(self.flatten(x))

Net().fit(x, y, verbose=0)
""",
            None,
        ),
        Mistake(
            "A layer that is made in call",
            """\
class Net(keras.Model):
    def call(self, x):
        self.dense = Dense(10)
        return self.dense(x)

Net()(np.ones((2, 4), "float32"))
""",
            None,
        ),
        Mistake(
            "Two arguments of call, where fit has one",
            """\
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = Dense(10)

    def call(self, a, b):
        return self.dense(a) + self.dense(b)

Net().predict([np.ones((2, 4), "float32"), np.ones((2, 4), "float32")], verbose=0)
""",
            None,
        ),
        Mistake(
            "A penalty that is added outside of call",
            """\
dense = Dense(10)
outputs = dense(Input((4,)))
dense.add_loss(keras.ops.mean(outputs))
""",
            None,
        ),
        Mistake(
            "A constructor that does not take what get_config gives",
            """\
class Scale(keras.layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

Scale.from_config(Scale(2.0).get_config())
""",
            None,
        ),
        Mistake(
            "Layers of float32 and of float64 in one model",
            """\
Sequential([Input((4,)), Dense(8, dtype="float64"), Dense(2)])
""",
            None,
        ),
        Mistake(
            "A precision that planish does not have",
            """\
keras.config.set_floatx("float16")
""",
            None,
        ),
    ),
)
