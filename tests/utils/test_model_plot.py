"""Models as drawings: the boxes and arrows are Keras's, and files come from the program `dot`."""

import importlib.util
import shutil

import pytest

import planish as keras
from planish.layers import Add, Conv2D, Dense, Flatten, ReLU
from planish.naming import reset_names
from planish.utils import model_to_dot, plot_model


@pytest.fixture(autouse=True)
def _names_are_counted_anew():
    reset_names()


def branched():
    image = keras.Input((4, 4, 1), name="image")
    x = Conv2D(1, 3, padding="same", activation="relu", name="conv")(image)
    x = Add(name="sum")([x, image]) * 0.5
    return keras.Model(image, Dense(2, name="scores")(Flatten(name="flat")(x)), name="branched")


def nested():
    """A model of two inputs, called by the names of these, in another; and a Sequential model in it."""
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    inner = keras.Model({"b": b, "a": a}, Dense(2, name="inside")(a) + Dense(2, name="other")(b), name="inner")
    stack = keras.Sequential([keras.Input((2,)), ReLU(name="first"), ReLU(name="second")], name="stack")
    p, q = keras.Input((3,), name="p"), keras.Input((3,), name="q")
    return keras.Model([p, q], Dense(1, name="last")(stack(inner({"a": p, "b": q}))), name="outer")


def nodes_in(dot):
    found = {node.get_name(): node.get_label() for node in dot.get_nodes() if node.get_label()}
    for cluster in dot.get_subgraphs():
        found |= nodes_in(cluster)
    return found


def arrows(dot, names):
    """The arrows as pairs of the names in the boxes, found by the names of the layers."""
    labels = nodes_in(dot)
    named = {node: next(name for name in names if f"<b>{name}</b>" in label) for node, label in labels.items()}
    return {(named[edge.get_source()], named[edge.get_destination()]) for edge in dot.get_edges()}


def test_a_box_for_each_layer_and_operation_and_an_arrow_for_each_input():
    dot = model_to_dot(branched())
    assert arrows(dot, ["image", "conv", "sum", "multiply", "flat", "scores"]) == {
        ("image", "conv"), ("image", "sum"), ("conv", "sum"), ("sum", "multiply"), ("multiply", "flat"),
        ("flat", "scores"),
    }  # fmt: skip


def test_models_inside_are_boxes_or_are_opened():
    model = nested()
    closed = model_to_dot(model)
    assert arrows(closed, ["p", "q", "inner", "stack", "last"]) == {
        ("p", "inner"), ("q", "inner"), ("inner", "stack"), ("stack", "last"),
    }  # fmt: skip
    opened = model_to_dot(model, expand_nested=True)
    assert {cluster.get_name() for cluster in opened.get_subgraphs()} == {"cluster_inner", "cluster_stack"}
    names = ["p", "q", "a", "b", "inside", "other", "add", "first", "second", "last"]
    assert arrows(opened, names) == {
        ("p", "a"), ("q", "b"), ("a", "inside"), ("b", "other"), ("inside", "add"), ("other", "add"), ("add", "first"),
        ("first", "second"), ("second", "last"),
    }  # fmt: skip


def test_a_shared_layer_is_one_box_with_an_arrow_to_itself():
    x, layer = keras.Input((4,), name="x"), Dense(4, name="shared")
    dot = model_to_dot(keras.Model(x, layer(layer(layer(x)))))
    assert arrows(dot, ["x", "shared"]) == {("x", "shared"), ("shared", "shared")}


def test_a_sequential_model_has_no_box_for_its_input():
    dot = model_to_dot(keras.Sequential([keras.Input((4,)), Dense(3, name="one"), ReLU(name="two")]))
    assert arrows(dot, ["one", "two"]) == {("one", "two")}


def test_boxes_say_what_is_asked_for():
    model = branched()
    model.get_layer("scores").trainable = False
    shown = {"show_shapes": True, "show_dtype": True, "show_trainable": True, "show_layer_activations": True}
    conv, scores = (
        next(label for label in nodes_in(model_to_dot(model, **shown)).values() if f"<b>{name}</b>" in label)
        for name in ("conv", "scores")
    )
    for text in (
        "(Conv2D)", "Input shape: <b>(None, 4, 4, 1)</b>", "Output shape: <b>(None, 4, 4, 1)</b>",
        "Output dtype: <b>float32</b>", "Activation: <b>relu</b>", "<b>Trainable</b>",
    ):  # fmt: skip
        assert text in conv
    assert "<b>Non-trainable</b>" in scores
    plain = nodes_in(model_to_dot(model, show_layer_names=False)).values()
    assert any("<b>Conv2D</b>" in label and "conv" not in label for label in plain)


def test_names_with_signs_of_the_language_are_escaped():
    x = keras.Input((2,), name="x")
    label = [*nodes_in(model_to_dot(keras.Model(x, Dense(1, name="a<b>&c")(x)))).values()][1]
    assert "a&lt;b&gt;&amp;c" in label


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.inner = Dense(2)

    def call(self, x):
        return self.inner(x)


def test_a_subclass_is_one_box():
    model = Subclassed()
    with pytest.raises(ValueError, match=r"the model is not built"):
        model_to_dot(model)
    model.build((None, 3))
    assert len(nodes_in(model_to_dot(model))) == 1


def test_the_way_of_drawing_is_checked_and_kept():
    assert model_to_dot(branched(), rankdir="LR").get("rankdir") == "LR"
    with pytest.raises(ValueError, match="unknown rankdir 'left'"):
        model_to_dot(branched(), rankdir="left")
    with pytest.raises(ValueError, match=r"unknown argument of plot_model 'show_shape'[\s\S]*'show_shapes'"):
        plot_model(branched(), show_shape=True)
    assert type(model_to_dot(branched(), subgraph=True)).__name__ == "Cluster"


def test_text_needs_no_program(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    plot_model(branched(), tmp_path / "model.dot", show_layer_names=True)
    assert "<b>conv</b>" in (tmp_path / "model.dot").read_text(encoding="utf-8")
    with pytest.raises(ImportError, match=r"program `dot`[\s\S]*apt install graphviz[\s\S]*model.dot"):
        plot_model(branched(), tmp_path / "model.png")


def test_without_pydot_the_way_out_is_told(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'planish\[plots\]'"):
        model_to_dot(branched())


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_pictures_are_drawn_and_other_formats_are_refused(tmp_path):
    plot_model(nested(), tmp_path / "model.png", show_shapes=True, expand_nested=True, dpi=50)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"could not draw the model as 'bpmn'"):
        plot_model(nested(), tmp_path / "model.bpmn")
    assert not (tmp_path / "model.bpmn").exists()
