"""The report as an object, its words for many models, and its mistakes."""

import html as escaping
import sys

import numpy as np
import pytest

from planish import structure
from planish.codegen import compile as compiler
from planish.explain import Report, report
from planish.explain.report import embedded_digit
from planish.layers import Conv2D, Dense, Flatten, Input, Permute
from planish.models import Sequential
from planish.runtime.inference_executable import InferenceExecutable
from tests.explain.pages import Page
from tests.models.looking.introspected import images, with_seeded_weights


def test_it_is_saved_and_shown(reports, tmp_path):
    made = reports("blog")[2]
    made.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == made.html
    frame = made._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    (element,) = Page(frame).all("iframe")
    assert element[1]["srcdoc"] == made.html
    assert element[1]["title"] == "planish report"
    assert escaping.escape("<h1>") in frame
    assert repr(made) == f"<Report of {len(made.html.encode()) / 1e6:.2f} MB; save(path) writes it>"


def test_explain_writes_where_it_is_told(cases, tmp_path):
    model = cases["blog"]
    made = model.explain(images(model, 1), out=tmp_path / "there.html")
    assert isinstance(made, Report)
    assert (tmp_path / "there.html").exists()


def test_without_an_image_it_takes_a_digit(cases):
    image, label = embedded_digit(cases["digits"])
    assert (image.dtype, image.shape, label) == (np.uint8, (28, 28, 1), 7)
    page = Page(cases["digits"].explain().html)
    assert page.data["image"]["height"] == 28
    assert "right" in page.text("scores")


def test_a_model_that_does_not_scale_gets_a_scaled_digit():
    model = Sequential([Input((28, 28)), Flatten(), Dense(10, activation="softmax")])
    image, _ = embedded_digit(model)
    assert (image.dtype, image.shape, image.max()) == (np.float32, (28, 28), 1.0)


@pytest.mark.parametrize(
    ("name", "part", "words"),
    [
        ("blog", "layers", "first Conv2D 11 x 9 x 5"),
        ("blog", "layers", "rows floor((13 - 3) / 1) + 1 = 11, columns floor((11 - 3) / 1) + 1 = 9"),
        ("blog", "unrolling", "flatten puts the 5 x 4 x 7 numbers of the maps into one row of 140."),
        ("blog", "words", "second gives 5 x 4 x 7 numbers: they have positions, in rows and columns."),
        ("blog", "words", "the layer hidden would treat every position by itself and give 5 x 4 x 9 numbers"),
        ("blog", "words", "1,269 of the 1,726 parameters of this model, 73.5%."),
        ("blog", "words", "GlobalAveragePooling2D() for Flatten()"),
        ("blog", "words", "a row for each image, shape (n, 4): zeros, and a one at the class"),
        ("blog", "words", "shape (n, 13, 11, 2), and (1, 13, 11, 2) for one"),
        ("channels_first", "words", "This model gives one score for an image, between 0 and 1."),
        ("four axes", "words", "This model gives 2 scores for an image, each between 0 and 1 for itself"),
        ("turned", "words", "The last layer has no softmax or sigmoid: it gives 2 logits, any numbers."),
        ("linear", "scores", "The weights of the class, laid back over the maps"),
        ("blog", "scores", "How the logit moves with each number (its gradient, through hidden)"),
        ("two flattens", "unrolling", "The model has other Flatten layers, too (early)"),
        ("normalized", "layers", "Changes nothing when predicting: what comes in goes out."),
        ("nested", "unrolling", "inside puts the 7 x 6 x 3 numbers of the maps into one row of 126."),
        ("no maps", "words", "Flatten does nothing here"),
        ("no maps", "layers", "It has no rows and columns, so it is not drawn."),
        ("averaged", "unrolling", "Left out: The model has no Flatten layer, so there is no flat vector to show."),
        ("averaged", "unrolling", "averaged takes the mean of each map of 7 x 5 x 6 instead: 6 numbers"),
        ("averaged", "words", "Why this model does not need Flatten"),
        ("averaged", "scores", "Weights and contributions are left out: The model has no Flatten layer"),
        ("no flatten", "words", "When Flatten is needed This model has none."),
        ("maps come out", "scores", "Left out: The model does not give a score for each class: for an image it gives"),
        ("maps come out", "words", "so the labels of n images have the shape (n, 7, 6, 3)"),
        ("wide", "layers", "The first 64 of its 70 maps are shown."),
        ("wide", "scores", "The scores: the highest 10 of 30"),
    ],
)
def test_what_it_says(reports, name, part, words):
    assert words in reports(name)[3].text(part)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (
            "sparse_categorical_crossentropy",
            "This model was compiled with sparse_categorical_crossentropy: give it numbers",
        ),
        (
            "categorical_crossentropy",
            "This model was compiled with categorical_crossentropy: give it rows, shape (n, 3).",
        ),
        ("mse", "This model was compiled with mse."),
    ],
)
def test_the_note_on_labels_knows_the_loss(loss, words):
    model = with_seeded_weights(Sequential([Input((3, 4, 1)), Flatten(), Dense(3, activation="softmax")]))
    model.compile("sgd", loss)
    assert words in Page(model.explain(np.zeros((3, 4, 1))).html).text("words")


def test_the_rule_for_an_index_is_the_maps_own(reports):
    model, image, _, page = reports("blog")
    found = model.contributions(image).top(1)[0]
    row, column, channel = found.position
    rule = f"(row x 4 + column) x 7 + channel = ({row} x 4 + {column}) x 7 + {channel} = {found.index}."
    assert rule in page.text("words")
    there = int(model.flatten_map().permutation("channels_first", inverse=True)[found.index])
    assert f"there the same number has the index {there}." in page.text("words")


@pytest.mark.parametrize("name", ["blog", "channels_first", "linear"])
def test_the_code_on_the_page_runs(reports, name):
    model, _, _, page = reports(name)
    (code,) = [element[2] for element in page.all("pre") if "model.flatten_map(" in element[2]]
    names = {"model": model}
    exec(code, names)
    kernel = model.get_layer("hidden" if name == "blog" else "scores").kernel.value
    order = model.flatten_map("flatten").permutation("channels_first")
    np.testing.assert_array_equal(names["kernel_in_channels_first"], kernel[order])


def test_windows_that_are_too_many_to_be_traced_are_left_out():
    layers = [Input((70, 60, 1)), Permute((2, 1, 3)), Flatten(name="flatten"), Dense(2, activation="softmax")]
    model = with_seeded_weights(Sequential(layers))
    page = Page(model.explain(images(model, 1)).html)
    assert "Left out: what part of the image each number saw." in page.text("unrolling")
    assert "its 4,200 numbers are too many" in page.text("unrolling")
    assert page.data["flat"]["windows"] is None
    assert not {"window-picture", "heat-picture"} & set(page.ids)


def test_an_earlier_flatten_can_be_asked_for(cases):
    model = cases["two flattens"]
    page = Page(model.explain(images(model, 1), layer="early").html)
    assert "early puts the 7 x 5 numbers of the maps into one row of 35." in page.text("unrolling")
    assert page.data["flat"]["extents"] == [7, 5]


def test_the_compilers_view_is_the_recorded_trace(reports):
    model, _, _, page = reports("digits")
    text = page.by_id("compiler")[2]
    assert model.graph() is not None
    for name in ("move_pool_first", "fuse_conv_pool", "fuse_elementwise"):
        graph = model.program(after=name)
        assert graph in text
    chips = [" ".join(element[2].split()) for element in page.all("li") if "chip" in element[1].get("class", "")]
    assert any("conv2d_pool" in chip and "new" in chip for chip in chips)
    views = [element for element in page.all("li") if "view" in element[1].get("class", "").split()]
    assert all("flatten" in element[2] for element in views)
    assert views


def test_alternatives_that_later_layers_cannot_take_are_not_offered(cases):
    found = [other.change for other in structure.shapes(cases["two flattens"]).alternatives]
    assert "Dense(12) for Dense(24)" not in found


def test_a_second_report_compiles_nothing_and_computes_few_images(cases, monkeypatch):
    model = cases["digits"]
    model.explain()
    made, runs = [], []
    monkeypatch.setattr(compiler, "generate", made.append)
    run = InferenceExecutable.run

    def counted(executable, parameters, inputs, outputs, count, *, version):
        runs.append(count)
        run(executable, parameters, inputs, outputs, count, version=version)

    monkeypatch.setattr(InferenceExecutable, "run", counted)
    model.explain()
    assert not made
    assert sum(runs) <= 30 + 10 + 5  # timed runs, the gradient of each of ten classes, and what the parts show


def mistake(call, kind=ValueError):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_mistakes(cases, monkeypatch):
    model = cases["blog"]
    text = mistake(lambda: report(model))
    assert "the report needs an image: those that come with planish are digits of 28 x 28 pixels" in text
    assert "expected: an image of the shape (13, 11, 2)" in text
    text = mistake(lambda: report(model, images(model, 1), class_names=["a", "b"]))
    assert text == "`class_names` does not fit the model\n  expected: 4 names\n  received: 2"
    assert "`image` is not one image" in mistake(lambda: report(model, images(model, 2)))
    assert "the model is not built" in mistake(lambda: report(Sequential([Conv2D(2, 3)]), np.zeros((8, 8, 1))))
    assert "the model has no Flatten layer" in mistake(
        lambda: report(cases["averaged"], images(cases["averaged"], 1), layer="first")
    )
    monkeypatch.setitem(sys.modules, "jinja2", None)
    text = mistake(lambda: report(model, images(model, 1)), ImportError)
    assert text == "a report needs Jinja2 for its page\n  remedy: pip install 'planish[explain]'"
