"""A folder of pictures as people have them: three things to tell apart, in all sizes and formats, some of them broken.

python tests/cli/photos.py FOLDER [IMAGES_A_CLASS [LARGEST_SIDE]]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("forest", "sea", "sunset")
BROKEN = 6


def make_photos(folder: Path, each: int = 60, largest: int = 1000) -> list[Path]:
    """`each` files a class, of which the first two of every class are broken: those are returned."""
    random = np.random.default_rng(0)
    broken = []
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(each):
            height, width = (int(side) for side in random.integers(largest // 8, largest, 2))
            image = Image.fromarray(_picture(name, height, width, random))
            path = _written(image, folder / name, number)
            if number < BROKEN // len(CLASSES):
                _break(path, number)
                broken.append(path)
    return broken


def _picture(name: str, height: int, width: int, random: np.random.Generator) -> np.ndarray:
    """Colours that differ from picture to picture, with what makes out the class in some place of it."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = random.uniform(0.6, 1.0)
    if name == "sunset":
        middle = random.uniform(0.3, 0.7, 2)
        sun = np.hypot(y - middle[0], x - middle[1]) < random.uniform(0.08, 0.2)
        channels = [0.9 - 0.3 * y, 0.35 + 0.2 * y, 0.3 + 0.3 * y]
        channels = [np.where(sun, full, channel) for full, channel in zip((1.0, 0.9, 0.5), channels, strict=True)]
    elif name == "sea":
        waves = 0.15 * np.sin(y * random.uniform(40, 80) + 3 * np.sin(6 * x))
        channels = [0.15 + waves, 0.4 + waves, 0.7 + waves]
    else:
        trunks = np.sin(x * random.uniform(20, 50)) > 0.6
        channels = [np.where(trunks, 0.35, 0.2 + 0.2 * y), np.where(trunks, 0.25, 0.5), np.where(trunks, 0.15, 0.2)]
    picture = np.stack(channels, axis=-1) * light + random.normal(0, 0.04, (height, width, 1))
    return (picture.clip(0, 1) * 255).astype(np.uint8)


def _written(image: Image.Image, folder: Path, number: int) -> Path:
    """One format after the other."""
    turn = number % 9
    stem = folder / f"{number:03d}"
    if turn == 0:
        exif = Image.Exif()
        exif[0x0112] = 6
        path = stem.with_suffix(".JPG")
        image.rotate(90, expand=True).save(path, quality=85, exif=exif)
    elif turn == 1:
        path = stem.with_suffix(".png")
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(path)
    elif turn == 2:
        path = stem.with_suffix(".png")
        image.convert("RGBA").save(path)
    elif turn == 3:
        path = stem.with_suffix(".gif")
        image.save(path)
    elif turn == 4:
        path = stem.with_suffix(".webp")
        image.save(path)
    elif turn == 5:
        path = stem.with_suffix(".tiff")
        image.save(path)
    elif turn == 6:
        path = stem.with_suffix(".bmp")
        image.save(path)
    elif turn == 7 and number == 7:
        path = stem.with_suffix(".png")
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(path)
    else:
        path = stem.with_suffix(".jpeg")
        image.save(path, quality=85)
    return path


def _break(path: Path, number: int) -> None:
    contents = path.read_bytes()
    path.write_bytes(contents[: len(contents) // 2] if number % 2 == 0 else b"this is not a picture")


if __name__ == "__main__":
    make_photos(Path(sys.argv[1]), *map(int, sys.argv[2:]))
