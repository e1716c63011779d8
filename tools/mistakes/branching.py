"""Mistakes in models that are graphs of layers: branches, shared and nested layers, several inputs and outputs."""

from __future__ import annotations

from cases import Mistake, Stage

TWO_IN = """\
a, b = Input((3,), name="a"), Input((4,), name="b")
model = keras.Model([a, b], Dense(2)(keras.layers.Concatenate()([a, b])))
"""

TWO_OUT = """\
image = Input((28, 28, 1))
flat = Flatten()(image)
model = keras.Model(image, [Dense(10, name="digit")(flat), Dense(1, name="slant")(flat)])
"""

BRANCHING = Stage(
    "Models with branches, several inputs and several outputs",
    (
        Mistake(
            "An array where Input(...) belongs",
            """\
keras.Model(inputs=x, outputs=Dense(10)(Input((784,))))
""",
            None,
        ),
        Mistake(
            "A layer as an output",
            """\
image = Input((28, 28, 1))
keras.Model(image, Flatten())
""",
            None,
        ),
        Mistake(
            "A layer that is called on a layer",
            """\
Dense(10)(Flatten())
""",
            """\
nn.Linear(784, 10)(nn.Flatten())
""",
        ),
        Mistake(
            "An input that the model was not told of",
            """\
a, b = Input((3,), name="a"), Input((3,), name="b")
keras.Model(a, keras.layers.Add()([a, b]))
""",
            None,
        ),
        Mistake(
            "A model without outputs",
            """\
keras.Model(inputs=Input((28, 28, 1)))
""",
            None,
        ),
        Mistake(
            "A shortcut around a convolution without padding",
            """\
image = Input((28, 28, 16))
keras.layers.Add()([image, Conv2D(16, (3, 3))(image)])
""",
            """\
image = torch.zeros(1, 16, 28, 28)
image + nn.Conv2d(16, 16, 3)(image)
""",
        ),
        Mistake(
            "Branches of different sizes side by side",
            """\
image = Input((28, 28, 1))
keras.layers.Concatenate()([Conv2D(8, (3, 3))(image), Conv2D(8, (5, 5))(image)])
""",
            """\
image = torch.zeros(1, 1, 28, 28)
torch.cat([nn.Conv2d(1, 8, 3)(image), nn.Conv2d(1, 8, 5)(image)], 1)
""",
        ),
        Mistake(
            "A merging layer without a list",
            """\
a, b = Input((3,)), Input((3,))
keras.layers.Add()(a, b)
""",
            None,
        ),
        Mistake(
            "A difference of three",
            """\
keras.layers.Subtract()([Input((3,)), Input((3,)), Input((3,))])
""",
            None,
        ),
        Mistake(
            "A product of vectors of different sizes",
            """\
keras.layers.Dot(axes=1)([Input((3,)), Input((4,))])
""",
            """\
torch.zeros(3) @ torch.zeros(4)
""",
        ),
        Mistake(
            "NumPy on a symbolic tensor",
            """\
np.mean(Flatten()(Input((28, 28, 1))))
""",
            None,
        ),
        Mistake(
            "A symbolic tensor in if",
            """\
image = Input((28, 28, 1))
if image > 0.5:
    image = image / 255
""",
            None,
        ),
        Mistake(
            "A part of a symbolic tensor that is assigned",
            """\
image = Input((28, 28, 1))
image[:, 0] = 0.0
""",
            None,
        ),
        Mistake(
            "The length of a symbolic tensor",
            """\
len(Input((28, 28, 1)))
""",
            None,
        ),
        Mistake(
            "A loop over a symbolic tensor",
            """\
[Flatten()(image) for image in Input((28, 28, 1))]
""",
            None,
        ),
        Mistake(
            "Two layers of one name",
            """\
image = Input((784,))
hidden = Dense(10, name="dense")(image)
keras.Model(image, Dense(10, name="dense")(hidden))
""",
            None,
        ),
        Mistake(
            "A shared layer on another size",
            """\
scores = Dense(10)
scores(Flatten()(Input((28, 28, 1))))
scores(Flatten()(Input((32, 32, 1))))
""",
            """\
scores = nn.Linear(784, 10)
scores(torch.zeros(1, 784)), scores(torch.zeros(1, 1024))
""",
        ),
        Mistake(
            "A model inside a model, on other images",
            """\
cnn()(Input((32, 32, 1)))
""",
            """\
cnn()(torch.zeros(1, 1, 32, 32))
""",
        ),
        Mistake(
            "A layer's output under another name",
            """\
model = cnn()
keras.Model(model.input, model.get_layer("flaten").output)
""",
            """\
cnn().get_submodule("flaten")
""",
        ),
        Mistake(
            "The output of a layer that was never called",
            """\
layer = Flatten()
keras.Model(Input((28, 28, 1)), layer.output)
""",
            None,
        ),
        Mistake(
            "Flatten behind an image of any size",
            """\
image = Input((None, None, 1))
Dense(10)(Flatten()(image))
""",
            None,
        ),
        Mistake(
            "One array for two inputs",
            TWO_IN
            + """\
model.predict(np.zeros((64, 3)), verbose=0)
""",
            None,
        ),
        Mistake(
            "The arrays of two inputs in the wrong order",
            TWO_IN
            + """\
model.predict([np.zeros((64, 4)), np.zeros((64, 3))], verbose=0)
""",
            None,
        ),
        Mistake(
            "Arrays of two inputs that differ in length",
            TWO_IN
            + """\
model.predict([np.zeros((64, 3)), np.zeros((32, 4))], verbose=0)
""",
            None,
        ),
        Mistake(
            "An input that is missing in the data",
            TWO_IN
            + """\
model.predict({"a": np.zeros((64, 3))}, verbose=0)
""",
            None,
        ),
        Mistake(
            "One array of targets for two outputs",
            TWO_OUT
            + """\
model.compile(optimizer="adam", loss=["mse", "mse"])
model.fit(x, np.zeros((64, 10)), verbose=0)
""",
            None,
        ),
        Mistake(
            "A loss for an output of another name",
            TWO_OUT
            + """\
model.compile(optimizer="adam", loss={"digits": "mse", "slant": "mse"})
model.fit(x, [np.zeros((64, 10)), np.zeros((64, 1))], verbose=0)
""",
            None,
        ),
        Mistake(
            "One loss weight too many",
            TWO_OUT
            + """\
model.compile(optimizer="adam", loss=["mse", "mse"], loss_weights=[1.0, 0.5, 0.1])
model.fit(x, [np.zeros((64, 10)), np.zeros((64, 1))], verbose=0)
""",
            None,
        ),
        Mistake(
            "Metrics of two outputs in one list",
            TWO_OUT
            + """\
model.compile(optimizer="adam", loss=["mse", "mse"], metrics=["mae", "mse", "accuracy"])
model.fit(x, [np.zeros((64, 10)), np.zeros((64, 1))], verbose=0)
""",
            None,
        ),
        Mistake(
            "Weights of classes for two outputs",
            TWO_OUT
            + """\
model.compile(optimizer="adam", loss=["mse", "mse"])
model.fit(x, [np.zeros((64, 10)), np.zeros((64, 1))], class_weight={0: 1.0, 1: 5.0}, verbose=0)
""",
            None,
        ),
    ),
)
