"""Mistakes with layers that pool, crop, pad and enlarge, and with layers made of functions and of other layers."""

from __future__ import annotations

from cases import Mistake, Stage

SHAPING = Stage(
    "Other shapes",
    (
        Mistake(
            "Cropping that leaves nothing",
            """\
Sequential([Input((28, 28, 1)), keras.layers.Cropping2D(14), Flatten(), Dense(10)])
""",
            """\
nn.Sequential(nn.ZeroPad2d(-14), nn.Flatten(), nn.Linear(1, 10))(x)
""",
        ),
        Mistake(
            "A border of half pixels",
            """\
ZeroPadding2D(1.5)
""",
            """\
nn.ZeroPad2d(1.5)(x)
""",
        ),
        Mistake(
            "A pooling for sequences on images",
            """\
Sequential([Input((28, 28, 3)), keras.layers.MaxPooling1D(2), Flatten(), Dense(10)])
""",
            """\
nn.Sequential(nn.MaxPool1d(2), nn.Flatten(), nn.Linear(392, 10))(x)
""",
        ),
        Mistake(
            "An interpolation that is spelled wrongly",
            """\
keras.layers.UpSampling2D(2, interpolation="bilinaer")
""",
            """\
nn.Upsample(scale_factor=2, mode="bilinaer")(x)
""",
        ),
        Mistake(
            "A function that computes with NumPy's arrays",
            """\
Sequential([Input((28, 28, 1)), keras.layers.Lambda(lambda x: np.linalg.norm(x, axis=-1)), Flatten(), Dense(10)])
""",
            None,
        ),
        Mistake(
            "A shape that the function does not give",
            """\
keras.layers.Lambda(lambda x: x * 2, output_shape=(784,))(x)
""",
            None,
        ),
        Mistake(
            "Time-distributed layers without an axis of time",
            """\
Sequential([Input((784,)), keras.layers.TimeDistributed(Dense(10))])
""",
            None,
        ),
        Mistake(
            "A file with the code of a lambda",
            """\
keras.Sequential([Input((4,)), keras.layers.Lambda(lambda x: x * 2.0)]).save(folder / "code.keras")
keras.models.load_model(folder / "code.keras")
""",
            None,
        ),
    ),
)
