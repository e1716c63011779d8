"""VGG16: thirteen convolutions and three dense layers."""

from __future__ import annotations

from planish.applications.frame import Net, Tensor, application
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import blue_first as preprocess_input
from planish.applications.pretrained import APPLICATIONS, kernel_files
from planish.applications.vgg import vgg

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

_FILES = kernel_files(
    APPLICATIONS + "vgg16/", "vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"
)


@application("vgg16", _FILES, size=224)
def VGG16(net: Net) -> Tensor:
    """VGG with thirteen convolutions and three dense layers, for images of 224x224 (arXiv:1409.1556)."""
    return vgg(net, (2, 2, 3, 3, 3))
