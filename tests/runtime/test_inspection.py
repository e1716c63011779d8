"""Programs as text."""

import re

import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential, clone_model


@pytest.fixture(scope="module")
def model():
    convolution = Conv2D(8, 3, activation="relu", name="edges")
    return Sequential([Input((10, 10, 3)), convolution, MaxPooling2D(name="pool"), Flatten(), Dense(4)])


def test_graphs_after_passes(model):
    traced = model.program(after="simplify")
    assert "max_pool2d[" in traced
    fused = model.program(after="fuse_conv_pool")
    assert "conv2d_pool[" in fused
    assert "# edges, pool" in fused
    assert "conv2d_panels" in model.program()


def test_loops_llvm_and_assembly(model):
    loops = model.program(emit="loops")
    assert "for image of block:" in loops
    assert "for k in a contiguous run of the kernel row" in loops
    assert "define internal void @stage0" in model.program(emit="llvm")
    assert "infer:" in model.program(emit="asm")


def test_plan_names_method_and_reason(model):
    plan = model.program(emit="plan")
    assert "edges, pool  convolution, maximum  direct" in plan
    assert re.search(r"Winograd F\(2x2, 3x3\): [0-9,]+ cycles in place of [0-9,]+", plan)


def test_programs_of_fit(model):
    with pytest.raises(ValueError, match="compile"):
        model.program(training=True)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert "gradient of the kernel" in model.program(emit="plan", training=True)
    assert "update 'edges/kernel'" in model.program(training=True)
    model.compile("sgd", "mse")
    assert "input[name='y_true']" in model.program(training=True)


def test_a_step_needs_a_loss(model):
    again = clone_model(model)
    again.compile("sgd")
    with pytest.raises(ValueError, match="without a loss"):
        again.program(training=True)


def test_unknown_passes_and_forms_are_refused(model):
    with pytest.raises(ValueError, match="did you mean 'fuse_conv_pool'"):
        model.program(after="fuse_conv_pol")
    with pytest.raises(ValueError, match="unknown form of a program 'ir'"):
        model.program(emit="ir")


def test_dump_shows_every_form_asked_for(model, monkeypatch, capsys):
    monkeypatch.setenv("PLANISH_DUMP", "graph,loops")
    other = Sequential([Input((6,)), Dense(3, activation="tanh"), Dense(2)])
    other.predict([[0.0] * 6], verbose=0)
    shown = capsys.readouterr().err
    assert "--- graph, traced" in shown
    assert "--- graph after fuse_elementwise" in shown
    assert "--- loops" in shown
