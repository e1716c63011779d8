"""Mistakes with convolutions of other kinds."""

from __future__ import annotations

from cases import Mistake, Stage

CONVOLVING = Stage(
    "Convolutions of other kinds",
    (
        Mistake(
            "Filters given to a layer that has none",
            """\
Sequential([Input((28, 28, 16)), keras.layers.DepthwiseConv2D(32, 3), Flatten(), Dense(10)])
""",
            """\
nn.Conv2d(16, 24, 3, groups=16)
""",
        ),
        Mistake(
            "A convolution of sequences for images",
            """\
Sequential([Input((28, 28, 1)), keras.layers.Conv1D(32, 3), Flatten(), Dense(10)])
""",
            """\
nn.Conv1d(1, 32, 3)(x)
""",
        ),
        Mistake(
            "Sequences shorter than the kernel",
            """\
Sequential([Input((6, 3)), keras.layers.Conv1D(32, 9), Flatten(), Dense(10)])
""",
            """\
nn.Conv1d(3, 32, 9)(torch.zeros(1, 3, 6))
""",
        ),
        Mistake(
            "An output padding as large as the strides",
            """\
keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same", output_padding=2)
""",
            """\
nn.ConvTranspose2d(8, 8, 3, stride=2, padding=1, output_padding=2)(torch.zeros(1, 8, 14, 14))
""",
        ),
        Mistake(
            "Strides together with dilation",
            """\
keras.layers.Conv1D(32, 3, strides=2, dilation_rate=2)
""",
            None,
        ),
        Mistake(
            "Weights of a convolution for one in the opposite direction",
            """\
layer = keras.layers.Conv2DTranspose(8, 3)
layer.build((None, 14, 14, 4))
layer.set_weights([np.zeros((3, 3, 4, 8)), np.zeros(8)])
""",
            """\
layer = nn.ConvTranspose2d(4, 8, 3)
layer.load_state_dict({"weight": torch.zeros(8, 4, 3, 3), "bias": torch.zeros(8)})
""",
        ),
    ),
)
