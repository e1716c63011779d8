"""After every pass, graphs of all kinds of models are well formed and mean what they meant before."""

import numpy as np
import pytest

from planish import losses, optimizers
from planish.graph.settings import name_of
from planish.graph.verifier import verify
from planish.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    Permute,
    Rescaling,
    ZeroPadding2D,
    concatenate,
)
from planish.models import Sequential
from planish.models.programs.step_graph import Objective, training_graph
from planish.passes import pipeline
from planish.passes.recorder import Recorder
from planish.primitives.interpreter import interpret
from planish.primitives.registry import result_type


class GrowingList(Layer):
    """Every convolution sees the images and what all before it made."""

    def __init__(self, **options):
        super().__init__(**options)
        self.convolutions = [Conv2D(2, 3, padding="same") for _ in range(3)]

    def call(self, x):
        seen = [x]
        for convolution in self.convolutions:
            seen.append(convolution(concatenate(seen) if len(seen) > 1 else x))
        return concatenate(seen)


IMAGES = 3
TOLERANCE = 1e-9  # of the largest value, in float64: passes may reorder sums, and nothing else

MODELS = {
    "pooled": [Conv2D(4, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(5, activation="softmax")],
    "same padding and strides": [Conv2D(3, 3, strides=2, padding="same", activation="tanh"), Flatten(), Dense(5)],
    "deep": [
        Conv2D(4, 3, activation="relu"), Conv2D(3, 2, strides=2, padding="same"), Conv2D(4, 2, activation="relu"),
        Flatten(), Dense(5),
    ],
    "dilation and groups": [Conv2D(4, 2, dilation_rate=2, groups=2, activation="elu"), Flatten(), Dense(5)],
    "a falling activation": [Conv2D(4, 3, activation="gelu"), MaxPooling2D(), Flatten(), Dense(5)],
    "overlapping windows": [Conv2D(4, 3), MaxPooling2D(3, strides=2, padding="same"), Flatten(), Dense(5)],
    "normalized": [
        Rescaling(0.5, -1.0), Conv2D(4, 3, use_bias=False), BatchNormalization(), Dropout(0.3), AveragePooling2D(),
        Flatten(), Dense(5),
    ],
    "moved axes": [ZeroPadding2D(1), Permute((2, 1, 3)), Conv2D(3, 3), GlobalAveragePooling2D(), Dense(5)],
    "a list of maps that grows": [GrowingList(), Flatten(), Dense(5)],
}  # fmt: skip


def graphs_of(layers):
    """The model's graph for inference, and its training step."""
    model = Sequential([type(layer).from_config(layer.get_config()) for layer in layers])
    model.build((None, 8, 9, 2))
    optimizer = optimizers.Adam()
    optimizer.build(model.trainable_weights)
    objective = Objective(losses.SparseCategoricalCrossentropy(from_logits=True), None, (), False)
    step, variables, *_ = training_graph(model, [objective], optimizer, with_outputs=True)
    return (model.graph(), step), variables


def bindings_of(graph, variables):
    random = np.random.default_rng(7)
    bindings = {variable.path: np.abs(random.normal(size=variable.shape)) for variable in variables}
    for node in graph.leaves("input"):
        labels = node.type.dtype == "i32"
        shape = (IMAGES, *node.shape)
        bindings[name_of(node)] = random.integers(0, 5, shape) if labels else random.normal(size=shape)
    for node in graph.leaves("scalar"):
        bindings[name_of(node)] = np.int32(11) if node.type.dtype == "i32" else np.float64(0.1)
    return bindings


def values_of(graph, bindings):
    results = interpret(graph, bindings, batch_size=IMAGES, dtype=np.float64)
    return {**results.outputs, **results.updates}


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_every_pass_leaves_a_graph_of_the_same_meaning(layers):
    graphs, variables = graphs_of(layers)
    for graph in graphs:
        recorder = Recorder()
        pipeline.run(graph, recorder)
        bindings = bindings_of(graph, variables)
        expected = values_of(graph, bindings)
        for record in recorder.runs:
            verify(record.after, result_type, after=record.name)
            for name, value in values_of(record.after, bindings).items():
                error = np.abs(value - expected[name]).max()
                assert error <= TOLERANCE * max(1.0, np.abs(expected[name]).max()), (record.name, name)


def test_every_pass_of_the_list_changes_one_of_these_models():
    changed = set()
    for layers in MODELS.values():
        for graph in graphs_of(layers)[0]:
            recorder = Recorder()
            pipeline.run(graph, recorder)
            changed |= {record.name for record in recorder.runs if record.changed}
    assert changed == {step.__name__ for step in pipeline.PASSES}
