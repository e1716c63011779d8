"""ConvNeXt: depthwise convolutions of 7x7 and dense layers on pixels (Liu and others, arXiv:2201.03545)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from planish import config, layers, primitives
from planish.applications.frame import (
    IMAGENET,
    IMAGENET_CLASSES,
    Arguments,
    ImageShape,
    Net,
    Tensor,
    Weights,
    channels_of,
    named_as,
)
from planish.applications.imagenet_utils import decode_predictions
from planish.applications.preprocessing import unchanged as preprocess_input
from planish.applications.pretrained import APPLICATIONS, Files, files
from planish.graph.node import Node
from planish.initializers import Constant
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.models import Model, Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "LayerScale",
    "decode_predictions",
    "preprocess_input",
]

_EPSILON = 1e-6
_MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255]
_VARIANCE = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2]
_FIRST_SCALE = 1e-6


class LayerScale(Layer):
    """Each channel times a weight, which begins at `init_values`. `projection_dim`: the number of channels."""

    def __init__(self, init_values: float, projection_dim: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def create_weights(self, shape: Shape) -> None:
        self.gamma = self.add_weight(shape=(self.projection_dim,), initializer=Constant(self.init_values))

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.multiply(x, self.gamma.node)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "init_values": self.init_values, "projection_dim": self.projection_dim}


def _convnext(
    net: Net, blocks: tuple[int, ...], every_filters: tuple[int, ...], name: str, include_preprocessing: bool
) -> Tensor:
    if config.image_data_format() == "channels_first":
        raise net.mistake("the data format", "'channels_last': Keras has ConvNeXt in that one only", "channels_first")
    x = net.image
    if include_preprocessing and channels_of(x) == 3:
        x = layers.Normalization(mean=_MEAN, variance=_VARIANCE, name=f"{name}_prestem_normalization")(x)
    for stage, (filters, count) in enumerate(zip(every_filters, blocks, strict=True)):
        x = _smaller(filters, stage, name)(x)
        for place in range(count):
            x = _block(x, filters, f"{name}_stage_{stage}_block_{place}")
    if net.given.include_top:
        return _head(net, x, name)
    x = net.end(x, lambda x: x, None, None)
    return layers.LayerNormalization(epsilon=_EPSILON)(x)


def _smaller(filters: int, stage: int, name: str) -> Sequential:
    """The model inside the model that divides height and width, by 4 before the first stage, by 2 before others."""
    if stage == 0:
        first = layers.Conv2D(filters, kernel_size=4, strides=4, name=f"{name}_stem_conv")
        normalization = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_stem_layernorm")
        return Sequential([first, normalization], name=f"{name}_stem")
    place = stage - 1
    normalization = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_downsampling_layernorm_{place}")
    convolution = layers.Conv2D(filters, kernel_size=2, strides=2, name=f"{name}_downsampling_conv_{place}")
    return Sequential([normalization, convolution], name=f"{name}_downsampling_block_{place}")


def _block(x: Tensor, filters: int, name: str) -> Tensor:
    before = x
    x = layers.Conv2D(filters, kernel_size=7, padding="same", groups=filters, name=f"{name}_depthwise_conv")(x)
    x = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_layernorm")(x)
    x = layers.Dense(4 * filters, name=f"{name}_pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}_gelu")(x)
    x = layers.Dense(filters, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(_FIRST_SCALE, filters, name=f"{name}_layer_scale")(x)
    return before + layers.Activation("linear", name=f"{name}_identity")(x)


def _head(net: Net, x: Tensor, name: str) -> Tensor:
    x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_head_layernorm")(x)
    return net.classifier(name=f"{name}_head_dense")(x)


def _files(size: str, with_top: str, without_top: str) -> Files:
    name = f"convnext_{size}"
    return files(APPLICATIONS + "convnext/", f"{name}.h5", f"{name}_notop.h5", with_top, without_top)


_Build = Callable[[Net, str, bool], Tensor]
"""(net, name of the model, whether it takes values of 0 to 255) -> the end."""


def application_with_preprocessing(default_name: str, weight_files: Files) -> Callable[[_Build], Callable[..., Model]]:
    """Makes Keras's function of the layers of a net, which the decorated function calls."""

    def decorated(build: _Build) -> Callable[..., Model]:
        def function(
            include_top: bool = True,
            include_preprocessing: bool = True,
            weights: Weights = IMAGENET,
            input_tensor: Any = None,
            input_shape: ImageShape | None = None,
            pooling: str | None = None,
            classes: int = IMAGENET_CLASSES,
            classifier_activation: Any = "softmax",
            name: str = default_name,
        ) -> Model:
            given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
            net = Net(build.__name__, given, size=224)
            return net.model(build(net, name, include_preprocessing), name, lambda: weight_files)

        return named_as(function, build)

    return decorated


@application_with_preprocessing(
    "convnext_tiny",
    _files(
        "tiny",
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
)
def ConvNeXtTiny(net: Net, name: str, include_preprocessing: bool) -> Tensor:
    """ConvNeXt, tiny, for images of 224x224 with values of 0 to 255 (arXiv:2201.03545)."""
    return _convnext(net, (3, 3, 9, 3), (96, 192, 384, 768), name, include_preprocessing)


@application_with_preprocessing(
    "convnext_small",
    _files(
        "small",
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
)
def ConvNeXtSmall(net: Net, name: str, include_preprocessing: bool) -> Tensor:
    """ConvNeXt, small, for images of 224x224 with values of 0 to 255 (arXiv:2201.03545)."""
    return _convnext(net, (3, 3, 27, 3), (96, 192, 384, 768), name, include_preprocessing)


@application_with_preprocessing(
    "convnext_base",
    _files(
        "base",
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
)
def ConvNeXtBase(net: Net, name: str, include_preprocessing: bool) -> Tensor:
    """ConvNeXt, base, for images of 224x224 with values of 0 to 255 (arXiv:2201.03545)."""
    return _convnext(net, (3, 3, 27, 3), (128, 256, 512, 1024), name, include_preprocessing)


@application_with_preprocessing(
    "convnext_large",
    _files(
        "large",
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
)
def ConvNeXtLarge(net: Net, name: str, include_preprocessing: bool) -> Tensor:
    """ConvNeXt, large, for images of 224x224 with values of 0 to 255 (arXiv:2201.03545)."""
    return _convnext(net, (3, 3, 27, 3), (192, 384, 768, 1536), name, include_preprocessing)


@application_with_preprocessing(
    "convnext_xlarge",
    _files(
        "xlarge",
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
)
def ConvNeXtXLarge(net: Net, name: str, include_preprocessing: bool) -> Tensor:
    """ConvNeXt, xlarge, for images of 224x224 with values of 0 to 255 (arXiv:2201.03545)."""
    return _convnext(net, (3, 3, 27, 3), (256, 512, 1024, 2048), name, include_preprocessing)
