"""Nets that people know, in Keras's layers, with Keras's names: its files of weights fit them.

>>> model = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=10)
>>> model.output_shape
(None, 10)

Modules are imported when they are first used.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planish.applications.convnext import (
        ConvNeXtBase,
        ConvNeXtLarge,
        ConvNeXtSmall,
        ConvNeXtTiny,
        ConvNeXtXLarge,
    )
    from planish.applications.densenet import DenseNet121, DenseNet169, DenseNet201
    from planish.applications.efficientnet import (
        EfficientNetB0,
        EfficientNetB1,
        EfficientNetB2,
        EfficientNetB3,
        EfficientNetB4,
        EfficientNetB5,
        EfficientNetB6,
        EfficientNetB7,
    )
    from planish.applications.efficientnet_v2 import (
        EfficientNetV2B0,
        EfficientNetV2B1,
        EfficientNetV2B2,
        EfficientNetV2B3,
        EfficientNetV2L,
        EfficientNetV2M,
        EfficientNetV2S,
    )
    from planish.applications.inception_resnet_v2 import InceptionResNetV2
    from planish.applications.inception_v3 import InceptionV3
    from planish.applications.mobilenet import MobileNet
    from planish.applications.mobilenet_v2 import MobileNetV2
    from planish.applications.mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
    from planish.applications.nasnet import NASNetLarge, NASNetMobile
    from planish.applications.resnet import ResNet50, ResNet101, ResNet152
    from planish.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
    from planish.applications.vgg16 import VGG16
    from planish.applications.vgg19 import VGG19
    from planish.applications.xception import Xception

_FUNCTIONS = {
    "convnext": "ConvNeXtBase ConvNeXtLarge ConvNeXtSmall ConvNeXtTiny ConvNeXtXLarge",
    "densenet": "DenseNet121 DenseNet169 DenseNet201",
    "efficientnet": " ".join(f"EfficientNetB{number}" for number in range(8)),
    "efficientnet_v2": " ".join(f"EfficientNetV2{kind}" for kind in ("B0", "B1", "B2", "B3", "L", "M", "S")),
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3Large MobileNetV3Small",
    "nasnet": "NASNetLarge NASNetMobile",
    "resnet": "ResNet50 ResNet101 ResNet152",
    "resnet_v2": "ResNet50V2 ResNet101V2 ResNet152V2",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}
_MODULE_OF = {name: module for module, names in _FUNCTIONS.items() for name in names.split()}

__all__ = [
    "VGG16",
    "VGG19",
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "NASNetLarge",
    "NASNetMobile",
    "ResNet50",
    "ResNet50V2",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "Xception",
    "convnext",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
    "imagenet_utils",
    "inception_resnet_v2",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "nasnet",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # type checkers know the names themselves

    def __getattr__(name: str) -> Any:
        if name in __all__ and name not in _MODULE_OF:
            return importlib.import_module(f"planish.applications.{name}")
        if name in _MODULE_OF:
            return getattr(importlib.import_module(f"planish.applications.{_MODULE_OF[name]}"), name)
        from planish import absent

        raise absent.missing("applications", name, sys._getframe(1))
