"""VGG19: sixteen convolutions and three dense layers."""

from __future__ import annotations

from planish.applications.frame import Net, Tensor, application
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import blue_first as preprocess_input
from planish.applications.pretrained import APPLICATIONS, kernel_files
from planish.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

_FILES = kernel_files(
    APPLICATIONS + "vgg19/", "vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"
)


@application("vgg19", _FILES, size=224)
def VGG19(net: Net) -> Tensor:
    """VGG with sixteen convolutions and three dense layers, for images of 224x224 (arXiv:1409.1556)."""
    return vgg(net, (2, 2, 4, 4, 4))
