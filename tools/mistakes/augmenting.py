"""Mistakes with layers that change images, with generators of images, and with nets that people know."""

from __future__ import annotations

from cases import Mistake, Stage

AUGMENTING = Stage(
    "Image layers, generators of images, and nets that people know",
    (
        Mistake("A turn by degrees", "keras.layers.RandomRotation(30)\n", None),
        Mistake("A layer for colors on gray images", "keras.layers.RandomHue(0.2)(x, training=True)\n", None),
        Mistake("A layer without its factor", "keras.layers.RandomSharpness()\n", None),
        Mistake("A blur of an even number of pixels", "keras.layers.RandomGaussianBlur(kernel_size=4)\n", None),
        Mistake(
            "Images mixed whose labels are numbers of classes",
            'keras.layers.MixUp()({"images": x, "labels": y.astype("float32")}, training=True)\n',
            None,
        ),
        Mistake(
            "Images and labels to be mixed as a list",
            "keras.layers.CutMix()([x, np.eye(64)], training=True)\n",
            None,
        ),
        Mistake("Boxes beside images", 'keras.layers.RandomFlip()({"images": x, "bounding_boxes": {}})\n', None),
        Mistake("A size with a height and no width", "keras.layers.Resizing(224)\n", None),
        Mistake(
            "A generator of images on images without channels",
            "keras.preprocessing.image.ImageDataGenerator().flow(x[..., 0], y)\n",
            None,
        ),
        Mistake(
            "A share for validation above one",
            "keras.preprocessing.image.ImageDataGenerator(validation_split=20)\n",
            None,
        ),
        Mistake(
            "A way to fill that does not exist",
            'keras.preprocessing.image.ImageDataGenerator(fill_mode="edge")\n',
            None,
        ),
        Mistake(
            "A net for images that are too small",
            "keras.applications.MobileNetV2(input_shape=(16, 16, 3), weights=None)\n",
            None,
        ),
        Mistake("Weights that are neither a name nor a file", 'keras.applications.VGG16(weights="imgnet")\n', None),
        Mistake(
            "Scores of ten classes decoded as those of ImageNet",
            "keras.applications.resnet50.decode_predictions(np.ones((1, 10)))\n",
            None,
        ),
        Mistake("A variable that begins with nothing", "keras.Variable('zeros')\n", None),
    ),
)
