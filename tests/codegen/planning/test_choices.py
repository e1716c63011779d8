"""What the compiler says that it chose."""

import re

import pytest

from planish.codegen.llvm.target import make_target
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.planning.candidate import Candidate, decide
from planish.codegen.planning.candidates import CANDIDATES
from planish.codegen.planning.choices import choices_of, print_plan
from planish.codegen.planning.plan import Request, make_plan
from planish.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from planish.losses import SparseCategoricalCrossentropy
from planish.models import Sequential
from planish.models.programs.step_graph import Objective, training_graph
from planish.optimizers import SGD
from tests.passes.random_graphs import random_inference, random_training

TARGET = make_target("avx512", "x86_64-unknown-linux-gnu")


def plan_of(layers, shape, *, training=False, target=TARGET):
    model = Sequential([Input(shape), *layers])
    if not training:
        return make_plan(Request(model.graph(), {"x": "float32"}, target, False))
    optimizer = SGD()
    optimizer.build(model.trainable_weights)
    objective = Objective(SparseCategoricalCrossentropy(), None, (), False)
    graph = training_graph(model, [objective], optimizer, with_outputs=True).graph
    return make_plan(Request(graph, {"x": "float32", "y_true": "int64"}, target, True, 8))


def choice_of(plan, layer, operation):
    (found,) = [
        choice for choice in choices_of(plan) if layer in choice.layers.split(", ") and choice.operation == operation
    ]
    return found


def test_winograd_takes_16_products_in_place_of_36():
    plan = plan_of([Conv2D(64, 3, name="wide"), GlobalAveragePooling2D(), Dense(5, name="head")], (8, 8, 64))
    choice = choice_of(plan, "wide", "convolution")
    assert choice.method == "Winograd F(2x2, 3x3)"
    assert choice.by_definition == 6 * 6 * 3 * 3 * 64 * 64
    assert choice.executed == 3 * 3 * 16 * 64 * 64
    assert choice_of(plan, "head", "matrix product").executed == 64 * 5


@pytest.mark.parametrize("training", [False, True])
def test_larger_maps_take_36_products_in_place_of_144(training):
    layers = [Conv2D(24, 3, name="wide"), GlobalAveragePooling2D(), Dense(5)]
    choice = choice_of(plan_of(layers, (13, 11, 16), training=training), "wide", "convolution")
    assert choice.method == "Winograd F(4x4, 3x3)"
    assert choice.executed == 3 * 3 * 36 * 16 * 24
    assert choice.by_definition == 11 * 9 * 3 * 3 * 16 * 24


@pytest.mark.parametrize(
    ("layer", "channels", "why"),
    [
        (Conv2D(16, 5, name="c"), 16, "this is 5x5"),
        (Conv2D(16, 3, strides=(1, 2), name="c"), 16, "strides of 1"),
        (Conv2D(16, 3, strides=3, name="c"), 16, "strides of 2"),
        (Conv2D(16, 3, dilation_rate=2, name="c"), 16, "dilation of 1"),
        (Conv2D(16, 3, groups=2, name="c"), 32, "one group"),
        (Conv2D(16, 3, name="c"), 3, "Winograd F(2x2, 3x3): "),
    ],
)
def test_why_a_convolution_is_direct(layer, channels, why):
    choice = choice_of(plan_of([layer, GlobalAveragePooling2D()], (12, 12, channels)), "c", "convolution")
    assert choice.method == "direct"
    assert why in choice.why
    assert choice.executed == choice.by_definition


def test_strides_of_two_take_25_products_in_place_of_36():
    layers = [Conv2D(48, 3, strides=2, padding="same", name="a"), GlobalAveragePooling2D(), Dense(5)]
    plan = plan_of(layers, (28, 28, 32), target=make_target("avx2", TARGET.triple))
    choice = choice_of(plan, "a", "convolution")
    assert choice.method == "Winograd F(2x2, 3x3/2)"
    assert choice.executed == 7 * 7 * 25 * 32 * 48
    assert choice.by_definition == 14 * 14 * 9 * 32 * 48
    assert "; Winograd F(2x2, 3x3) / Winograd F(4x4, 3x3): it is for strides of 1; " in choice.why


@pytest.mark.parametrize("target", ["avx512", "avx2"])
def test_few_channels_take_winograds_method_where_it_saves_cycles(target):
    """As in a DenseNet whose layers add 12 channels."""
    layers = [Conv2D(24, 3, name="a"), Conv2D(12, 3, padding="same", name="b"), GlobalAveragePooling2D(), Dense(5)]
    plan = plan_of(layers, (34, 34, 3), training=True, target=make_target(target, TARGET.triple))
    forward, back = (choice for choice in choices_of(plan) if (choice.layers, choice.operation) == ("b", "convolution"))
    for choice in (forward, back):
        assert choice.method == "Winograd F(4x4, 3x3)"
        assert choice.executed == 8 * 8 * 36 * 24 * 12
        for other in ("direct", "Winograd F(2x2, 3x3)"):
            found = re.search(rf"; {re.escape(other)}: ([0-9,]+) cycles in place of ([0-9,]+)", choice.why)
            slower, taken = (float(number.replace(",", "")) for number in found.groups())
            assert slower > taken


def test_gradients_in_front_of_a_pool():
    layers = [Conv2D(32, 3, activation="relu", name="first"), MaxPooling2D()]
    layers += [Conv2D(48, 3, activation="relu", name="second"), MaxPooling2D(), Flatten(), Dense(10)]
    plan = plan_of(layers, (20, 20, 1), training=True)
    first = choice_of(plan, "first", "gradient of the kernel")
    assert (first.method, first.executed) == ("pixels picked by lanes", 9 * 9 * 9 * 32)
    narrow = plan_of(layers, (20, 20, 1), training=True, target=make_target("avx2", TARGET.triple))
    first = choice_of(narrow, "first", "gradient of the kernel")
    assert (first.method, first.executed) == ("windows in registers", 9 * 9 * 4 * 9 * 32)
    second = choice_of(plan, "second", "gradient of the kernel")
    assert (second.method, second.executed) == ("lists of windows", 3 * 3 * 9 * 32 * 48)
    assert second.by_definition == 4 * second.executed
    map_ = choice_of(plan, "second", "gradient of the map")
    assert (map_.method, map_.executed, map_.by_definition) == (
        "lists of channels",
        second.executed,
        second.by_definition,
    )


def test_gradients_without_a_pool_are_dense():
    layers = [Conv2D(8, 3, name="c"), Conv2D(8, 3), Flatten(), Dense(10)]
    choice = choice_of(plan_of(layers, (9, 9, 3), training=True), "c", "gradient of the kernel")
    assert choice.executed == choice.by_definition == 7 * 7 * 9 * 3 * 8
    assert "not sparse" in choice.why


def test_gradients_of_many_channels_by_winograd():
    layers = [Conv2D(16, 3, name="a"), Conv2D(24, 3, name="b", padding="same"), GlobalAveragePooling2D(), Dense(5)]
    choice = choice_of(plan_of(layers, (12, 10, 3), training=True), "b", "gradient of the kernel")
    assert (choice.method, choice.executed, choice.by_definition) == (
        "Winograd F(4x4, 3x3)", 3 * 2 * 36 * 16 * 24, 10 * 8 * 9 * 16 * 24
    )  # fmt: skip
    assert "; direct: " in choice.why
    assert "; Winograd F(2x2, 3x3): " in choice.why


def test_the_table_adds_up():
    plan = plan_of([Conv2D(24, 3, name="wide"), MaxPooling2D(), Flatten(), Dense(5)], (10, 10, 16), training=True)
    text = print_plan(plan)
    executed, by_definition = (
        sum(getattr(choice, name) for choice in choices_of(plan)) for name in ("executed", "by_definition")
    )
    assert f"{executed:,} multiply-adds an image at most, of {by_definition:,} by definition" in text
    for number in range(len(plan.stages)):
        assert f"stage {number}: " in text
    assert f"arena {plan.storage.arena_nbytes:,} bytes" in text


@pytest.mark.parametrize(
    ("filters", "method"), [(6, "direct, inputs in lanes"), (1, "direct, inputs in lanes"), (32, "direct")]
)
def test_few_filters_are_not_the_lanes_of_a_gradient(filters, method):
    layers = [Conv2D(filters, 5, name="c"), GlobalAveragePooling2D(), Dense(5)]
    plan = plan_of(layers, (12, 11, 3), training=True)
    assert choice_of(plan, "c", "gradient of the kernel").method == method


@pytest.mark.parametrize(("channels", "method"), [(6, "from the inputs' side"), (32, "direct")])
def test_few_channels_are_not_the_lanes_of_a_gradient(channels, method):
    layers = [Conv2D(channels, 5, name="a"), Conv2D(16, 5, strides=1, name="b"), GlobalAveragePooling2D(), Dense(5)]
    plan = plan_of(layers, (24, 23, 3), training=True)
    methods = [
        choice.method for choice in choices_of(plan) if (choice.layers, choice.operation) == ("b", "convolution")
    ]
    assert methods[1] == method


@pytest.mark.parametrize(("filters", "method"), [(6, "direct, columns in lanes"), (16, "direct")])
def test_few_filters_are_not_the_lanes(filters, method):
    plan = plan_of([Conv2D(filters, 5, name="c"), GlobalAveragePooling2D(), Dense(5)], (32, 32, 3))
    assert choice_of(plan, "c", "convolution").method == method


def test_a_narrow_layer_on_images_leaves_out_blocks_of_zeros():
    plan = plan_of([Flatten(), Dense(10, name="only")], (8, 8), training=True)
    assert {choice.method for choice in choices_of(plan)} == {"lists of blocks that are not zero"}


def test_a_dense_layer_on_images_leaves_out_zeros_and_is_updated_with_its_gradient():
    plan = plan_of([Flatten(), Dense(64, name="first"), Dense(10, name="second")], (8, 8), training=True)
    assert choice_of(plan, "first", "matrix product").method == "lists of what is not zero"
    gradient = choice_of(plan, "first", "gradient of the kernel")
    assert gradient.method == "lists of what is not zero"
    assert gradient.executed == gradient.by_definition == 64 * 64
    assert "at once computes the 1 values made from it" in gradient.why
    others = {choice.method for choice in choices_of(plan) if choice.layers.startswith("second")}
    assert others == {"panels of weights", "outer products"}


def kernels_and_rows(training):
    """The kernels of random graphs that candidates lower to, and the table's rows by their names."""
    names = {row.name for rows in CANDIDATES.values() for row in rows}
    for seed in range(12):
        graph = random_training(seed) if training else random_inference(seed)
        for target in (TARGET, make_target("x86-64", TARGET.triple)):
            plan = make_plan(Request(graph, {"x": "float32"}, target, training, 600 if training else 0))
            yield plan, [node for stage in plan.stages for node in stage.nodes if spec_of(node).op in names]


@pytest.mark.parametrize("training", [False, True])
def test_the_plan_tells_of_every_kernel_what_the_table_says(training):
    found = 0
    for plan, kernels in kernels_and_rows(training):
        choices = choices_of(plan)
        assert len(choices) == len(kernels)
        for node, choice in zip(kernels, choices, strict=True):
            decision = plan.decisions[node]
            assert decision.candidate.name == spec_of(node).op
            assert choice.method == decision.candidate.method
            assert choice.why.startswith(decision.why)
            for other in decision.others:
                assert other.candidate.method in choice.why
                assert other.reason in choice.why if other.reason else other.cycles >= decision.cycles
            found += 1
    assert found > 20


def test_a_candidate_that_fits_is_taken_for_its_cycles_the_first_of_equal_ones():
    def row(method, cycles, reason=None):
        return Candidate("name", method, "why", lambda problem: reason, lambda problem: cycles, None)

    rows = [row("slow", 3), row("unfit", 1, "too small"), row("first", 2), row("second", 2)]
    decision = decide(None, rows)
    assert decision.candidate.method == "first"
    assert decision.why == "why; slow: 3 cycles in place of 2; unfit: too small; second: 2 cycles in place of 2"
    assert decide(None, rows[:2]).why == "why; unfit: too small"
