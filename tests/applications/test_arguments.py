"""What the functions of `planish.applications` accept, and what they say of the rest."""

import inspect
import re
import warnings

import numpy as np
import pytest

import planish
from planish import applications, layers
from planish.applications.frame import sources


@pytest.fixture(autouse=True)
def light(zeros_at_first):
    """No test here looks at numbers."""


def vgg(**options):
    return applications.VGG16(**{"weights": None, "include_top": False, **options})


def test_most_nets_take_the_arguments_of_keras_in_its_order():
    expected = "include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name"
    for name in ("VGG16", "ResNet50V2", "DenseNet201", "InceptionV3", "Xception", "EfficientNetB7"):
        assert ", ".join(inspect.signature(getattr(applications, name)).parameters) == expected, name


def test_a_net_is_named_as_keras_names_it():
    for name in ("VGG16", "ResNet50V2"):
        default = inspect.signature(getattr(applications, name)).parameters["name"].default
        assert getattr(applications, name)(weights=None, include_top=False).name == default == name.lower()


def test_names_are_also_in_the_modules_of_keras():
    from planish.applications.resnet50 import ResNet50
    from planish.applications.vgg16 import VGG16, decode_predictions, preprocess_input

    assert applications.VGG16 is VGG16
    assert applications.vgg16.VGG16 is VGG16
    assert applications.ResNet50 is ResNet50
    assert callable(decode_predictions)
    assert callable(preprocess_input)
    assert {"VGG16", "vgg16", "imagenet_utils"} <= set(dir(applications))


def test_a_net_without_its_classifier_takes_images_of_any_size():
    assert vgg().input_shape == (None, None, None, 3)
    assert vgg(pooling="max").output_shape == (None, 512)
    assert vgg(input_shape=(64, 48, 3)).output_shape == (None, 2, 1, 512)


def test_a_net_on_a_tensor_of_the_callers():
    image = layers.Input((64, 64, 1))
    model = vgg(input_tensor=layers.Concatenate()([image, image, image]), pooling="avg")
    assert model.inputs[0] is image
    assert model.layers[1].name.startswith("concatenate")


def test_the_inputs_that_a_tensor_was_computed_from_each_once():
    a, b = layers.Input((2,)), layers.Input((2,))
    joined = layers.Add()([layers.Add()([b, a]), b])
    assert [id(tensor) for tensor in sources(joined)] == [id(b), id(a)]
    assert sources(a) == [a]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"pooling": "mean"}, "unknown VGG16 pooling 'mean'\n  expected: one of 'avg', 'max'"),
        ({"input_shape": (31, 64, 3)}, "expected: images of at least 32x32\n  received: input_shape=(31, 64, 3)"),
        ({"input_shape": (64, 64)}, "expected: three numbers: (height, width, channels)\n  received: input_shape=(64,"),
        ({"input_shape": 64}, "expected: three numbers: (height, width, channels)\n  received: input_shape=64"),
        ({"input_shape": (None, None, 3), "include_top": True}, "expected: numbers without None"),
        ({"input_tensor": np.zeros((1, 64, 64, 3))}, "expected: what Input(...) or a layer gives\n  received: input_t"),
        ({"weights": "imagnet"}, "expected: 'imagenet', None, or the path of a file of weights"),
        ({"weights": "imagenet", "classes": 10, "include_top": True}, "1000, the classes of ImageNet"),
        ({"weights": "imagenet", "input_shape": (64, 64, 1)}, "expected: 3 channels, with weights='imagenet'"),
        ({"weights": "imagenet", "input_shape": (64, 64, 3), "include_top": True}, "expected: (224, 224, 3)"),
        ({"weights": "imagenet", "classifier_activation": "relu", "include_top": True}, "expected: 'softmax' or None"),
    ],
)
def test_arguments_that_do_not_fit(options, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        vgg(**options)


def test_unusual_channels_are_said():
    with pytest.warns(UserWarning, match="usually takes images of 1 or 3 channels"):
        vgg(input_shape=(64, 64, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vgg(input_shape=(64, 64, 1))


def test_channels_first():
    planish.config.set_image_data_format("channels_first")
    try:
        model = applications.ResNet50(weights=None, input_shape=(3, 64, 96), classes=4)
        assert model.get_layer("conv2_block1_out").output.shape == (None, 256, 16, 24)
        assert model.get_layer("conv1_bn").axis == 1
        with pytest.raises(ValueError, match="Keras has DenseNet in that one only"):
            applications.DenseNet121(weights=None)
    finally:
        planish.config.set_image_data_format("channels_last")


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("MobileNet", {"alpha": 0.3}, "one of 0.25, 0.5, 0.75, 1.0"),
        ("MobileNet", {"depth_multiplier": 2}, "expected: 1, with weights='imagenet'"),
        ("MobileNetV2", {"alpha": 0.25}, "one of 0.35, 0.5, 0.75, 1.0, 1.3, 1.4"),
        ("MobileNetV3Small", {"alpha": 0.5}, "expected: 0.75 or 1.0, with"),
        ("MobileNetV3Large", {"alpha": 0.75, "minimalistic": True}, "expected: 1.0, with"),
    ],
)
def test_widths_that_keras_has_no_weights_for(name, options, text):
    with pytest.raises(ValueError, match=text):
        getattr(applications, name)(**options)
