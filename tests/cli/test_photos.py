"""From a folder of mixed photographs to a prediction, with two commands."""

import numpy as np
import pytest
from PIL import Image

from planish.models import load_model
from tests.cli.photos import BROKEN, CLASSES, make_photos


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("of people") / "photos"
    return folder, make_photos(folder, each=20, largest=200)


def test_two_commands_lead_from_a_folder_to_a_prediction(planish, photos, tmp_path):
    folder, broken = photos
    code, out, err = planish("train", folder, "--out", "run", "--seed", 1, "--epochs", 8)
    assert code == 0
    first, second, *_ = out.splitlines()
    assert first == f"{60 - BROKEN} images, 3 classes, 64x64 pixels: --size changes that"
    assert second == "42 for training, 12 for validation"
    assert err.count("\n") == 1
    assert all(str(path) in err for path in broken)
    assert sorted(path.name for path in (tmp_path / "run").iterdir() if path.suffix != ".png") == [
        "best.keras", "classes.txt", "history.json", "model.keras",
    ]  # fmt: skip
    for name in ("training-curve.png", "confusion.png"):
        with Image.open(tmp_path / "run" / name) as picture:
            assert picture.width > 300
    model = load_model(tmp_path / "run" / "best.keras")
    assert model.input_shape == (None, 64, 64, 3)
    assert model.count_params() < 2_000_000

    new = tmp_path / "new"
    make_photos(new, each=9, largest=300)
    code, out, err = planish("predict", "run/best.keras", *(new / name for name in CLASSES))
    found = [line.split("\t") for line in out.splitlines()]
    assert (code, len(found), err.count("\n")) == (2, 21, BROKEN)
    right = np.mean([f"{label}" in path.replace("\\", "/").split("/") for path, label, _ in found])
    assert right > 0.9

    _, out, _ = planish("evaluate", "run/best.keras", folder, "--split")
    assert "images: 12 (held out by training)\n" in out


def test_a_test_set_is_looked_at_when_all_is_done(planish, tmp_path):
    """Validation uses val; mistakes are shown with their files."""
    random = np.random.default_rng(0)
    for part in ("Train", "val", "TEST"):
        for name in ("a", "b"):
            (tmp_path / "data" / part / name).mkdir(parents=True)
            for number in range(6):
                pixels = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)  # nothing to be learned
                Image.fromarray(pixels).save(tmp_path / "data" / part / name / f"{number}.png")
    code, out, err = planish("train", "data", "--model", "softmax", "--epochs", 2, "--seed", 3)
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "12 for training, 12 for test, 12 for validation"
    facts = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    assert facts["test"].startswith("accuracy ")
    assert facts["validation"] != facts["test"]
    table = [line.split("\t") for line in out.splitlines() if line.startswith(("a\t", "b\t"))]
    assert np.array(table)[:, 1:].astype(int).sum() == 12
    assert "the worst mistakes\n" in out
    assert "data/TEST/" in out.replace("\\", "/")
    assert "data/val/" not in out.replace("\\", "/")
    assert (tmp_path / "trained" / "mistakes.png").exists()
