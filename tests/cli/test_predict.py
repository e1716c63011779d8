"""Which images `planish predict` takes, and what of them it can read."""

import numpy as np
import pytest
from PIL import Image

from planish.cli import predict
from planish.datasets import digits
from planish.models import load_model


def found(out):
    return [line.split("\t")[:2] for line in out.splitlines()]


def test_patterns_are_expanded_where_the_shell_leaves_them_alone(planish, right_half, stripe_images):
    code, out, err = planish("predict", right_half, stripe_images / "*" / "0?.png")
    assert (code, err) == (0, "")
    assert [name for _, name in found(out)] == ["left"] * 5 + ["right"] * 5
    assert [path for path, _ in found(out)] == sorted(path for path, _ in found(out))
    _, out, _ = planish("predict", right_half, stripe_images / "**" / "0[13].png")
    assert [name for _, name in found(out)] == ["right"] * 2


def test_patterns_that_name_folders(planish, right_half, stripe_images):
    _, out, _ = planish("predict", right_half, stripe_images / "l*")
    assert len(found(out)) == 8


def test_a_file_whose_name_looks_like_a_pattern(planish, right_half, stripe_images):
    image = (stripe_images / "left" / "00.png").rename(stripe_images / "a[1].png")
    assert planish("predict", right_half, image)[0] == 0


def test_a_pattern_that_nothing_matches(planish, right_half, stripe_images):
    code, out, err = planish("predict", right_half, "absent/*.png")
    assert (code, out) == (2, "")
    assert err == "planish predict: error: no file matches 'absent/*.png'\n"


def test_one_broken_image_does_not_keep_the_others_from_their_predictions(planish, right_half, stripe_images):
    for name in ("00.png", "04.png"):
        (stripe_images / "left" / name).write_text("nothing")
    code, out, err = planish("predict", right_half, stripe_images / "left")
    assert code == 2
    assert [name for _, name in found(out)] == ["left"] * 6
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.endswith("' is not an image that can be read") for line in lines)


def test_a_file_that_does_not_exist_is_told_before_the_work(planish, right_half, stripe_images):
    code, out, err = planish("predict", right_half, stripe_images / "left", "absent.png")
    assert (code, out) == (2, "")
    assert err == "planish predict: error: 'absent.png': no such file or directory\n"


@pytest.mark.parametrize("at_once", [1, 3, 8, 100])
def test_images_are_read_a_few_at_a_time(planish, right_half, stripe_images, monkeypatch, at_once):
    whole = planish("predict", right_half, stripe_images)[1]
    monkeypatch.setattr(predict, "_AT_ONCE", at_once)
    assert planish("predict", right_half, stripe_images)[1] == whole


def test_images_are_read_as_those_that_the_model_was_trained_on(planish, right_half, tmp_path):
    """Thin stripes become grey if they are averaged, as `planish train` does, and not if they are picked."""
    pixels = np.zeros((80, 80), np.uint8)
    pixels[:, 35::10] = pixels[:, 34::10] = 255  # where resizing to 8x8 looks
    Image.fromarray(pixels).save("stripes.png")
    model = load_model(right_half)
    picked = planish("predict", right_half, "stripes.png")[1]
    model.notes["smoothed"] = True
    model.save(right_half)
    assert planish("predict", right_half, "stripes.png")[1] != picked


# ---------------------------------------------------------------------- digits on paper


def photograph(digit, path, seed):
    """A digit of MNIST in ink on paper: somewhere, in uneven light, with specks, noise and a camera that was turned."""
    random = np.random.default_rng(seed)
    height, width = random.integers(200, 400, 2)
    side = int(min(height, width) * random.uniform(0.4, 0.8))
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    paper = 180 + 40 * random.uniform(-1, 1) * (x - 0.5) + 40 * random.uniform(-1, 1) * (y - 0.5)
    ink = np.zeros((height, width))
    top, left = random.integers(1, height - side), random.integers(1, width - side)
    strokes = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    ink[top : top + side, left : left + side] = np.asarray(strokes, float) / 255
    grey = paper * (1 - ink) + 40 * ink + random.normal(0, 5, ink.shape)
    for row, column in zip(random.integers(0, height, 4), random.integers(0, width, 4), strict=True):
        grey[row : row + 2, column : column + 2] -= 70
    colours = (grey[..., None] * (1, 0.97, 0.9)).clip(0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.fromarray(colours).rotate(-90, expand=True).save(path, quality=85, exif=exif)


def test_a_photograph_of_a_digit_becomes_the_digit(tmp_path):
    from planish.cli.digit import like_mnist

    (_, _), (images, _) = digits.load_data()
    differences = []
    for number, image in enumerate(images[:20]):
        photograph(image, tmp_path / "photo.jpg", seed=number)
        made = like_mnist(str(tmp_path / "photo.jpg"))
        assert (made.shape, made.dtype, int(made.max())) == ((28, 28, 1), np.uint8, 255)
        correlation = np.corrcoef(made.ravel(), image.ravel())[0, 1]
        differences.append(correlation)
    assert np.median(differences) > 0.9


def test_a_digit_that_is_like_mnist_already_stays_so(tmp_path):
    from planish.cli.digit import like_mnist

    (_, _), (images, _) = digits.load_data()
    for image in images[:20]:
        Image.fromarray(image).save(tmp_path / "digit.png")
        Image.fromarray(255 - image).save(tmp_path / "inverted.png")
        made = like_mnist(str(tmp_path / "digit.png"))
        np.testing.assert_array_equal(like_mnist(str(tmp_path / "inverted.png")), made)
        rows, columns = (np.flatnonzero(made[..., 0].max(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) <= 19
        assert abs(np.average(np.arange(28), weights=made.sum(axis=(1, 2))) - 14) <= 0.6


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (28, 28), (300, 200)])
def test_paper_without_a_digit(planish, right_half, size):
    Image.fromarray(np.full(size, 200, np.uint8)).save("paper.png")
    code, out, err = planish("predict", right_half, "paper.png", "--digit")
    assert (code, out) == (2, "")
    assert err.startswith("planish predict: error: no digit can be seen in 'paper.png'; expected: strokes ")


def test_digits_for_models_of_other_sizes(planish, right_half):
    (_, _), (images, _) = digits.load_data()
    Image.fromarray(255 - images[0]).save("digit.png")
    code, out, err = planish("predict", right_half, "digit.png", "--digit")
    assert (code, err, len(found(out))) == (0, "", 1)


def test_digit_and_invert_exclude_each_other(planish, right_half, capsys):
    with pytest.raises(SystemExit, match="2"):
        planish("predict", right_half, "x.png", "--digit", "--invert")
    assert "not allowed with argument" in capsys.readouterr().err
