"""Images as the nets take them, and their numbers as classes: the values of real Keras."""

import json

import numpy as np
import pytest

import planish
from planish import applications, layers
from planish.applications import imagenet_utils

IMAGES = np.array([[[[0, 128, 255], [10, 20, 30]]]], np.uint8)
# keras.applications.imagenet_utils.preprocess_input(IMAGES, mode=mode), the first and the second pixel
EXPECTED = {
    "tf": [[-1.0, 0.00392163, 1.0], [-0.92156863, -0.84313726, -0.7647059]],
    "caffe": [[151.061, 11.221001, -123.68], [-73.939, -96.779, -113.68]],
    "torch": [[-2.117904, 0.2051822, 2.6400001], [-1.9466565, -1.685574, -1.2815686]],
}


@pytest.mark.parametrize("mode", EXPECTED)
def test_the_values_of_keras(mode):
    made = imagenet_utils.preprocess_input(IMAGES, mode=mode)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[0, 0], EXPECTED[mode], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", EXPECTED)
def test_one_image_and_channels_first(mode):
    whole = imagenet_utils.preprocess_input(IMAGES, mode=mode)
    np.testing.assert_array_equal(imagenet_utils.preprocess_input(IMAGES[0], mode=mode), whole[0])
    first = imagenet_utils.preprocess_input(IMAGES.transpose(0, 3, 1, 2), "channels_first", mode=mode)
    np.testing.assert_array_equal(first, whole.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("mode", EXPECTED)
def test_symbolic_tensors(mode):
    x = layers.Input((1, 2, 3))
    model = planish.Model(x, imagenet_utils.preprocess_input(x, mode=mode))
    made = model.predict(IMAGES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(made[0, 0], EXPECTED[mode], rtol=1e-5, atol=1e-4)


def test_the_callers_array_stays_as_it_is():
    images = IMAGES.astype(np.float64)
    made = imagenet_utils.preprocess_input(images)
    np.testing.assert_array_equal(images, IMAGES)
    assert made.dtype == np.float64


def test_each_net_has_its_own():
    pixel = np.full((1, 1, 1, 3), 255.0, np.float32)
    of = {name: getattr(applications, name).preprocess_input(pixel)[0, 0, 0, 0] for name in ("vgg19", "resnet_v2")}
    assert of == {"vgg19": pytest.approx(151.061), "resnet_v2": 1.0}
    assert applications.efficientnet.preprocess_input(pixel) is pixel
    assert applications.mobilenet_v3.preprocess_input(pixel) is pixel


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: imagenet_utils.preprocess_input(IMAGES, mode="pytorch"), "unknown mode 'pytorch'"),
        (lambda: imagenet_utils.preprocess_input(IMAGES, "channel_last"), "unknown data_format 'channel_last'"),
        (lambda: imagenet_utils.preprocess_input(IMAGES[..., :1]), "these are not images of three channels"),
        (lambda: imagenet_utils.decode_predictions(np.zeros((2, 10))), "expected: an array of shape"),
    ],
)
def test_mistakes(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_names_of_classes(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    imagenet_utils._class_names.cache_clear()
    (tmp_path / "models").mkdir()
    names = {str(place): [f"n{place:08}", f"class {place}"] for place in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names))
    predictions = np.zeros((2, 1000), np.float32)
    predictions[0, [5, 7]], predictions[1, 999] = [0.25, 0.75], 1.0
    first, second = applications.vgg16.decode_predictions(predictions, top=2)
    imagenet_utils._class_names.cache_clear()
    assert first == [("n00000007", "class 7", 0.75), ("n00000005", "class 5", 0.25)]
    assert second[0] == ("n00000999", "class 999", 1.0)
