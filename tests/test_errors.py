"""The form of messages; the messages themselves are tested beside what raises them, and in tests/errors."""

import pickle

import numpy as np

from planish.errors import ExplainedError, explain, number_of, unknown_name


def test_only_what_happened():
    assert explain(what="the data set is empty") == "the data set is empty"


def test_every_part_in_order_and_aligned():
    assert explain(
        what="the input has the wrong number of features",
        layer="Dense 'dense'",
        rule="the last axis is the one that was built",
        expected=16384,
        received=65536,
        input_shape=(None, 65536),
        chain=["(None, 256, 256, 3)", "Flatten 'flatten' (None, 65536)", "Dense 'dense'"],
        remedy="resize the images to 128x128\nor build a new model",
    ).splitlines() == [
        "Dense 'dense': the input has the wrong number of features",
        "  rule:        the last axis is the one that was built",
        "  expected:    16384",
        "  received:    65536",
        "  input shape: (None, 65536)",
        "  shapes:      (None, 256, 256, 3) -> Flatten 'flatten' (None, 65536) -> Dense 'dense'",
        "  remedy:      resize the images to 128x128",
        "               or build a new model",
    ]


def test_a_long_chain_has_a_line_for_each_step():
    steps = [f"Conv2D 'conv2d_{place}' (None, 26, 26, 32)" for place in range(3)]
    assert explain(what="wrong", chain=steps, remedy="none").splitlines() == [
        "wrong",
        "  shapes: Conv2D 'conv2d_0' (None, 26, 26, 32)",
        "          -> Conv2D 'conv2d_1' (None, 26, 26, 32)",
        "          -> Conv2D 'conv2d_2' (None, 26, 26, 32)",
        "  remedy: none",
    ]


def test_an_error_that_keeps_its_parts():
    error = ExplainedError(what="wrong", expected=3)
    assert str(error) == "wrong\n  expected: 3"
    told = error.told_with(layer="batch 2", remedy="4")
    assert type(told) is ValueError
    assert str(told) == "batch 2: wrong\n  expected: 3\n  remedy:   4"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ValueError
    assert str(again) == str(error)


def test_zero_false_and_empty_values_are_shown_but_none_is_not():
    assert explain(what="wrong", expected=0, received=()).splitlines() == ["wrong", "  expected: 0", "  received: ()"]
    assert explain(what="wrong", expected=False, received=None).splitlines() == ["wrong", "  expected: False"]


def test_shapes_read_alike_whatever_integers_they_hold():
    shape = (np.int64(3), None, (np.int32(4),))
    assert "  received: (3, None, (4,))" in explain(what="wrong", received=shape)


def test_unknown_name_gives_the_nearest_first():
    assert unknown_name("activation", "rellu", ["tanh", "relu", "relu6"]).splitlines() == [
        "unknown activation 'rellu'",
        "  expected: one of 'relu', 'relu6', 'tanh'",
        "  remedy:   did you mean 'relu' or 'relu6'?",
    ]


def test_unknown_name_ignores_case():
    assert "did you mean 'Adam'?" in unknown_name("optimizer", "ADAM", ["Adam", "SGD"])


def test_unknown_name_with_nothing_near_suggests_nothing():
    assert "remedy" not in unknown_name("loss", "zzz", ["mse"])


def test_unknown_name_of_another_type():
    assert unknown_name("metric", 3, ["mse"]).startswith("unknown metric 3\n")


def test_unknown_name_with_no_choices():
    assert "nothing: there are none" in unknown_name("layer", "x", [])


def test_long_lists_are_cut():
    text = unknown_name("layer", "x", [f"layer_{index:03}" for index in range(70)])
    assert "'layer_059', and 10 more" in text
    assert "layer_060" not in text


def test_counted_nouns():
    assert [number_of(count, "row") for count in (0, 1, 2, 5408)] == ["0 rows", "1 row", "2 rows", "5,408 rows"]
    assert number_of(1, "batch", "batches") == "1 batch"
    assert number_of(3, "batch", "batches") == "3 batches"
