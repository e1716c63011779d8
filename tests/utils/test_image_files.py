"""Files from outside: those that are broken, and those that are not what they seem."""

import contextlib
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

import planish as keras
from planish.utils import image_dataset_from_directory, load_img
from planish.utils.image_files import NOT_DECODED, UnreadableImageError, decoded, endings, formats


def load(folder, **settings):
    defaults = {"image_size": (6, 4), "color_mode": "grayscale", "shuffle": False, "verbose": False, "batch_size": 4}
    return image_dataset_from_directory(folder, **defaults | settings)


def bomb(width, height):
    """A PNG of few bytes that says it has so many pixels."""

    def chunk(name, contents):
        return struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


def some_png():
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


BROKEN = {
    "empty": (b"", "is not an image that can be read"),
    "text": (b"not an image", "is not an image that can be read"),
    "only a signature": (some_png()[:8], "is "),
    "cut short": (some_png()[:3000], "is damaged or cut short"),
    "a bomb": (bomb(60_000, 60_000), "has too many pixels"),
    "EPS, which would start another program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path, kind):
    contents, message = BROKEN[kind]
    path = tmp_path / "image.png"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=re.escape(f"{str(path)!r} {message}")) as caught:
        load_img(path)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), ValueError)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [4, None])
def test_broken_files_are_left_out_and_named_together_at_the_end(class_folders, shuffle, batch_size):
    broken = [class_folders / "cat" / "01.png", class_folders / "dog" / "11.png", class_folders / "emu" / "empty.jpg"]
    for path, (contents, _) in zip(broken, BROKEN.values(), strict=False):
        path.write_bytes(contents)
    folder = load(class_folders, shuffle=shuffle, batch_size=batch_size)
    assert len(folder.file_paths) == 11
    with pytest.warns(UserWarning, match="3 of 11 images cannot be read, and are left out") as caught:
        elements = list(folder)
    assert len(caught) == 1
    assert all(repr(str(path)) in str(caught[0].message) for path in broken)
    images = np.concatenate([images if batch_size else images[None] for images, _ in elements])
    assert sorted(images[:, 0, 0, 0].tolist()) == [0, 2, 3, 4, 10, 12, 20, 21]
    assert len(folder) == len(elements) == (2 if batch_size else 8)
    assert sorted(folder.broken) == sorted(map(str, broken))
    assert not set(folder.file_paths) & set(folder.broken)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(folder)) == len(elements)
        assert folder.arrays()[1].tolist() == [int(number) // 10 for number in folder.arrays()[0][:, 0, 0, 0]]


def test_an_iteration_that_is_broken_off_names_what_it_has_found(class_folders):
    (class_folders / "cat" / "00.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="1 of 10 images cannot be read"):
        assert next(iter(load(class_folders)))[0][0, 0, 0, 0] == 1


def test_a_folder_of_broken_files_only(class_folders):
    for path in class_folders.glob("*/*.png"):
        path.write_bytes(b"")
    folder = load(class_folders)
    for run in (folder.arrays, lambda: list(folder)):
        with pytest.raises(ValueError, match="none of 10 images can be read") as caught:
            run()
        assert str(caught.value).count(".png") == 10


@pytest.mark.filterwarnings("ignore:2 of 10 images cannot be read")
def test_training_goes_on_without_the_broken_files(class_folders):
    for name in ("cat/03.png", "emu/20.png"):
        (class_folders / name).write_bytes(b"")
    model = keras.Sequential([keras.Input((6, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    model.fit(load(class_folders, shuffle=True), epochs=2, verbose=0, callbacks=[watch])
    assert seen == [0, 1, 0, 1]
    assert model.predict(load(class_folders), verbose=0).shape == (8, 3)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_not_waited_for(class_folders):
    os.mkfifo(class_folders / "cat" / "pipe.png")
    (class_folders / "dog" / "null.png").symlink_to("/dev/zero")
    (class_folders / "emu" / "gone.png").symlink_to("/nowhere")
    folder = load(class_folders)
    with pytest.warns(UserWarning, match="3 of 13 images cannot be read") as caught:
        assert len(folder.arrays()[0]) == 10
    assert "pipe.png' is not a regular file" in str(caught[0].message)
    with pytest.raises(ValueError, match="is not a regular file"):
        load_img(class_folders / "cat" / "pipe.png")


@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_is_an_image_or_an_error_of_planish(tmp_path, seed):
    """Each of several formats with some bytes overwritten."""
    random = np.random.default_rng(seed)
    image = Image.fromarray(random.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    file = io.BytesIO()
    kind = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "ICO", "PPM", "JPEG2000")[seed % 10]
    image.save(file, kind)
    contents = np.frombuffer(file.getvalue(), np.uint8).copy()
    places = random.integers(0, len(contents), 1 + seed // 10)
    contents[places] = random.integers(0, 256, len(places))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own
        with contextlib.suppress(UnreadableImageError):
            assert decoded(io.BytesIO(contents.tobytes())).image.size


def test_every_format_that_pillow_decodes_itself_is_read():
    assert {"PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "TGA"} <= set(formats())
    assert not set(formats()) & NOT_DECODED
    assert {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".pgm"} <= set(endings())
    assert not {".eps", ".ps", ".h5", ".mpg", ".txt"} & set(endings())


@pytest.mark.parametrize("ending", ["webp", "tiff", "TIF", "bmp", "gif", "jpeg", "pgm", "tga", "ico", "jp2"])
def test_folders_may_have_files_of_any_format(tmp_path, ending):
    (tmp_path / "cat").mkdir()
    Image.new("L", (16, 16), 77).save(tmp_path / "cat" / f"image.{ending}")
    images, _ = load(tmp_path).arrays()
    assert np.abs(images - 77).max() <= 2


def test_importing_planish_utils_leaves_pillow_alone():
    code = "import sys, planish.utils, planish.utils.image_folder, planish.utils.images; print('PIL' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"


def test_no_threads_are_left_behind(class_folders):
    before = set(threading.enumerate())
    keras.set_num_threads(4)
    try:
        folder = load(class_folders, batch_size=2)
        assert len(list(folder)) == 5
        next(iter(folder.prefetch(2)))
    finally:
        keras.set_num_threads(None)
    new = set(threading.enumerate()) - before
    for thread in new:
        thread.join(10)
    assert not any(thread.is_alive() for thread in new)
