"""Calls of products of matrices, convolutions, pools, normalizations, and of functions of images."""

import numpy as np

from tests.ops import arrays as a
from tests.ops.case import case

_TURNED = a.KERNEL.swapaxes(2, 3)
_FIRST = a.IMAGES.transpose(0, 3, 1, 2)

PRODUCTS = [
    case("matmul", a.X, a.MATRIX, nodes="bu"),
    case("matmul", a.MAP, a.MAP.swapaxes(2, 3)),
    case("matmul", a.MAP[..., 0], a.MAP[..., 1].swapaxes(1, 2)),
    case("matmul", a.MAP[..., 0], a.MATRIX, nodes="bu"),
    case("matmul", a.MATRIX.T, a.MATRIX, nodes="uu"),
    case("matmul", a.X, a.ROW, nodes="bu"),
    case("dot", a.X, a.MATRIX, nodes="bu"),
    case("dot", a.ROW, a.ROW, nodes="uu"),
    case("dot", a.MAP, a.MAP[0, 0, :2], nodes="bu"),
    case("tensordot", a.X, a.MATRIX, axes=1, nodes="bu"),
    case("tensordot", a.MAP, a.MAP[0], axes=([2, 3], [1, 2]), nodes="bu"),
    case("inner", a.X, a.MATRIX.T, nodes="bu"),
    case("einsum", "nhwc,cd->nhwd", a.MAP, a.MATRIX[:2], nodes="bu"),
    case("einsum", "bij,bkj->bik", a.MAP[..., 0], a.MAP[..., 1]),
    case("einsum", "bi,bi->b", a.X, a.LARGE),
    case("einsum", "bi,bj->ij", a.X, a.LARGE),
    case("einsum", "bhwc,hwo->bco", a.MAP, a.MAP[0], nodes="bu"),
    case("einsum", "bij->bji", a.MAP[..., 0]),
    case("einsum", "bij->b", a.MAP[..., 0]),
    case("einsum", "...i,ij->...j", a.MAP, a.MATRIX[:2], nodes="bu"),
    case("einsum", "bi,ij,bj->b", a.X, a.SQUARE, a.LARGE, nodes="bub"),
    case("einsum", "bi,bj", a.X, a.LARGE),
    case("normalize", a.X, axis=1, order=3),
    case("normalize", a.MAP, axis=1),
]


def _of_windows(padding):
    return [
        case("conv", a.IMAGES, a.KERNEL, padding=padding, nodes="bu"),
        case("conv", a.IMAGES, a.KERNEL, strides=2, padding=padding, nodes="bu"),
        case("conv", a.IMAGES, a.KERNEL, padding=padding, dilation_rate=2, nodes="bu"),
        case("conv", a.SEQUENCES, a.KERNEL[0], padding=padding, nodes="bu"),
        case("depthwise_conv", a.IMAGES, a.KERNEL[..., :3], padding=padding, nodes="bu"),
        case("separable_conv", a.IMAGES, a.KERNEL, a.POINTS, padding=padding, nodes="buu"),
        *(case("conv_transpose", a.IMAGES, _TURNED, strides=s, padding=padding, nodes="bu") for s in (1, 2, 3)),
        case("conv_transpose", a.SEQUENCES, _TURNED[0], strides=2, padding=padding, nodes="bu"),
        *(
            case(pool, *arguments, padding=padding, **settings)
            for pool in ("max_pool", "average_pool")
            for arguments, settings in (
                ((a.IMAGES, 2), {}),
                ((a.IMAGES, (3, 2)), {"strides": (2, 1)}),
                ((a.SEQUENCES, 2), {}),
                ((_FIRST, 2), {"data_format": "channels_first"}),
            )
        ),
    ]


LAYERS = [
    *_of_windows("valid"),
    *_of_windows("same"),
    case("conv", a.IMAGES, a.KERNEL[:, :, :1], nodes="bu"),
    case("conv_transpose", a.IMAGES, _TURNED, strides=2, output_padding=1, nodes="bu"),
    case("conv_transpose", a.IMAGES, _TURNED, strides=2, padding="same", output_padding=1, nodes="bu"),
    case("depth_to_space", np.repeat(a.IMAGES, 4, 3), 2),
    case("space_to_depth", a.IMAGES[:, :6, :6], 2),
    case("batch_normalization", a.IMAGES, a.CHANNELS, a.CHANNELS**2, -1, nodes="buu"),
    case("batch_normalization", a.IMAGES, a.CHANNELS, a.CHANNELS**2, 3, a.CHANNELS, a.CHANNELS, 0.1, nodes="buuuu"),
    case("batch_normalization", a.MAP, a.ROW[:5], a.ROW[:5] ** 2, axis=1, nodes="buu"),
    case("layer_normalization", a.MAP, a.ROW[:2], a.ROW[1:3], epsilon=0.1, nodes="buu"),
    case("layer_normalization", a.MAP, a.ROW[:5], axis=1, nodes="bu"),
    case("rms_normalization", a.X, a.ROW, nodes="bu"),
]

IMAGES = [
    *(case("image.resize", a.IMAGES, (4, 9), interpolation=i) for i in ("bilinear", "nearest")),
    *(case("image.resize", a.IMAGES, (4, 9), interpolation=i, nodes=None) for i in ("bicubic", "lanczos3")),
    case("image.resize", a.IMAGES, (3, 3), antialias=True, nodes=None),
    case("image.resize", a.IMAGES[0], (4, 9), crop_to_aspect_ratio=True, nodes=None),
    case("image.resize", a.IMAGES, (4, 9), pad_to_aspect_ratio=True, fill_value=2.0, nodes=None),
    case("image.resize", a.PIXELS, (4, 9), interpolation="nearest", nodes=None),
    case("image.resize", a.PIXELS, (4, 9), nodes=None),
    case("image.rgb_to_grayscale", a.IMAGES),
    case("image.rgb_to_grayscale", a.PIXELS, nodes=None),
    case("image.crop_images", a.IMAGES, top_cropping=1, left_cropping=2, target_height=3, target_width=4),
    case("image.pad_images", a.IMAGES, top_padding=1, left_padding=2, bottom_padding=0, right_padding=3),
]

CASES = [*PRODUCTS, *LAYERS, *IMAGES]
