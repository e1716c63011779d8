"""New weights take the place of the old ones where nothing reads the old ones any more."""

import pytest

from planish import primitives
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.plan import Request, make_plan
from planish.codegen.planning.views import storage_root
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from planish.losses import SparseCategoricalCrossentropy
from planish.models import Sequential
from planish.models.programs.step_graph import Objective, training_graph
from planish.optimizers import SGD, Adafactor, Adam, AdamW, Ftrl, Lamb, Muon, RMSprop, ScheduleFreeAdamW
from tests.passes.random_graphs import random_training

TARGET = make_target("avx2", "x86_64-unknown-linux-gnu")


def check_updates(graph, dtypes):
    plan = make_plan(Request(graph, dtypes, TARGET, True, 8))
    moment = {}
    for number, stage in enumerate(plan.stages):
        groups = stage.segments if stage.batched else [unit.nodes for unit in stage.units]
        for group_number, group in enumerate(groups):
            for place, node in enumerate(group):
                moment[node] = (number, group_number, place)
    for name, node in plan.graph.updates:
        written = moment[storage_root(node)]
        for reader in moment:
            names = [name_of(source) for source in map(storage_root, reader.inputs) if source.op == "parameter"]
            if name in names and reader is not storage_root(node):
                read = moment[reader]
                together = read[:2] == written[:2] and read[2] < written[2]
                assert read[0] < written[0] or together, f"{reader!r} reads {name} after it was written"


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    check_updates(random_training(seed), {"x": "float32"})


@pytest.mark.parametrize(
    "optimizer",
    [
        Adam(),
        Adam(amsgrad=True, global_clipnorm=1.0),
        AdamW(use_ema=True),
        RMSprop(centered=True, momentum=0.9),
        SGD(momentum=0.9, nesterov=True, clipnorm=1.0),
        Adafactor(use_ema=True),
        Ftrl(),
        Lamb(gradient_accumulation_steps=2),
        Muon(),
        ScheduleFreeAdamW(),
    ],
)
def test_normalized_networks(optimizer):
    layers = [Conv2D(8, 3, input_shape=(16, 16, 3), kernel_regularizer="l2"), BatchNormalization()]
    layers += [Conv2D(16, 3, strides=2, activation="relu"), BatchNormalization(), MaxPooling2D()]
    layers += [Conv2D(16, 3, activation="relu"), BatchNormalization(), Flatten(), Dense(10, activation="softmax")]
    objective = Objective(SparseCategoricalCrossentropy(), None, (), False)
    graph = training_graph(Sequential(layers), [objective], optimizer, with_outputs=True).graph
    check_updates(graph, {"x": "uint8", "y_true": "int64"})


def test_a_value_that_needs_a_parameter_as_it_was_and_as_it_becomes():
    """The new value gets memory of its own, and is copied when everything has read the old one."""
    a, b, g = (primitives.parameter(name, (40,)) for name in "abg")
    new_a = primitives.add(a, primitives.square(g))
    new_b = primitives.add(b, primitives.multiply(primitives.subtract(new_a, primitives.sqrt(a)), b))
    graph = Graph.build({}, {"a": new_a, "b": new_b, "g": primitives.add(new_a, new_b)})
    check_updates(graph, {})
