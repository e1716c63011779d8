"""What notebooks show: whole, in order, and nothing but text in it."""

import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from planish import html
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential
from planish.structure import shapes


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.open, self.tags = [], [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def parsed(text):
    parser = _Cells()
    parser.feed(text)
    parser.close()
    assert not parser.open
    assert parser.tags <= {"p", "pre", "table", "thead", "tbody", "tr", "th", "td"}
    return parser.rows


@pytest.fixture(scope="module")
def trained():
    inner = Sequential([Flatten(name="flatten"), Dense(3, activation="softmax", name="<script>")], name="inner")
    layers = [Input((6, 6, 1)), Conv2D(2, 3, name="conv2d"), MaxPooling2D(name="pool"), inner]
    model = Sequential(layers, name="<b>outer")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).random((8, 6, 6, 1), np.float32)
    y = np.arange(8) % 3
    history = model.fit(x, y, epochs=4, validation_data=(x, y), validation_freq=2, verbose=0)
    return model, history, x


def test_a_model(trained):
    text = trained[0]._repr_html_()
    rows = parsed(text)
    assert rows[0] == ["Layer (type)", "Output Shape", "Param #"]
    assert [row[0].split(" (")[0] for row in rows[1:]] == [
        "conv2d",
        "pool",
        "inner",
        "   └ flatten",
        "   └ <script>",
    ]
    assert rows[1][1:] == ["(None, 4, 4, 2)", "20"]
    assert "Total params: " in text
    assert "<b>" not in text


def test_a_model_that_is_not_built():
    assert parsed(Sequential([Dense(3)])._repr_html_())[1][1:] == ["?", "0 (unbuilt)"]


def test_a_history_with_values_of_some_epochs_only(trained):
    rows = parsed(trained[1]._repr_html_())
    assert rows[0] == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4"]
    assert [row[4] == "" for row in rows[1:]] == [True, False, True, False]
    assert float(rows[4][4]) == pytest.approx(trained[1].history["val_loss"][1], rel=1e-3)


def test_shapes(trained):
    found = shapes(trained[0])
    rows = parsed(found._repr_html_())
    assert rows[0] == ["layer", "output", "why", "parameters", "multiply-adds", "activations"]
    assert rows[len(found.steps) + 1][3] == f"{found.parameters:,}"


def test_contributions_add_up_to_the_logit(trained):
    model, _, x = trained
    found = model.contributions(x[0])
    text = found._repr_html_()
    rows = parsed(text)
    assert rows[0] == ["index", "row", "column", "channel", "value", "weight", "adds", "sees"]
    others, bias, logit = map(float, re.search(r"add ([-.\de]+); bias: ([-.\de]+); .*: ([-.\de]+)</p>", text).groups())
    assert sum(float(row[6]) for row in rows[1:]) + others + bias == pytest.approx(logit, abs=0.01)


def test_programs_keep_their_lines(trained):
    program = trained[0].program()
    shown = program._repr_html_()
    assert parsed(shown) == []
    assert unescape(shown).count("\n") == program.count("\n")


def test_control_characters_are_written_out():
    assert html.escaped("\x1b[31m<i>&") == "\\x1b[31m&lt;i&gt;&amp;"
