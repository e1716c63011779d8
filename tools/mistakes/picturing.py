"""Mistakes on the way from image files to arrays."""

from __future__ import annotations

from cases import Mistake, Stage

_FOLDERS = """\
for name in ("cat", "dog", "emu"):
    (folder / "photos" / name).mkdir(parents=True, exist_ok=True)
    for number in range(2):
        keras.utils.save_img(folder / "photos" / name / f"{number}.png", np.zeros((8, 8, 3)))
"""

PICTURING = Stage(
    "Images and folders",
    (
        Mistake(
            "A folder of images that has no class folders",
            _FOLDERS + 'keras.utils.image_dataset_from_directory(folder / "photos" / "cat")\n',
            None,
        ),
        Mistake(
            "Two classes wanted, three folders there",
            _FOLDERS + 'keras.utils.image_dataset_from_directory(folder / "photos", label_mode="binary")\n',
            None,
        ),
        Mistake(
            "Training and validation part without a seed",
            _FOLDERS
            + """\
keras.utils.image_dataset_from_directory(folder / "photos", validation_split=0.2, subset="training")
""",
            None,
        ),
        Mistake(
            "Labels for some of the files",
            _FOLDERS + 'keras.utils.image_dataset_from_directory(folder / "photos", labels=[0, 1, 2])\n',
            None,
        ),
        Mistake(
            "An interpolation that Keras does not have",
            _FOLDERS + 'keras.utils.image_dataset_from_directory(folder / "photos", interpolation="linear")\n',
            None,
        ),
        Mistake(
            "A grey image without a channel axis, as a picture",
            """\
keras.utils.array_to_img(x[0, :, :, 0])
""",
            None,
        ),
        Mistake(
            "An image saved without saying in which format",
            """\
keras.utils.save_img(folder / "image", x[0])
""",
            None,
        ),
        Mistake(
            "A generator of single images",
            """\
cnn().fit(((x[n], y[n]) for n in range(64)), steps_per_epoch=2, verbose=0)
""",
            None,
        ),
    ),
)
