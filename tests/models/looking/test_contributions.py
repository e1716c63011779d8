"""What the elements of a flat vector add to a logit, and the windows that they saw."""

import numpy as np
import pytest

from planish.layers import Conv2D, Flatten, Input, ZeroPadding2D
from planish.models import Sequential
from planish.models.looking.feature_windows import feature_windows
from tests.models.looking.introspected import MAKERS, images, made, with_seeded_weights

WITH_MAPS = [name for name in MAKERS if name != "averaged"]


def logits(model, x):
    """float64 [n, classes], by the layers before the last Dense and its weights."""
    outputs = model.activations(x)
    dense = model.get_layer("scores")
    before = list(outputs)[list(outputs).index("scores") - 1]
    return outputs[before].astype(np.float64) @ dense.kernel.value + dense.bias.value


@pytest.mark.parametrize("maker", ["linear", "channels_first", "two flattens", "turned"])
def test_they_make_up_the_logit_where_all_is_linear(maker):
    model = made(maker)
    x = images(model, 4)
    for image, scores in zip(x, logits(model, x), strict=True):
        for target, score in enumerate(scores):
            found = model.contributions(image, target)
            assert found.exact
            assert found.logit == pytest.approx(score, abs=1e-5)
            assert found.values.sum(dtype=np.float64) + found.rest == pytest.approx(score, abs=1e-5)


def test_without_layers_in_between_the_rest_is_the_bias_and_the_weights_are_the_kernel():
    model = made("two flattens")
    dense = model.get_layer("scores")
    found = model.contributions(images(model)[0], 2)
    assert found.layer == "late"
    assert found.rest == pytest.approx(dense.bias.value[2], abs=1e-6)
    np.testing.assert_array_equal(found.weights, dense.kernel.value[:, 2])
    np.testing.assert_allclose(found.values, model.activations(images(model), "late")[0] * found.weights)


def test_through_a_hidden_layer_they_are_gradient_times_input():
    model = made("blog")
    x = images(model)[:1]
    found = model.contributions(x, 3)
    assert not found.exact
    np.testing.assert_array_equal(found.features, model.activations(x, "flatten")[0])
    np.testing.assert_allclose(found.weights, model.gradients(x, 3, of="flatten")[0], rtol=1e-6, atol=1e-7)
    hidden, scores = model.get_layer("hidden"), model.get_layer("scores")
    active = model.activations(x, "hidden")[0] > 0
    biases = scores.bias.value[3] + (hidden.bias.value * active) @ scores.kernel.value[:, 3]
    assert found.rest == pytest.approx(biases, abs=1e-5)  # relu is linear near the image


def test_the_map_and_the_largest():
    model = made("blog")
    found = model.contributions(images(model)[0])
    assert found.target == model.predict(images(model), verbose=0)[0].argmax()
    np.testing.assert_array_equal(found.as_map.ravel(), found.values)
    top = found.top(5)
    np.testing.assert_array_equal([each.contribution for each in top], np.sort(found.values)[::-1][:5])
    for each in top:
        assert found.map.index(*each.position) == each.index
        assert each.value * each.weight == pytest.approx(each.contribution, rel=1e-6)
        assert each.window.rows == found.map.receptive_field(each.index).rows


@pytest.mark.parametrize("maker", WITH_MAPS)
def test_windows_of_all_elements_are_those_of_each(maker):
    flat = made(maker).contributions(images(made(maker))[0]).map
    found = feature_windows(flat)
    assert found.shape == (flat.size, 4)
    for index, edges in enumerate(found):
        window = flat.receptive_field(index)
        assert (*edges,) == (window.rows.start, window.rows.stop, window.columns.start, window.columns.stop), index


def test_windows_of_elements_that_see_nothing_but_padding():
    model = with_seeded_weights(Sequential([Input((4, 5, 1)), ZeroPadding2D(2), Conv2D(2, 2), Flatten()]))
    flat = model.flatten_map()
    found = feature_windows(flat)
    assert not found[0].any()
    for index, edges in enumerate(found):
        window = flat.receptive_field(index)
        assert (*edges,) == (window.rows.start, window.rows.stop, window.columns.start, window.columns.stop), index


def test_the_heat_map_spreads_each_value_over_its_window():
    model = made("channels_first")
    found = model.contributions(images(model)[0])
    expected = np.zeros((9, 11))
    for index, value in enumerate(found.values):
        window = found.map.receptive_field(index)
        area = expected[window.rows, window.columns]
        area += value / area.size
    np.testing.assert_allclose(found.heat_map(), expected, rtol=1e-5, atol=1e-6)
    assert found.heat_map().sum() == pytest.approx(found.values.sum(dtype=np.float64), abs=1e-5)


def test_an_earlier_flatten():
    model = made("two flattens")
    early = model.contributions(images(model)[0], 1, "early")
    assert early.layer == "early"
    assert not early.exact
    assert early.map.shape == (7, 5)
    assert str(early.map.receptive_field(9)) == "rows 1-1, columns 4-4 of 7x5"


def test_an_image_without_its_only_channel():
    model = with_seeded_weights(Sequential([Input((4, 5, 1)), Flatten()]))
    image = images(model)[0]
    np.testing.assert_array_equal(model.contributions(image[..., 0]).values, model.contributions(image[None]).values)


def test_mistakes():
    averaged, model = made("averaged"), made("blog")
    with pytest.raises(ValueError, match="the model has no Flatten layer, so it has no flat vector"):
        averaged.contributions(images(averaged)[0])
    with pytest.raises(ValueError, match=r"unknown Flatten layer of .* 'pool'\n  expected: one of 'flatten'"):
        model.contributions(images(model)[0], layer="pool")
    with pytest.raises(ValueError, match="`image` is not one image\n  expected: one image\n  received: 3 images"):
        model.contributions(images(model))
    flat = with_seeded_weights(Sequential([Input((5,)), Flatten(name="flatten")]))
    with pytest.raises(ValueError, match="Flatten 'flatten': its elements have no windows in an image"):
        flat.contributions(images(flat)[0]).heat_map()
