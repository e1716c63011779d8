"""The layers that `one_layer.py` puts in the middle of a small model: kinds of input, and options of each.

Sizes are odd on purpose. What TensorFlow cannot compute on a CPU, or computes wrongly, is missing: adaptive pools to
one window, depthwise convolutions with unequal strides, dilated transposed ones.
"""

from __future__ import annotations

from typing import Any

Options = dict[str, Any]
Choices = tuple[list[int], list[Options]]

STEPS, IMAGE, VOLUME, FILM, ROW = [11, 3], [9, 8, 3], [5, 6, 7, 2], [4, 7, 6, 2], [7]
CHANNELS = [6, 5, 6]
FIRST = {"data_format": "channels_first"}
SAME = {"padding": "same"}
L1L2 = {
    "module": "keras.regularizers",
    "class_name": "L1L2",
    "config": {"l1": 0.003, "l2": 0.01},
    "registered_name": None,
}

CONVOLUTIONS: dict[str, Choices] = {
    "Conv1D": (
        STEPS,
        [
            {"filters": 5, "kernel_size": 3},
            {"filters": 4, "kernel_size": 4, "strides": 2, **SAME, "activation": "tanh"},
            {"filters": 6, "kernel_size": 2, "dilation_rate": 3, "padding": "causal", "groups": 3},
            {"filters": 4, "kernel_size": 5, "use_bias": False, "kernel_regularizer": "l2"},
            {"filters": 3, "kernel_size": 3, "strides": 2, **FIRST},
        ],
    ),
    "Conv2D": (
        IMAGE,
        [
            {"filters": 5, "kernel_size": 3},
            {"filters": 4, "kernel_size": [4, 5], "strides": [2, 1], **SAME, "activation": "relu"},
            {"filters": 3, "kernel_size": 2, "dilation_rate": [2, 3], "use_bias": False},
            {"filters": 6, "kernel_size": 3, "groups": 3, **SAME, "kernel_constraint": "max_norm"},
            {"filters": 17, "kernel_size": 1, "kernel_regularizer": L1L2, "bias_regularizer": "l2"},
            {"filters": 5, "kernel_size": 3, "activity_regularizer": "l2", "activation": "silu"},
            {"filters": 4, "kernel_size": 3, "strides": 2, **SAME, **FIRST},
        ],
    ),
    "Conv3D": (
        VOLUME,
        [
            {"filters": 4, "kernel_size": 3, **SAME, "activation": "tanh"},
            {"filters": 3, "kernel_size": [2, 3, 1], "strides": [2, 1, 3], "use_bias": False},
            {"filters": 4, "kernel_size": [2, 2, 3], "dilation_rate": [1, 2, 1], **SAME, "groups": 2},
        ],
    ),
    "Conv1DTranspose": (
        STEPS,
        [
            {"filters": 4, "kernel_size": 3},
            {"filters": 5, "kernel_size": 2, "strides": 3, **SAME, "activation": "tanh"},
            {"filters": 3, "kernel_size": 4, "strides": 3, "output_padding": 1, "use_bias": False},
        ],
    ),
    "Conv2DTranspose": (
        IMAGE,
        [
            {"filters": 4, "kernel_size": 3},
            {"filters": 5, "kernel_size": [2, 3], "strides": [2, 3], **SAME, "activation": "relu"},
            {"filters": 3, "kernel_size": [4, 3], "strides": 2, "output_padding": 1},
            {"filters": 3, "kernel_size": 2, "strides": 2, "use_bias": False, "kernel_regularizer": "l2"},
        ],
    ),
    "DepthwiseConv1D": (
        STEPS,
        [
            {"kernel_size": 3},
            {"kernel_size": 4, "strides": 2, **SAME, "depth_multiplier": 2, "activation": "tanh"},
            {"kernel_size": 3, "dilation_rate": 2, "use_bias": False},
        ],
    ),
    "DepthwiseConv2D": (
        IMAGE,
        [
            {"kernel_size": 3},
            {"kernel_size": [4, 5], "strides": 2, **SAME, "activation": "relu6"},
            {"kernel_size": [3, 2], "dilation_rate": [2, 1], "depth_multiplier": 3, "use_bias": False},
            {"kernel_size": 3, **SAME, "depthwise_regularizer": "l2", "depthwise_constraint": "unit_norm"},
        ],
    ),
    "SeparableConv1D": (
        STEPS,
        [
            {"filters": 5, "kernel_size": 3},
            {"filters": 4, "kernel_size": 4, "strides": 2, **SAME, "depth_multiplier": 2, "activation": "tanh"},
        ],
    ),
    "SeparableConv2D": (
        IMAGE,
        [
            {"filters": 5, "kernel_size": 3},
            {"filters": 4, "kernel_size": [4, 3], "strides": 2, **SAME, "depth_multiplier": 2, "activation": "silu"},
            {"filters": 3, "kernel_size": 3, "dilation_rate": 2, "use_bias": False, "pointwise_regularizer": "l2"},
        ],
    ),
}

POOLS: dict[str, Choices] = {
    "MaxPooling1D": (STEPS, [{}, {"pool_size": 3, "strides": 2, **SAME}, {"pool_size": 2, **FIRST}]),
    "MaxPooling2D": (
        IMAGE,
        [{}, {"pool_size": [3, 2], "strides": [2, 3], **SAME}, {"pool_size": 3, "strides": 1}, {**SAME, **FIRST}],
    ),
    "MaxPooling3D": (VOLUME, [{}, {"pool_size": [2, 3, 1], "strides": [1, 2, 1], **SAME}, FIRST]),
    "AveragePooling1D": (STEPS, [{"pool_size": 2}, {"pool_size": 3, "strides": 2, **SAME}]),
    "AveragePooling2D": (
        IMAGE,
        [
            {"pool_size": 2},
            {"pool_size": [3, 2], "strides": [2, 3], **SAME},
            {"pool_size": 3, "strides": 1},
            {"pool_size": [4, 3], **FIRST},
        ],
    ),
    "AveragePooling3D": (VOLUME, [{"pool_size": 2}, {"pool_size": [2, 3, 1], "strides": 1, **SAME}]),
    **{
        f"Global{kind}Pooling{rank}D": (shape, [{}, {"keepdims": True}, FIRST])
        for kind in ("Average", "Max")
        for rank, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME))
    },
    **{
        f"Adaptive{kind}Pooling{rank}D": (shape, [{"output_size": size} for size in sizes])
        for kind in ("Average", "Max")
        for rank, shape, sizes in (
            (1, STEPS, [4, 11, 20]),
            (2, IMAGE, [3, [4, 7], [9, 4], [13, 5]]),
            (3, VOLUME, [2, [5, 3, 4], [6, 2, 9]]),
        )
    },
}

BORDERS: dict[str, Choices] = {
    "ZeroPadding1D": (STEPS, [{}, {"padding": [2, 1]}, {"padding": 3, **FIRST}]),
    "ZeroPadding2D": (IMAGE, [{}, {"padding": [[1, 0], [2, 3]]}, {"padding": [0, 2], **FIRST}]),
    "ZeroPadding3D": (VOLUME, [{}, {"padding": [[1, 0], [2, 3], [0, 1]]}, {"padding": [0, 1, 2], **FIRST}]),
    "Cropping1D": (STEPS, [{}, {"cropping": [0, 4]}]),
    "Cropping2D": (IMAGE, [{}, {"cropping": [[1, 0], [2, 3]]}, {"cropping": [1, 0], **FIRST}]),
    "Cropping3D": (VOLUME, [{}, {"cropping": [[1, 0], [2, 3], [0, 1]]}]),
    "UpSampling1D": (STEPS, [{}, {"size": 3}]),
    "UpSampling2D": (
        IMAGE,
        [
            {},
            {"size": [2, 3], **FIRST},
            *({"size": [3, 2], "interpolation": each} for each in ("bilinear", "bicubic", "lanczos3", "lanczos5")),
        ],
    ),
    "UpSampling3D": (VOLUME, [{}, {"size": [2, 1, 3]}]),
}

NORMALIZATIONS: dict[str, Choices] = {
    "BatchNormalization": (
        CHANNELS,
        [
            {},
            {"momentum": 0.6, "epsilon": 0.01, "center": False},
            {"axis": 1, "scale": False},
            {"axis": 2, "beta_regularizer": "l2", "gamma_constraint": "non_neg"},
        ],
    ),
    "LayerNormalization": (
        CHANNELS,
        [{}, {"axis": [1, 2, 3], "epsilon": 0.01}, {"axis": [2, 3], "center": False}, {"axis": 1, "scale": False}],
    ),
    "GroupNormalization": (
        CHANNELS,
        [{"groups": 3}, {"groups": 1, "center": False}, {"groups": 2, "scale": False}, {"groups": 2, "axis": 1}],
    ),
    "RMSNormalization": (CHANNELS, [{}, {"axis": [1, 2, 3]}]),
    "UnitNormalization": (CHANNELS, [{}, {"axis": 2}, {"axis": [1, 2]}]),
    "Normalization": (
        CHANNELS,
        [
            {"axis": None, "mean": 0.4, "variance": 1.7},
            {"axis": 2, "mean": [0.1, 0.4, -0.3, 0.2, 1.0], "variance": [1.0, 0.4, 0.3, 0.9, 2.0]},
            {"axis": None, "mean": 0.4, "variance": 1.7, "invert": True},
        ],
    ),
    "SpectralNormalization": (
        IMAGE,
        [
            {"layer": ["Conv2D", {"filters": 4, "kernel_size": 3, "name": "inner"}]},
            {"layer": ["Dense", {"units": 5, "name": "inner"}], "power_iterations": 3},
        ],
    ),
}

ACTIVATION_LAYERS: dict[str, Choices] = {
    "ReLU": (CHANNELS, [{}, {"max_value": 0.6, "negative_slope": 0.1, "threshold": 0.05}, {"max_value": 6.0}]),
    "LeakyReLU": (CHANNELS, [{}, {"negative_slope": 0.1}]),
    "ELU": (CHANNELS, [{}, {"alpha": 0.7}]),
    "PReLU": (
        CHANNELS,
        [{"alpha_initializer": "he_normal"}, {"shared_axes": [1, 2]}, {"alpha_regularizer": "l2", "shared_axes": [2]}],
    ),
    "Softmax": (CHANNELS, [{}, {"axis": 1}, {"axis": [1, 2]}]),
}

DROPS: dict[str, Choices] = {
    "Dropout": (IMAGE, [{"rate": 0.4}, {"rate": 0.0}]),
    "SpatialDropout1D": (STEPS, [{"rate": 0.4}, {"rate": 0.0}]),
    "SpatialDropout2D": (IMAGE, [{"rate": 0.4}, {"rate": 0.0}]),
    "SpatialDropout3D": (VOLUME, [{"rate": 0.4}, {"rate": 0.0}]),
    "GaussianDropout": (IMAGE, [{"rate": 0.4}, {"rate": 0.0}]),
    "GaussianNoise": (IMAGE, [{"stddev": 0.4}, {"stddev": 0.0}]),
    "AlphaDropout": (IMAGE, [{"rate": 0.4}, {"rate": 0.0}]),
    "ActivityRegularization": (IMAGE, [{"l1": 0.01}, {"l1": 0.002, "l2": 0.01}]),
}

SHAPES: dict[str, Choices] = {
    "Dense": (
        IMAGE,
        [
            {"units": 5, "activation": "relu"},
            {"units": 4, "use_bias": False, "kernel_regularizer": L1L2},
            {"units": 6, "kernel_constraint": "unit_norm", "bias_constraint": "non_neg", "activity_regularizer": "l2"},
        ],
    ),
    "Flatten": (IMAGE, [{}, FIRST]),
    "Permute": (IMAGE, [{"dims": [2, 1, 3]}, {"dims": [3, 1, 2]}]),
    "Reshape": (IMAGE, [{"target_shape": [12, -1]}, {"target_shape": [3, 8, 9]}]),
    "RepeatVector": (ROW, [{"n": 4}]),
    "Identity": (IMAGE, [{}]),
    "Lambda": (IMAGE, [{"function": name} for name in ("scaled", "halves", "means")]),
    "TimeDistributed": (
        FILM,
        [
            {"layer": ["Dense", {"units": 4, "activation": "tanh", "name": "inner"}]},
            {"layer": ["Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "name": "inner"}]},
            {"layer": ["BatchNormalization", {"momentum": 0.6, "name": "inner"}]},
            {"layer": ["MaxPooling2D", {"pool_size": 2, "name": "inner"}]},
        ],
    ),
}

MERGES: dict[str, Choices] = {
    **{name: (IMAGE, [{}]) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")},
    "Concatenate": (IMAGE, [{}, {"axis": 1}, {"axis": 2}]),
    "Dot": ([6, 5], [{"axes": 2}, {"axes": [1, 1]}, {"axes": 2, "normalize": True}]),
}

PIXELS: dict[str, Choices] = {
    "Rescaling": (IMAGE, [{"scale": 0.3}, {"scale": 2.0, "offset": -0.4}, {"scale": [1.0, 2.0, 3.0]}]),
    "Resizing": (
        IMAGE,
        [
            *({"height": 13, "width": 6, "interpolation": each} for each in ("nearest", "bilinear", "bicubic")),
            *({"height": 5, "width": 17, "interpolation": each} for each in ("lanczos3", "lanczos5")),
            {"height": 5, "width": 12, "crop_to_aspect_ratio": True},
            {"height": 7, "width": 12, "pad_to_aspect_ratio": True, "fill_value": 0.3},
            {"height": 4, "width": 3, "antialias": True},
        ],
    ),
    "Pipeline": (
        IMAGE,
        [{"layers": [
            ["Rescaling", {"scale": 0.5, "name": "half"}], ["CenterCrop", {"height": 5, "width": 6, "name": "middle"}],
        ]}],
    ),
    "CenterCrop": (IMAGE, [{"height": 5, "width": 6}, {"height": 4, "width": 11}, {"height": 12, "width": 13}]),
    **{name: (IMAGE, [options]) for name, options in (
        ("RandomFlip", {}), ("RandomRotation", {"factor": 0.2}), ("RandomZoom", {"height_factor": 0.3}),
        ("RandomTranslation", {"height_factor": 0.2, "width_factor": 0.1}), ("RandomShear", {"x_factor": 0.2}),
        ("RandomContrast", {"factor": [0.3, 0.3]}), ("RandomBrightness", {"factor": 0.3}),
        ("RandomErasing", {"factor": 1.0}), ("RandomGrayscale", {"factor": 1.0}),
        ("RandomPerspective", {"scale": 0.5}), ("RandomElasticTransform", {"scale": [0.2, 0.4]}),
        ("AugMix", {"num_chains": 2}), ("RandAugment", {"num_ops": 1}), ("CutMix", {"factor": 0.5}),
        ("MixUp", {"alpha": 0.3}),
    )},
}  # fmt: skip
"""Those that are random do nothing in a prediction; `arrays_table.py` has them with a range of one number."""

LAYERS: dict[str, dict[str, Choices]] = {
    "Convolutions": CONVOLUTIONS, "Pools": POOLS, "Borders and sizes": BORDERS, "Normalizations": NORMALIZATIONS,
    "Activations as layers": ACTIVATION_LAYERS, "Noise and penalties": DROPS, "Dense layers and shapes": SHAPES,
    "Merges": MERGES, "Images": PIXELS,
}  # fmt: skip
"""For each layer the shape of its input, and the arguments of each case."""

FUNCTIONS = [
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh",
    "tanh_shrink",
]  # fmt: skip
"""Of `keras.activations`: those that have a value without further arguments. hard_swish and swish are other names."""
ON_ARRAYS: dict[str, Options] = {"glu": {}, "threshold": {"threshold": 0.3, "default_value": -0.5}}
"""Functions that do not stand in a model: one because Keras mistakes the shape of what it gives, the other because it
needs arguments."""

SOFTMAX, SIGMOID, CURVED = "softmax", "sigmoid", "tanh"
LOSSES: dict[str, tuple[str | None, list[Options]]] = {
    "SparseCategoricalCrossentropy": (SOFTMAX, [{}, {"reduction": "sum"}, {"ignore_class": 2}]),
    "CategoricalCrossentropy": (SOFTMAX, [{}, {"label_smoothing": 0.2}, {"reduction": "sum"}]),
    "BinaryCrossentropy": (SIGMOID, [{}, {"label_smoothing": 0.1}]),
    "BinaryFocalCrossentropy": (SIGMOID, [{}, {"gamma": 3.0, "apply_class_balancing": True, "alpha": 0.3}]),
    "CategoricalFocalCrossentropy": (SOFTMAX, [{}, {"gamma": 1.5, "alpha": 0.4, "label_smoothing": 0.1}]),
    "CategoricalGeneralizedCrossEntropy": (SOFTMAX, [{}, {"q": 0.7}]),
    "MeanSquaredError": (None, [{}, {"reduction": "sum"}]),
    "MeanAbsoluteError": (None, [{}]),
    "MeanAbsolutePercentageError": (None, [{}]),
    "MeanSquaredLogarithmicError": (SIGMOID, [{}]),
    "Huber": (None, [{}, {"delta": 0.4}]),
    "LogCosh": (None, [{}]),
    "CosineSimilarity": (None, [{}]),
    "KLDivergence": (SOFTMAX, [{}]),
    "Poisson": (SIGMOID, [{}]),
    "Hinge": (CURVED, [{}]),
    "SquaredHinge": (CURVED, [{}]),
    "CategoricalHinge": (SOFTMAX, [{}]),
    "Dice": (SIGMOID, [{}, {"axis": [1]}]),
    "Circle": (None, [{"gamma": 2.0}, {"gamma": 4.0, "margin": 0.1, "remove_diagonal": False}]),
    "Tversky": (SIGMOID, [{}, {"alpha": 0.3, "beta": 0.7}, {"axis": [1]}]),
}
"""For each loss the last activation of its model, and the arguments of each case."""
LOGITS = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy",
          "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy")  # fmt: skip
