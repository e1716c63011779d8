"""The nets that are compared with Keras's, and how: a name and arguments each; no test by itself."""

SMALL = (64, 64, 3)
NETS = {
    "VGG16": {},
    "VGG16 pooled": {"include_top": False, "input_shape": SMALL, "pooling": "avg"},
    "VGG19": {"include_top": False},
    "ResNet50": {},
    "ResNet50 for 7": {"classes": 7, "input_shape": SMALL, "classifier_activation": None},
    "ResNet101": {"include_top": False, "pooling": "max"},
    "ResNet152": {},
    "ResNet50V2": {},
    "ResNet101V2": {"include_top": False, "input_shape": SMALL},
    "ResNet152V2": {},
    "DenseNet121": {},
    "DenseNet169": {"include_top": False, "pooling": "avg"},
    "DenseNet201": {},
    "InceptionV3": {},
    "InceptionV3 odd": {"input_shape": (100, 91, 3), "classes": 5},
    "Xception": {},
    "Xception open": {"include_top": False, "pooling": "max"},
    "MobileNet": {},
    "MobileNet quarter": {"alpha": 0.25, "input_shape": SMALL, "depth_multiplier": 2, "classes": 10},
    "MobileNetV2": {},
    "MobileNetV2 wide": {"alpha": 1.4, "input_shape": (97, 64, 3), "classes": 10},
    "MobileNetV2 open": {"include_top": False, "alpha": 0.35},
    "MobileNetV3Small": {},
    "MobileNetV3Small minimalistic": {"minimalistic": True, "input_shape": SMALL, "include_preprocessing": False},
    "MobileNetV3Large": {"include_top": False, "pooling": "avg"},
    "MobileNetV3Large wide": {"alpha": 1.25, "classes": 10, "dropout_rate": 0.0},
    **{f"EfficientNetB{number}": {} for number in range(8)},
    "EfficientNetB0 pooled": {"include_top": False, "input_shape": (65, 64, 3), "pooling": "avg"},
    **{f"EfficientNetV2{kind}": {} for kind in ("B0", "B1", "B2", "B3", "S", "M", "L")},
    "EfficientNetV2B2 pooled": {
        "include_top": False,
        "input_shape": (65, 64, 3),
        "pooling": "max",
        "include_preprocessing": False,
    },
    "EfficientNetV2B0 gray": {"input_shape": (64, 64, 1), "classes": 5},
    "InceptionResNetV2": {},
    "InceptionResNetV2 odd": {"input_shape": (100, 91, 3), "include_top": False, "pooling": "avg"},
    "NASNetMobile": {},
    "NASNetMobile odd": {"input_shape": (75, 64, 3), "include_top": False, "pooling": "avg"},
    "NASNetLarge": {"include_top": False},
    "ConvNeXtTiny": {},
    "ConvNeXtTiny pooled": {
        "include_top": False,
        "input_shape": SMALL,
        "pooling": "avg",
        "include_preprocessing": False,
    },
    "ConvNeXtSmall": {},
    "ConvNeXtBase": {"include_top": False},
}
PREDICTED = {"ResNet50V2": 1.0, "MobileNet": 2.0, "MobileNetV3Small": 3.0, "EfficientNetB0": 4.0}
"""Nets whose numbers are compared, and the variances of their kernels that let images reach the predictions."""


def built(keras, spec):
    """The net with random weights, in either library."""
    return getattr(keras.applications, spec.split()[0])(weights=None, **NETS[spec])
