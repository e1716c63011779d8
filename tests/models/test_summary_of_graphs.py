"""The table of a model that is not one layer after another; what Keras prints for more models is in tests/keras."""

import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, Layer
from planish.naming import reset_names


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    reset_names()


def summary(model, **settings):
    printed = []
    model.summary(print_fn=printed.append, **settings)
    return printed[0]


def rows(model, **settings):
    """The cells of every row, without the line breaks in them."""
    lines = summary(model, line_length=200, **settings).splitlines()
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]


THRICE = """\
Model: "functional"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ input_layer         │ (None, 4)         │          0 │ -                 │
│ (InputLayer)        │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ t (Dense)           │ (None, 4)         │         20 │ input_layer[0][0… │
│                     │                   │            │ t[0][0], t[1][0]  │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 20 (80.00 B)
 Trainable params: 20 (80.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def test_a_layer_used_three_times_is_keras_table_to_the_character():
    x, layer = keras.Input((4,)), Dense(4, name="t")
    assert summary(keras.Model(x, layer(layer(layer(x))))) == THRICE


def test_a_chain_has_no_column_about_connections_and_its_input_is_a_row():
    x = keras.Input((4,), name="x")
    assert rows(keras.Model(x, Dense(2, name="d")(x) + 1)) == [
        ["x (InputLayer)", "(None, 4)", "0"],
        ["d (Dense)", "(None, 2)", "10"],
        ["add (Add)", "(None, 2)", "0"],
    ]


def test_a_model_whose_output_is_its_input():
    x = keras.Input((4,), name="x")
    assert rows(keras.Model(x, x)) == [["x (InputLayer)", "(None, 4)", "0"]]


def test_an_input_that_nothing_reads_is_a_row():
    x, unused = keras.Input((4,), name="x"), keras.Input((3,), name="unused")
    table = rows(keras.Model([x, unused], Dense(2, name="d")(x)))
    assert table == [
        ["x (InputLayer)", "(None, 4)", "0", "-"],
        ["unused (InputLayer)", "(None, 3)", "0", "-"],
        ["d (Dense)", "(None, 2)", "10", "x[0][0]"],
    ]


class Halves(Layer):
    def call(self, x):
        return {"right": x[:, 2:], "left": (x[:, :2],)}


def test_several_outputs_of_a_layer_have_their_shapes_and_numbers():
    x = keras.Input((5,), name="x")
    halves = Halves(name="halves")(x)
    model = keras.Model(x, [Dense(1, name="d")(halves["right"]), halves["left"][0]])
    assert rows(model)[1:] == [
        ["halves (Halves)", "[(None, 2), (None, 3)]", "0"],
        ["d (Dense)", "(None, 1)", "4"],
    ]
    joined = keras.layers.Add(name="sum")([Dense(2, name="e")(halves["right"]), halves["left"][0]])
    assert rows(keras.Model(x, joined))[2:] == [
        ["e (Dense)", "(None, 2)", "8", "halves[0][1]"],
        ["sum (Add)", "(None, 2)", "0", "e[0][0], halves[0][0]"],
    ]


def test_a_shape_is_that_of_the_use_in_this_model():
    shared = keras.layers.ReLU(name="shared")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, shared(x))
    shared(keras.Input((7, 7, 1)))
    assert rows(model)[1][1] == "(None, 4)"


def test_layers_inside_models_say_nothing_about_connections():
    inner_x = keras.Input((3,), name="inner_x")
    inner = keras.Model(inner_x, Dense(3, name="inner")(inner_x), name="twice")
    x = keras.Input((3,), name="x")
    table = rows(keras.Model(x, inner(inner(x)) + x), expand_nested=True, show_trainable=True)
    assert table[1:4] == [
        ["twice (Functional)", "(None, 3)", "12", "x[0][0], twice[0][0]", "Y"],
        ["└ inner_x (InputLayer)", "(None, 3)", "0", "-", "-"],
        ["└ inner (Dense)", "(None, 3)", "12", "-", "Y"],
    ]


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.convolution = Conv2D(2, 3, name="convolution")
        self.flatten = Flatten(name="flatten")
        self.heads = {"a": Dense(3, name="a"), "b": Dense(2, name="b")}
        self.unused = Dense(5, name="unused")

    def call(self, x, training=None):
        x = self.flatten(self.convolution(x))
        return {name: head(x) for name, head in self.heads.items()}


def test_a_subclass_lists_its_layers_with_the_shapes_of_its_own_trace():
    model = Subclassed()
    assert [row[1:] for row in rows(model)] == [["?", "0 (unbuilt)"]] * 5
    model.build((None, 6, 6, 1))
    assert rows(model) == [
        ["convolution (Conv2D)", "(None, 4, 4, 2)", "20"],
        ["flatten (Flatten)", "(None, 32)", "0"],
        ["a (Dense)", "(None, 3)", "99"],
        ["b (Dense)", "(None, 2)", "66"],
        ["unused (Dense)", "?", "0 (unbuilt)"],
    ]


class Pointwise(keras.Model):
    def __init__(self):
        super().__init__(name="pointwise")
        self.convolution = Conv2D(2, 3, name="convolution")

    def call(self, x):
        return self.convolution(x)


def test_sizes_that_come_with_the_data_are_open_in_a_subclass_too():
    model = Pointwise()
    model.build((None, None, None, 1))
    assert rows(model) == [["convolution (Conv2D)", "(None, None, None, 2)", "20"]]


def test_positions_have_one_fraction_for_each_column():
    x, layer = keras.Input((4,), name="x"), Dense(4)
    with pytest.raises(ValueError, match="expected: 4 fractions"):
        keras.Model(x, layer(layer(x))).summary(positions=[0.3, 0.6, 1.0])


def test_a_range_of_layers_counts_operations():
    x = keras.Input((4,), name="x")
    model = keras.Model(x, Dense(2, name="d")(x) * 2 + 1)
    assert [row[0] for row in rows(model, layer_range=("d", "multiply"))] == ["d (Dense)", "multiply (Multiply)"]


def test_notebooks_see_the_connections():
    x = keras.Input((4,), name="x")
    html = keras.Model(x, Dense(4, name="d")(x) + x)._repr_html_()
    assert "Connected to" in html
    assert "d[0][0], x[0][0]" in html
