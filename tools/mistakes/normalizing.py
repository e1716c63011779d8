"""Mistakes with layers that normalize, drop and add noise."""

from __future__ import annotations

from cases import Mistake, Stage

NORMALIZING = Stage(
    "Normalizing, dropping, adding noise",
    (
        Mistake(
            "More groups than the channels can be split into",
            """\
Sequential([Input((28, 28, 1)), Conv2D(24, 3), keras.layers.GroupNormalization(), Flatten(), Dense(10)])
""",
            """\
nn.Sequential(nn.Conv2d(1, 24, 3), nn.GroupNorm(32, 24))(x)
""",
        ),
        Mistake(
            "An axis that the images do not have",
            """\
Sequential([Input((28, 28, 1)), Flatten(), keras.layers.LayerNormalization(axis=[1, 2, 3]), Dense(10)])
""",
            """\
nn.Sequential(nn.Flatten(), nn.LayerNorm([28, 28, 1]))(x)
""",
        ),
        Mistake(
            "A mean without a variance",
            """\
keras.layers.Normalization(mean=0.1307)
""",
            None,
        ),
        Mistake(
            "Whole channels dropped after Flatten",
            """\
Sequential([Input((28, 28, 1)), Conv2D(8, 3), Flatten(), keras.layers.SpatialDropout2D(0.2), Dense(10)])
""",
            None,
        ),
        Mistake(
            "PReLU of maps, on maps of another size",
            """\
activation = keras.layers.PReLU()
Sequential([Input((28, 28, 1)), Conv2D(8, 3), activation])
Sequential([Input((32, 32, 1)), Conv2D(8, 3), activation])
""",
            None,
        ),
        Mistake(
            "SpectralNormalization around a layer without a kernel",
            """\
Sequential([Input((28, 28, 1)), keras.layers.SpectralNormalization(Flatten()), Dense(10)])
""",
            """\
nn.utils.parametrizations.spectral_norm(nn.Flatten())
""",
        ),
    ),
)
