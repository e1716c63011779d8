"""The numbers that a page carries, against the model's own."""

import numpy as np
import pytest

from planish.explain import layer_cards, unrolling
from planish.explain.encoding import levels, shrunk
from planish.explain.pixels import picture
from planish.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from planish.models import Sequential
from tests.explain.conftest import CASES
from tests.explain.pages import Page, decoded
from tests.models.looking.introspected import with_seeded_weights

UNROLLED = [name for name in CASES if name not in ("averaged", "no flatten", "maps come out", "wide")]


def test_the_image_of_bytes_is_carried_as_it_is(reports):
    _, image, _, page = reports("digits")
    carried = page.data["image"]
    assert (carried["height"], carried["width"], carried["colours"]) == (28, 28, 1)
    np.testing.assert_array_equal(decoded(carried["bytes"], "u1"), image.ravel())


@pytest.mark.parametrize("name", CASES)
def test_every_layers_maps_are_its_activations(reports, name):
    model, image, _, page = reports(name)
    carried, values = page.data["layers"], model.activations(image[None])
    assert len(carried) == len(values)
    drawn = 0
    for layer, (layer_name, value) in zip(carried, values.items(), strict=True):
        if layer is None:
            continue
        drawn += 1
        first = name == "channels_first" and value.ndim == 4
        planes = value[0].reshape(layer["rows"], layer["columns"], -1)
        planes = value[0] if first else np.moveaxis(planes, -1, 0)
        shown = planes[: layer["maps"]]
        step = (layer["high"] - layer["low"]) / 255
        found = layer["low"] + decoded(layer["bytes"], "u1").reshape(shown.shape) * step
        np.testing.assert_allclose(found, shown, atol=step * 0.51 + 1e-6, err_msg=layer_name)
        assert (layer["low"], layer["high"]) == pytest.approx((shown.min(), shown.max()))
    assert drawn == len(values) - sum(1 for layer_name in values if layer_name == "dropped")


@pytest.mark.parametrize("name", UNROLLED)
def test_the_flat_vector_is_what_flatten_gives(reports, name):
    model, image, _, page = reports(name)
    expected = model.contributions(image)
    carried = page.data["flat"]
    np.testing.assert_array_equal(decoded(carried["features"], "<f4"), expected.features)
    assert tuple(carried["extents"]) == expected.map.extents
    assert carried["order"] == "channels_last"
    assert carried["rows"] * carried["columns"] * carried["channels"] == expected.map.size


@pytest.mark.parametrize("name", UNROLLED)
def test_windows_are_those_of_the_map(reports, name):
    model, image, _, page = reports(name)
    flat, carried = model.contributions(image).map, page.data["flat"]
    if name == "no maps":
        assert carried["windows"] is None
        return
    windows = decoded(carried["windows"], "<i2").reshape(-1, 4)
    for index in range(flat.size):
        window = flat.receptive_field(index)
        found = windows[index // carried["channels"] if carried["windowsOfPixels"] else index]
        assert (*found,) == (window.rows.start, window.rows.stop, window.columns.start, window.columns.stop)


@pytest.mark.parametrize("name", UNROLLED)
def test_classes_carry_their_weights_and_make_up_their_logits(reports, name):
    model, image, _, page = reports(name)
    scores = model.predict(image[None], verbose=0)[0]
    classes = page.data["classes"]
    assert [each["index"] for each in classes] == list(np.argsort(-scores, kind="stable")[:10])
    for each in classes:
        expected = model.contributions(image, each["index"])
        weights = decoded(each["weights"], "<f4")
        np.testing.assert_allclose(weights, expected.weights, rtol=1e-6, atol=1e-7)
        total = (weights * decoded(page.data["flat"]["features"], "<f4")).sum(dtype=np.float64)
        assert total + each["rest"] == pytest.approx(each["logit"], abs=1e-5)
        assert each["exact"] == expected.exact


def test_a_map_in_channels_first_is_carried_with_channels_last():
    """Keras's Flatten joins such maps with the channels last, too: the page and the model have one order."""
    model = with_seeded_weights(CASES["channels_first"]())
    assert model.flatten_map().order == "channels_last"
    assert unrolling.as_rows_columns_channels(model.flatten_map()) == (3, 3, 5)


def test_extents_of_maps_of_other_ranks():
    def drawn(*shape, data_format="channels_last"):
        from planish.flattening import FlattenMap

        return unrolling.as_rows_columns_channels(FlattenMap(shape, data_format))

    assert drawn(7) == (1, 7, 1)
    assert drawn(5, 7) == (5, 7, 1)
    assert drawn(5, 7, data_format="channels_first") == (1, 7, 5)
    assert drawn(2, 3, 4, 5) == (6, 4, 5)
    assert drawn() == (1, 1, 1)


def test_too_many_maps_are_cut_to_what_a_page_can_hold(cases):
    from planish.models.looking.layer_outputs import trace

    model = cases["wide"]
    traced = trace(model)
    values = model.activations(np.zeros((1, 8, 8, 1)), [traced.key(visit) for visit in traced.leaves])
    assert layer_cards.cards(traced, values)[0].maps.shape == (64, 8, 8)
    tight = layer_cards.cards(traced, values, most_nbytes=1200)
    assert tight[0].maps.shape == (16, 8, 8)
    assert tight[0].size == (70, 8, 8)


def test_large_maps_and_long_vectors_are_cut_and_the_page_says_so():
    layers = [Input((130, 90, 1)), Conv2D(2, 1), MaxPooling2D(40), Flatten(), Dense(5000), Dense(2)]
    page = Page(with_seeded_weights(Sequential(layers)).explain(np.zeros((130, 90, 1))).html)
    assert "Maps are shown at 44 x 30, as means over blocks." in page.text("layers")
    assert "The first 4,096 of its numbers are shown." in page.text("layers")
    assert (page.data["layers"][0]["rows"], page.data["layers"][3]["columns"]) == (44, 4096)


def test_a_vector_that_is_too_long_is_left_out():
    model = with_seeded_weights(Sequential([Input((257, 256, 1)), Flatten(), Dense(2, activation="softmax")]))
    html = model.explain(np.zeros((257, 256, 1))).html
    assert "The flat vector has 65,792 elements: more than the 65,536 that a page can show." in html
    assert len(html) < 1_400_000


def test_only_as_many_classes_as_fit_carry_weights():
    assert len(unrolling.classes_shown(1600, np.arange(1000.0))) == 10
    np.testing.assert_array_equal(unrolling.classes_shown(60_000, np.arange(1000.0)), [999, 998, 997])
    np.testing.assert_array_equal(unrolling.classes_shown(300_000, np.arange(5.0)), [4])


def test_levels_of_numbers_that_are_not_finite():
    found = levels(np.array([1.0, np.inf, np.nan, -np.inf, 3.0]))
    assert (found["low"], found["high"]) == (1.0, 3.0)
    np.testing.assert_array_equal(decoded(found["bytes"], "u1"), [0, 255, 0, 0, 255])
    assert decoded(levels(np.full(3, np.nan))["bytes"], "u1").tolist() == [0, 0, 0]


def test_large_planes_are_shown_as_means():
    planes = np.arange(2 * 5 * 7, dtype=float).reshape(2, 5, 7)
    small = shrunk(planes, 3)
    assert small.shape == (2, 2, 3)
    assert small[1, 0, 0] == planes[1, :3, :3].mean()
    assert small[1, 1, 2] == planes[1, 3:, 6:].mean()


@pytest.mark.parametrize(
    ("image", "first", "note"),
    [
        (np.full((2, 3), 0.5), 128, ""),
        (np.full((2, 3, 1), 200.0), 200, ""),
        (np.linspace(-1, 1, 6).reshape(2, 3, 1), 0, "Its values, -1 to 1, are shown from dark to light."),
        (np.full((2, 3, 2), 0.5), 128, "The mean of its 2 channels is shown."),
    ],
)
def test_how_images_are_shown(image, first, note):
    shown = picture(image, "channels_last")
    assert (shown["height"], shown["width"]) == (2, 3)
    assert decoded(shown["bytes"], "u1")[0] == first
    assert shown["note"] == note


def test_colour_images_in_both_formats():
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    last, first = picture(image, "channels_last"), picture(image.transpose(2, 0, 1), "channels_first")
    assert {**last, "first": True} == first
    np.testing.assert_array_equal(decoded(last["bytes"], "u1"), image.ravel())
    assert picture(image[0, 0], "channels_last") is None


def test_a_large_image_is_shown_smaller():
    shown = picture(np.zeros((500, 300, 3), np.uint8), "channels_last")
    assert (shown["height"], shown["width"], shown["rows"], shown["columns"]) == (500, 300, 167, 100)
    assert shown["note"] == "Shown with 167 rows and 100 columns."


def test_weights_that_are_not_numbers_do_not_break_the_page():
    model = Sequential([Input((3, 4, 1)), Flatten(), Dense(2, activation="softmax")])
    model.set_weights([np.full((12, 2), np.nan), np.zeros(2)])
    html = model.explain(np.zeros((3, 4, 1))).html
    assert '"logit":null' in html


def test_a_model_without_flatten_has_no_vector(reports):
    for name in ("averaged", "no flatten", "maps come out", "wide"):
        data = reports(name)[3].data
        assert data["flat"] is None
        assert data["classes"] == []


def test_a_pooled_model_still_shows_scores():
    model = with_seeded_weights(Sequential([Input((8, 8, 1)), Conv2D(3, 3), GlobalAveragePooling2D(), Dense(2)]))
    html = model.explain(np.zeros((8, 8, 1)), class_names=["cat", "dog"]).html
    assert "cat" in html
