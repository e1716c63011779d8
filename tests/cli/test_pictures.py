"""Pictures of a training."""

import numpy as np
import pytest
from PIL import Image

from planish.cli import pictures


def test_training_curve(tmp_path):
    history = {"accuracy": [0.5, 0.9], "loss": [1.0, 0.3], "val_loss": [1.1, 0.4], "learning_rate": [0.1, 0.1]}
    pictures.training_curve(history, str(tmp_path / "curve.png"))
    with Image.open(tmp_path / "curve.png") as image:
        assert image.width > image.height > 300


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_epochs_are_whole_numbers(tmp_path, monkeypatch, epochs):
    """Also a single one, without validation."""
    drawn, make = [], pictures._figure

    def figure(*sizes):
        drawn.append(make(*sizes))
        return drawn[-1]

    monkeypatch.setattr(pictures, "_figure", figure)
    pictures.training_curve({"loss": [1.0] * epochs}, str(tmp_path / "curve.png"))
    ((_, (axis,)),) = drawn
    low, high = axis.get_xlim()
    assert [tick for tick in axis.get_xticks() if low <= tick <= high] == list(range(1, epochs + 1))


def test_sample_predictions(tmp_path):
    random = np.random.default_rng(0)
    for count, channels in ((3, 1), (60, 3)):
        images = random.integers(0, 256, (count, 6, 6, channels), dtype=np.uint8)
        labels = np.arange(count) % 3
        probabilities = np.eye(3, dtype=np.float32)[(labels + (np.arange(count) % 5 == 0)) % 3]
        pictures.sample_predictions(images, labels, probabilities, ["a", "b", "c"], str(tmp_path / f"{count}.png"))
        with Image.open(tmp_path / f"{count}.png") as image:
            colours = {pixel for _, pixel in image.convert("RGB").getcolors(1 << 20)}
        assert (0xCF, 0x22, 0x2E) in colours, "mistakes are red"
        assert (0x1A, 0x7F, 0x37) in colours
