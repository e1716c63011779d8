"""Running commands, and something small to run them on."""

import numpy as np
import pytest

from planish.cli.main import main
from planish.layers import Dense, Flatten, Input, Rescaling
from planish.models import Sequential


@pytest.fixture
def planish(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty folder: `planish("summary", path)` -> (exit code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def no_pictures(monkeypatch):
    """They take longer than all the rest; tests/cli/test_photos.py and test_commands.py look at them."""
    monkeypatch.setattr("planish.cli.pictures.can_draw", lambda: False)


@pytest.fixture
def stripes(tmp_path):
    """Data that are learned at once, as .npz: images 8x8 with a bright left (class 0) or right half (class 1)."""
    random = np.random.default_rng(0)

    def split(count):
        y = (np.arange(count) % 2).astype(np.uint8)
        x = random.integers(0, 50, (count, 8, 8), dtype=np.uint8)
        x[y == 0, :, :4] += 200
        x[y == 1, :, 4:] += 200
        return x, y

    (x_train, y_train), (x_test, y_test) = split(64), split(16)
    np.savez(tmp_path / "stripes.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return tmp_path / "stripes.npz"


@pytest.fixture
def right_half(tmp_path):
    """A saved model for `stripes` that is right without training: brighter halves win."""
    model = Sequential([Input((8, 8, 1)), Rescaling(1 / 255), Flatten(), Dense(2, activation="softmax")])
    left = np.zeros((8, 8), np.float32)
    left[:, :4] = 1
    model.layers[-1].set_weights([np.stack([left.ravel(), 1 - left.ravel()], axis=1), np.zeros(2)])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    path = tmp_path / "saved" / "model.keras"
    path.parent.mkdir()
    model.save(path)
    (path.parent / "classes.txt").write_text("left\nright\n")
    return path


@pytest.fixture
def stripe_images(stripes, tmp_path):
    """The test images of `stripes` as PNGs in folders `left` and `right`."""
    from PIL import Image

    folder = tmp_path / "images"
    with np.load(stripes) as file:
        for number, (image, label) in enumerate(zip(file["x_test"], file["y_test"], strict=True)):
            place = folder / ("left", "right")[label]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number:02d}.png")
    return folder
