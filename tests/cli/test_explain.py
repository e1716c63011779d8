"""`planish explain`, and the report of `planish demo`."""

import sys

import numpy as np
import pytest

from planish.cli import data
from planish.layers import Dense, Flatten, Input
from planish.models import Model, Sequential
from tests.explain.pages import Page, decoded


def page_at(path):
    return Page(path.read_text(encoding="utf-8"))


def test_explain_an_image_file(planish, right_half, stripe_images, tmp_path):
    from PIL import Image

    picture = stripe_images / "left" / "00.png"
    code, out, err = planish("explain", right_half, picture, "--label", 0)
    assert (code, out, err) == (0, "wrote report.html\n", "")
    page = page_at(tmp_path / "report.html")
    np.testing.assert_array_equal(decoded(page.data["image"]["bytes"], "u1"), np.asarray(Image.open(picture)).ravel())
    assert {each["name"] for each in page.data["classes"]} == {"left", "right"}
    assert "Its answer: left" in " ".join(page.all("header")[0][2].split())


@pytest.mark.parametrize("label", ["left", "0"])
def test_the_right_class_by_its_name_or_number(planish, right_half, stripe_images, tmp_path, label):
    code, _, err = planish("explain", right_half, stripe_images / "right" / "01.png", "--label", label)
    assert (code, err) == (0, "")
    header = " ".join(page_at(tmp_path / "report.html").all("header")[0][2].split())
    assert "Its answer: right, with a score of 100.00%. The right answer is left." in header


def test_a_class_that_does_not_exist(planish, right_half, stripe_images):
    code, _, err = planish("explain", right_half, stripe_images / "right" / "01.png", "--label", "rihgt")
    assert code == 2
    assert err.endswith("unknown class 'rihgt'; expected: one of 'left', 'right'; remedy: did you mean 'right'?\n")


def test_inverted_and_scaled(planish, right_half, stripe_images, tmp_path):
    picture = stripe_images / "left" / "00.png"
    code, _, err = planish("explain", right_half, picture, "--invert", "--scale", 255, "--out", "there.html")
    assert (code, err) == (0, "")
    header = " ".join(page_at(tmp_path / "there.html").all("header")[0][2].split())
    assert "Its answer: right" in header


def test_explain_without_an_image_takes_a_digit(planish, tmp_path):
    model = Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation="softmax")])
    model.save(tmp_path / "digits.keras")
    code, out, _ = planish("explain", "digits.keras", "--out", "digit.html")
    assert (code, out) == (0, "wrote digit.html\n")
    assert page_at(tmp_path / "digit.html").data["image"]["width"] == 28


def test_data_show_what_is_taken_for_what(planish, right_half, stripe_images, tmp_path):
    picture = stripe_images / "left" / "00.png"
    code, _, err = planish("explain", right_half, picture, "--data", stripe_images)
    assert (code, err) == (0, "")
    page = page_at(tmp_path / "report.html")
    images = len([*stripe_images.glob("*/*.png")])
    assert f"Of {images} images the model gets" in page.text("mistakes")
    assert "Out: no data" not in page.text("mistakes")


def test_split_needs_data(planish, right_half):
    code, _, err = planish("explain", right_half, "--split")
    assert code == 2
    assert "--split is about the images of --data, but no DATA was given" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the report needs an image: those that come with planish are digits of 28 x 28 pixels"),
        (("absent.png",), "absent.png"),
        (("{image}", "--layer", "dense"), "unknown Flatten layer"),
        (("{image}", "--out", "no/such/folder.html"), "no/such/folder.html"),
    ],
)
def test_mistakes(planish, right_half, stripe_images, arguments, message):
    image = str(stripe_images / "left" / "00.png")
    name = {"{image}": image}
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(2, activation="softmax", name="dense")])
    model.save("own.keras")
    code, _, err = planish("explain", "own.keras", *(name.get(argument, argument) for argument in arguments))
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture
def few_digits(monkeypatch):
    whole = data.arrays("digits")
    counts = {"training": 100, "test": 20}
    parts = {name: data.Part(part.x[: counts[name]], part.y[: counts[name]]) for name, part in whole.parts.items()}
    monkeypatch.setattr(data, "arrays", lambda name: data.Data(parts, whole.class_names))


def test_the_demo_writes_a_report(planish, few_digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, _ = planish("demo", "--epochs", 1, "--out", "there")
    assert code == 0
    assert "wrote there/report.html: open it in a browser" in out.replace("\\", "/")
    page = page_at(tmp_path / "there" / "report.html")
    assert page.data["flat"]["extents"] == [5, 5, 64]
    assert "right" in page.text("scores")
    assert "Of 20 images the model gets" in page.text("mistakes")
    assert page.data["computation"]["alive"]


def test_the_demo_without_jinja(planish, few_digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    code, out, _ = planish("demo", "--epochs", 1, "--out", "there")
    assert code == 0
    assert "No report: it needs Jinja2 (pip install 'planish[explain]')" in out
    assert not (tmp_path / "there" / "report.html").exists()


def test_one_of_several_outputs_is_named_with_the_option(planish, stripe_images, tmp_path):
    x = Input((16, 16, 1))
    flat = Flatten()(x)
    outputs = [Dense(2, activation="softmax", name=name)(flat) for name in ("side", "kind")]
    Model(x, outputs).save(tmp_path / "two.keras")
    picture = stripe_images / "left" / "00.png"
    code, _, err = planish("explain", "two.keras", picture)
    assert code == 2
    assert "the model has 2 outputs, and the report is about one of them" in err
    assert "remedy: --output side" in err
    assert planish("explain", "two.keras", picture, "--output", "kind")[0] == 0
