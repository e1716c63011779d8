"""Pictures of a training."""

import numpy as np
import pytest
from PIL import Image

from planish.cli import pictures
from planish.models.looking.results import Results


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


def results(count, classes=3):
    """Every fifth image is taken for the next class."""
    labels = np.arange(count) % classes
    predicted = (labels + (np.arange(count) % 5 == 0)) % classes
    return Results(
        labels, predicted, np.eye(classes, dtype=np.float32)[predicted] * np.linspace(1, 0.5, count)[:, None]
    )


def colours(path):
    with Image.open(path) as image:
        return {pixel for _, pixel in image.convert("RGB").getcolors(1 << 20)}


RED, GREEN = (0xCF, 0x22, 0x2E), (0x1A, 0x7F, 0x37)


@pytest.mark.parametrize(("count", "channels"), [(3, 1), (60, 3)])
def test_sample_predictions(tmp_path, count, channels):
    images = np.random.default_rng(0).integers(0, 256, (count, 6, 6, channels), dtype=np.uint8)
    pictures.sample_predictions(images, results(count), ["a", "b", "c"], str(tmp_path / "p.png"))
    assert {RED, GREEN} <= colours(tmp_path / "p.png"), "mistakes are red"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_worst_mistakes(tmp_path, dtype):
    images = np.random.default_rng(0).integers(0, 256, (60, 6, 6, 3)).astype(dtype)
    pictures.worst_mistakes(images, results(60), ["a", "b", "c"], str(tmp_path / "p.png"))
    assert RED in colours(tmp_path / "p.png")
    assert GREEN not in colours(tmp_path / "p.png")


@pytest.mark.parametrize("classes", [2, 40])
def test_confusion(tmp_path, classes):
    found = results(100, classes)
    assert found.confusion().sum() == 100
    assert found.confusion()[0, 1] == np.count_nonzero((found.labels == 0) & (found.predicted == 1))
    pictures.confusion(found, [f"class {index}" for index in range(classes)], str(tmp_path / "p.png"))
    assert len(colours(tmp_path / "p.png")) > 10


def test_mistakes_are_in_the_order_of_how_sure_the_model_was():
    labels, predicted = np.array([0, 0, 1, 1]), np.array([1, 0, 0, 0])
    scores = np.array([[0.4, 0.6], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], np.float32)
    assert Results(labels, predicted, scores).mistakes().tolist() == [2, 3, 0]


def test_names_of_classes_are_not_formulas(tmp_path, recwarn):
    names = ["$x", "$\\frac$", "\x1b[31m\n", "数" * 50, "_^{", ""]
    found = results(30, len(names))
    assert set(found.predicted[found.mistakes()]) == set(range(len(names)))  # so that each is drawn
    pictures.worst_mistakes(np.zeros((30, 6, 6, 1), np.uint8), found, names, str(tmp_path / "p.png"))
    pictures.confusion(found, names, str(tmp_path / "p.png"))
    assert [str(warning.message) for warning in recwarn] == []
