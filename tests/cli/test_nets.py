"""`planish train --model mobilenet`: a net that people know, frozen, with a new classifier."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from planish import applications
from planish.models import load_model
from planish.models.programs.trunk import Trunk

SMALL = ("--model", "mobilenet", "--alpha", 0.25, "--size", 32)


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def photos(tmp_path):
    """Cats are red, dogs are blue; ten of each."""
    random = np.random.default_rng(0)
    for name, channel in (("cat", 0), ("dog", 2)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = random.integers(0, 60, (40, 36, 3), dtype=np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.jpg")
    return tmp_path / "photos"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Files of weights of a small MobileNet, without and with its classifier, and the net without it."""
    base = applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(32, 32, 3))
    base.set_weights([4 * array if array.ndim == 4 else array for array in base.get_weights()])  # or images fade away
    whole = applications.MobileNet(weights=None, alpha=0.25)
    for layer in base.layers:
        if layer.weights:
            whole.get_layer(layer.name).set_weights(layer.get_weights())
    folder = tmp_path_factory.mktemp("weights")
    paths = folder / "notop.weights.h5", folder / "whole.weights.h5"
    base.save_weights(paths[0])
    whole.save_weights(paths[1])
    return paths, base


def inner(model):
    return model.get_layer(model.notes["trunk"])


def assert_equal(model, other):
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("which", [0, 1], ids=["without classifier", "with classifier"])
def test_a_classifier_learns_on_the_weights_of_a_file(planish, photos, weights, tmp_path, monkeypatch, which):
    counts = []
    run = Trunk.run
    monkeypatch.setattr(
        Trunk, "run", lambda self, inputs, outputs, count: (counts.append(count), run(self, inputs, outputs, count))
    )
    paths, base = weights
    code, out, err = planish("train", photos, *SMALL, "--weights", paths[which], "--epochs", 3, "--lr", 0.01)
    assert (code, err) == (0, "")
    assert sum(counts) == 20 + 4  # once for each photograph, and once more for the result
    assert "20 images, 2 classes, 32x32 pixels" in out
    assert "MobileNet is frozen, and computed once for each image" in out
    assert re.search(r"^validation: accuracy [01]\.\d{4}, loss \d\.", out, re.MULTILINE)
    for name in ("best.keras", "model.keras"):
        assert_equal(inner(load_model(tmp_path / "trained" / name)), base)
    code, out, _ = planish("predict", "trained/best.keras", photos / "cat" / "0.jpg")
    assert code == 0
    assert out.split("\t")[1] in ("cat", "dog")
    assert planish("evaluate", "trained/best.keras", photos, "--split")[0] == 0


def test_a_run_is_resumed_and_then_the_whole_net_learns(planish, photos, weights, tmp_path):
    def went_on(*options):
        code, out, err = planish("train", photos, *options)
        return load_model(tmp_path / "trained" / "model.keras") if code == 0 else err, out

    paths, base = weights
    first, _ = went_on(*SMALL, "--weights", paths[0], "--epochs", 1)
    second, _ = went_on("--resume", "--epochs", 2)
    assert_equal(inner(second), base)
    assert np.any(first.layers[-1].bias.value != second.layers[-1].bias.value)

    tuned, out = went_on("--resume", "--epochs", 2, "--fine-tune", 1)
    assert "Now the whole net learns, for 1 epoch\n" in out
    assert tuned.notes["head_epochs"] == 2
    assert tuned.optimizer.learning_rate == pytest.approx(1e-5)
    learnt, before = (net.get_layer("conv1").get_weights()[0] for net in (inner(tuned), base))
    assert 0 < np.abs(learnt - before).max() < 1e-3
    means = [net.get_layer("conv1_bn").moving_mean.value for net in (inner(tuned), base)]
    np.testing.assert_array_equal(*means)

    refused, _ = went_on("--resume", "--epochs", 2, "--fine-tune", 1)
    assert "already seen 3 epochs; received: --epochs 2 --fine-tune 1" in refused
    _, out = went_on("--resume", "--epochs", 2, "--fine-tune", 2)
    assert "Now the whole net learns" not in out
    assert len(json.loads((tmp_path / "trained" / "history.json").read_text())["loss"]) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "mobilnetv2"), "did you mean 'mobilenetv2'?"),
        (
            ("--model", "blog", "--weights", "w.h5"),
            "--weights goes with a net that people know; received: --model blog",
        ),
        (("--alpha", 0.5), "--alpha goes with a net that people know; received: no --model"),
        (("--fine-tune", 2), "--fine-tune goes with a net that people know"),
        (("--model", "resnet50", "--alpha", 0.5), "--alpha is the width of a MobileNet; received: --model resnet50"),
        (("--model", "vgg16", "--color", "grayscale"), "VGG16 takes images in colour; received: --color grayscale"),
        (("--model", "mobilenet", "--weights", "nowhere.h5"), "there is no file of weights 'nowhere.h5'"),
        (("--model", "mobilenet", "--weights", "imagnet"), "did you mean 'imagenet'?"),
        (("--model", "mobilenet", "--weights", "none", "--size", 20), "received: --size=(20, 20, 3)"),
    ],
)
def test_options_that_do_not_go_together(planish, photos, options, message):
    code, _, err = planish("train", photos, *options)
    assert code == 2
    assert message in err


def test_weights_of_another_net_are_refused_before_photos_are_read(planish, photos, weights, monkeypatch):
    monkeypatch.setattr("planish.cli.folder_data.listed", None)
    code, _, err = planish("train", photos, "--model", "mobilenetv2", "--size", 32, "--weights", weights[0][0])
    assert code == 2
    assert "notop.weights.h5' does not have the weights of MobileNetV2; expected: a file of Keras's" in err
    code, _, err = planish("train", photos, *SMALL[:2], "--size", 32, "--weights", weights[0][0])
    assert (code, "--alpha for another width" in err) == (2, True)
    (photos.parent / "broken.h5").write_bytes(b"no weights")
    code, _, err = planish("train", photos, *SMALL, "--weights", "broken.h5")
    assert (code, "broken.h5" in err) == (2, True)


def test_imagenets_weights_that_are_not_there_name_the_options_of_the_command(planish, photos, tmp_path, monkeypatch):
    def unreachable(*arguments, **options):
        raise OSError("no connection")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("pooch.retrieve", unreachable)
    code, _, err = planish("train", photos, "--model", "mobilenetv2")
    assert code == 2
    assert "--weights PATH" in err
    assert "--weights none" in err


def test_grey_digits_are_not_for_nets(planish):
    code, _, err = planish("train", "digits", "--model", "mobilenet", "--weights", "none")
    assert code == 2
    assert "MobileNet takes images in colour; expected: 3 channels, or a folder of photographs" in err


def test_a_run_without_a_net_cannot_be_tuned(planish, stripes):
    planish("train", stripes, "--model", "softmax", "--epochs", 1)
    code, _, err = planish("train", stripes, "--resume", "--epochs", 2, "--fine-tune", 1)
    assert (code, "--fine-tune trains a net that was frozen" in err) == (2, True)
