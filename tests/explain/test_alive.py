"""What a page carries so that it can follow a drawing, show arithmetic, and explain mistakes."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from planish.explain import computation, page
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from tests.explain.conftest import CASES
from tests.explain.pages import Page, decoded
from tests.explain.scripted import answers
from tests.models.looking.introspected import images, with_seeded_weights

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SCORED = [name for name in CASES if name != "maps come out"]


@pytest.mark.parametrize("name", CASES)
def test_pages_of_common_models_are_alive(reports, name):
    data = reports(name)[3].data
    drawn = data["image"] is not None
    assert data["computation"]["alive"] == (drawn and name in SCORED)
    assert ("pad-controls" in reports(name)[3].ids) == (drawn and name in SCORED)


@pytest.fixture(scope="module")
def computed(reports):
    pages = {name: reports(name)[3].data["computation"] for name in SCORED}
    found = answers({name: {"source": each, "image": each["image"]} for name, each in pages.items()})
    return {name: [np.asarray(value) for value in each["values"]] for name, each in found.items()}


@pytest.mark.parametrize("name", SCORED)
def test_the_page_computes_the_models_scores_of_its_own_image(reports, computed, name):
    model, image, _, page_ = reports(name)
    found = computed[name][page_.data["computation"]["scores"]]
    np.testing.assert_allclose(found, model.predict(image[None], verbose=0)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SCORED)
def test_every_layer_of_the_page_is_one_of_the_computed_values(reports, computed, name):
    model, image, _, page_ = reports(name)
    for layer, value in zip(page_.data["layers"], model.activations(image[None]).values(), strict=True):
        if layer is not None:
            np.testing.assert_allclose(computed[name][layer["node"]], value.ravel(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", [("conv", "conv", "relu"), ("pool", "pool", ""), ("hidden", "dense", "relu"),
                    ("scores", "dense", "softmax")]),
        ("channels_first", [("first", "conv", "sigmoid"), ("pool", "pool", ""), ("scores", "dense", "sigmoid")]),
        ("turned", [("first", "conv", ""), ("scores", "dense", "")]),
        ("no flatten", [("scores", "dense", "softmax")]),
    ],
)  # fmt: skip
def test_convolutions_pools_and_dense_layers_are_shown_number_by_number(reports, name, expected):
    records = reports(name)[3].data["arithmetic"]
    named = [(each["name"], each["kind"], each["activation"]) for each in records]
    assert [each for each in named if each[0] != "late_conv"][: len(expected)] == expected
    assert all(each["output"] for each in records)


def test_a_records_nodes_are_the_sum_with_the_bias_and_what_the_activation_makes_of_it(reports, computed):
    model, _, _, page_ = reports("digits")
    conv = page_.data["arithmetic"][0]
    before, biased, given = (computed["digits"][conv[key]].reshape(-1, 6) for key in ("node", "sum", "final"))
    np.testing.assert_allclose(biased - before, np.broadcast_to(model.get_weights()[1], biased.shape), atol=1e-4)
    np.testing.assert_array_equal(given, np.maximum(biased, 0))


def test_saliency_is_the_size_of_the_gradient(reports):
    model, image, _, page_ = reports("normalized")
    expected = np.abs(model.gradients(image[None])[0]).max(axis=-1)
    carried = page_.data["saliency"]
    step = (carried["high"] - carried["low"]) / 255
    found = carried["low"] + decoded(carried["bytes"], "u1").reshape(carried["rows"], carried["columns"]) * step
    np.testing.assert_allclose(found, expected, atol=step * 0.51)


def test_a_model_that_is_too_large_keeps_its_pictures_and_says_what_is_missing(cases, monkeypatch):
    monkeypatch.setattr(computation, "MOST_WEIGHTS", 62)
    page_ = Page(cases["digits"].explain().html)
    assert not page_.data["computation"]["alive"]
    assert not {"pad-controls", "sum-off", "effect"} & set(page_.ids)
    assert {"pad-picture", "saliency-picture", "filters", "sum-layer"} <= set(page_.ids)
    assert [each["name"] for each in page_.data["arithmetic"]] == ["conv", "pool"]
    monkeypatch.setattr(computation, "MOST_WEIGHTS", 0)
    page_ = Page(cases["digits"].explain().html)
    assert "Left out: this page cannot compute any convolution" in page_.text("arithmetic")


def test_images_without_channels_have_one_order_and_lines_of_their_rows():
    model = with_seeded_weights(
        Sequential([Input((28, 28)), Flatten(), Dense(10, activation="softmax", name="scores")])
    )
    html = model.explain().html
    page_ = Page(html)
    assert 'name="order"' not in html
    assert page_.data["layers"][0]["group"] == 28
    assert (page_.data["flat"]["columns"], page_.data["flat"]["channels"]) == (28, 1)
    assert "the number at row r and column c has the index r x 28 + c." in page_.text("words")
    assert "PyTorch" not in page_.text("words")
    assert page_.data["arithmetic"][0]["kind"] == "dense"
    assert "The weights of scores, one picture for each unit" in page_.text("image")


@pytest.mark.parametrize(
    ("name", "there"), [("digits", True), ("few channels", False), ("no maps", False), ("no flatten", False)]
)
def test_weights_are_pictures_where_the_image_is_one(reports, name, there):
    assert ("filters" in reports(name)[3].ids) == there


def test_flattens_own_card_shows_the_vector(reports):
    model, image, _, page_ = reports("blog")
    place = [*model.activations(image[None])].index("flatten")
    carried = page_.data["layers"][place]
    assert (carried["columns"], carried["group"]) == (140, 7)


@pytest.mark.parametrize("name", ["blog", "channels_first", "linear", "few channels"])
def test_both_forms_of_flatten_on_the_page_run_and_agree(reports, name):
    model, _, _, page_ = reports(name)
    (code,) = [element[2] for element in page_.all("pre") if "reshape(len(maps), -1)" in element[2]]
    visit = model.flatten_map()
    maps = np.random.default_rng(0).standard_normal((3, *visit.shape)).astype(np.float32)
    given = []
    for line in code.splitlines():
        names = {"Flatten": Flatten, "np": np, "maps": maps}
        exec(line, names)
        given.append(np.asarray(names["flat"]))
    np.testing.assert_array_equal(*given)


def test_scores_have_the_names_of_the_models_notes(cases):
    model = with_seeded_weights(CASES["linear"]())
    model.notes["class_names"] = ["cat", "dog", "<b>owl"]
    page_ = Page(model.explain(images(model, 1)).html)
    assert page_.data["names"] == ["cat", "dog", "<b>owl"]
    assert "<b>owl" in page_.by_id("scores")[2]
    model.notes["class_names"] = ["too", "few"]
    assert Page(model.explain(images(model, 1)).html).data["names"] == ["0", "1", "2"]


def test_a_single_score_is_that_of_the_second_of_two_classes(cases):
    model = cases["channels_first"]
    page_ = Page(model.explain(images(model, 1), class_names=["cat", "dog"]).html)
    assert page_.data["names"] == ["dog"]


def test_the_blogs_model_makes_less_than_four_megabytes():
    written = GALLERY / "two-convolutions.html"
    assert Page(written.read_text(encoding="utf-8")).data["computation"]["alive"]
    assert written.stat().st_size < 4_000_000


def test_the_script_as_a_whole_is_a_script(tmp_path):
    if shutil.which("node") is None:
        pytest.skip("there is no Node to read the page's script")
    script = "(() => {\n" + "\n".join(page.source(name) for name in page.SCRIPTS) + "\n})();"
    (tmp_path / "page.js").write_text(f'"use strict";\n{script}', encoding="utf-8")
    finished = subprocess.run(["node", "--check", tmp_path / "page.js"], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_motion_is_left_to_those_who_want_it():
    assert "prefers-reduced-motion" in page.source("unrolling.js")
    assert not re.search(r"transition|animation", page.source("style.css"))


def test_a_convolution_over_colours_and_a_pool_over_everything():
    layers = [Input((6, 6, 3)), Conv2D(2, 3, name="conv"), MaxPooling2D(4, name="pool"), Flatten(), Dense(2)]
    model = with_seeded_weights(Sequential(layers))
    records = Page(model.explain(images(model, 1)).html).data["arithmetic"]
    assert [each["kind"] for each in records] == ["conv", "pool", "dense"]
