"""The page about models with branches, several inputs and outputs, and layers that are used several times."""

import pytest

from tests.models import branched


def explained(maker, **options):
    model = getattr(branched, maker)()
    data = branched.data(model, count=1)
    return model.explain([part[0] for part in data] if isinstance(data, list) else data[0], **options).html


def test_cards_say_what_they_take_where_it_is_not_the_layer_before():
    page = explained("residual")
    assert "Takes conv and the image." in page
    assert "saw of the image" in page


def test_the_output_and_the_input_that_are_asked_for():
    page = explained("two_inputs", output="digit", input="image")
    assert "Takes flat and extra." in page
    with pytest.raises(ValueError, match="output='digit'"):
        explained("two_inputs")


def test_uses_of_a_layer_have_cards_of_their_own():
    page = explained("shared")
    assert all(f"dense, use {use} of 3" in page for use in (1, 2, 3))


def test_outputs_of_a_layer_have_cards_of_their_own():
    page = explained("halves", output=0)
    assert "halves, output 1" in page
    assert "halves, output 2" in page
