"""What the page's script computes of a model, against the model."""

import re

import numpy as np
import pytest

from planish import layers
from planish.explain import computation as computing
from planish.explain import page
from planish.explain.encoding import numbers
from planish.explain.engine import engine
from planish.graph.graph import topological
from planish.layers import Concatenate, Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Model, Sequential
from planish.models.looking.gradient_values import logits_of
from planish.models.looking.layer_outputs import trace
from tests.explain.conftest import CASES
from tests.explain.scripted import answers
from tests.models.looking.introspected import images, with_seeded_weights


def one(*parts, shape=(8, 7, 3)):
    return lambda: Sequential([Input(shape), *parts, Flatten(), Dense(3, activation="softmax")])


def joined():
    x = Input((7, 6, 2))
    a, b = Conv2D(3, 3, padding="same", activation="relu")(x), Conv2D(2, 1, activation="silu")(x)
    y = Concatenate()([a, b])
    return Model(x, Dense(4, activation="softmax")(Flatten()(layers.Add()([y, layers.Activation("elu")(y)]))))


MODELS = {
    **CASES,
    "joined": joined,
    "separable": one(layers.SeparableConv2D(4, 3), layers.GlobalMaxPooling2D()),
    "depthwise": one(layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same")),
    "dilated": one(Conv2D(4, 2, dilation_rate=2, groups=1, activation="leaky_relu")),
    "groups": one(Conv2D(6, 3, groups=3, activation="gelu")),
    "borders": one(layers.ZeroPadding2D(2), layers.Cropping2D(((1, 0), (2, 1))), layers.UpSampling2D(2)),
    "sequence": one(layers.Conv1D(4, 3, activation="softplus"), layers.MaxPooling1D(2), shape=(9, 3)),
    "same pools": one(MaxPooling2D(3, 2, "same"), layers.AveragePooling2D(2, 2, "same")),
    "clipped": one(Conv2D(3, 3, activation="relu6"), Conv2D(3, 3, activation="hard_sigmoid")),
    "prelu": one(layers.PReLU(), layers.Normalization(mean=0.1, variance=2.0)),
    "rows of a dense": one(Dense(5, activation="tanh"), layers.Softmax()),
}


class Case:
    def __init__(self, name):
        self.model = with_seeded_weights(MODELS[name]())
        self.image = images(self.model, 1)
        self.traced = trace(self.model)
        self.y = self.traced.outputs[0]
        leaves = [node for visit in self.traced.leaves for node in visit.outputs]
        self.computed = computing.computation(self.model, self.traced.inputs[0], [*leaves, self.y])
        self.logits = logits_of(self.y)

    @property
    def asked(self):
        source = self.computed.data
        image = numbers(self.image, "<f4")
        return {"source": source, "image": image, "slope": [self.computed.number(self.logits), 0]}

    @property
    def engine(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLANISH_LLVM_LEVEL", "0")
            return engine(self.model, self.traced.inputs[0], self.computed)

    @property
    def off(self):
        """A channel of a node in the middle."""
        return [[len(self.computed.nodes) // 2, [0]]]


@pytest.fixture(scope="module")
def every():
    cases = {name: Case(name) for name in MODELS}
    return cases, answers({name: case.asked for name, case in cases.items()})


@pytest.fixture(scope="module")
def both(every):
    """What the script computes, and WebAssembly: everything, and with a channel switched off."""
    asked = {}
    for name, case in every[0].items():
        compiled = case.engine
        for switched, off in (("on", []), ("off", case.off)):
            asked[f"{name} {switched}"] = {**case.asked, "off": off}
            asked[f"{name} {switched} compiled"] = {**case.asked, "off": off, "engine": compiled}
    return answers(asked)


@pytest.mark.parametrize("name", MODELS)
def test_every_layers_output_is_the_compiled_programs(every, name):
    case, answer = every[0][name], every[1][name]
    assert case.computed.has(case.y)
    for visit, value in zip(case.traced.leaves, case.model.activations(case.image).values(), strict=True):
        found = answer["values"][case.computed.number(visit.outputs[0])]
        np.testing.assert_allclose(found, value.ravel(), rtol=1e-5, atol=1e-6, err_msg=visit.layer.name)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "maps come out"])
def test_slopes_along_the_image_are_the_models_gradients(every, name):
    case, answer = every[0][name], every[1][name]
    expected = case.model.gradients(case.image, target=0).ravel()
    np.testing.assert_allclose(answer["slopes"][0], expected, rtol=1e-4, atol=1e-6 * abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_webassembly_computes_what_the_script_computes(both, name):
    for switched in ("on", "off"):
        expected, found = both[f"{name} {switched}"], both[f"{name} {switched} compiled"]
        for number, (one, other) in enumerate(zip(expected["values"], found["values"], strict=True)):
            np.testing.assert_allclose(other, one, rtol=1e-5, atol=2e-6 * max(1, *map(abs, one)), err_msg=str(number))
        for one, other in zip(expected["slopes"], found["slopes"], strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5 * max(1e-3, *map(abs, one)))


def test_no_module_is_made_of_what_a_page_has_no_room_for(monkeypatch):
    monkeypatch.setattr("planish.explain.engine.MOST_NBYTES", 1000)
    assert Case("digits").engine is None


def test_what_another_engine_leaves_out_is_computed():
    case = Case("digits")
    values = case.model.activations(case.image)
    given = [None] * len(case.computed.nodes)
    for visit, value in zip(case.traced.leaves, values.values(), strict=True):
        given[case.computed.number(visit.outputs[0])] = numbers(value, "<f4")
    given[0] = numbers(case.image, "<f4")
    found = answers({"all": {**case.asked, "given": given}})["all"]["values"]
    (add,) = [node for node in case.computed.nodes if node in case.y.inputs]
    logits = np.asarray(found[case.computed.number(add)])
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), values["scores"][0], rtol=1e-5)


def test_a_filter_that_is_switched_off_gives_nothing_and_passes_nothing_on():
    case = Case("digits")
    relu = next(node for node in case.computed.nodes if node.op == "relu")
    off = [[case.computed.number(relu), [1, 4]]]
    found = answers({"off": {**case.asked, "off": off}})["off"]
    weights = case.model.get_weights()
    for place in (0, 1):
        weights[place][..., [1, 4]] = 0
    other = with_seeded_weights(MODELS["digits"]())
    other.set_weights(weights)
    np.testing.assert_allclose(found["values"][-1], other.predict(case.image, verbose=0)[0], rtol=1e-5)
    expected = other.gradients(case.image, target=0).ravel()
    np.testing.assert_allclose(found["slopes"][0], expected, rtol=1e-4, atol=1e-7)


def test_erf_is_exact():
    from math import erf

    x = np.linspace(-7, 7, 1401, dtype=np.float32)
    node = {"shape": [len(x)], "inputs": [], "op": "input"}
    source = {"nodes": [node, {**node, "op": "erf", "inputs": [0]}], "constants": []}
    found = answers({"erf": {"source": source, "image": numbers(x, "<f4")}})["erf"]["values"][1]
    np.testing.assert_allclose(found, [erf(value) for value in x], rtol=1e-6)


def test_python_and_script_know_the_same_operations():
    script = page.source("computing.js")
    tables = {name: re.search(rf"^const {name} = {{\n(.*?)^}};", script, re.DOTALL | re.MULTILINE)[1] for name in
              ("sources", "functions", "functionsOfTwo", "operations")}  # fmt: skip
    known = {op for table in tables.values() for op in re.findall(r"^  (\w+)\b", table, re.MULTILINE)} - {"const"}
    assert known == set(computing.OPERATIONS)


def test_what_is_unknown_or_too_much_is_left_to_the_compiled_program(monkeypatch):
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3, name="conv"), layers.Conv2DTranspose(2, 3), layers.ReLU()])
    traced = trace(model)
    computed = computing.computation(model, traced.inputs[0], [*traced.outputs])
    conv, unknown, relu = (visit.outputs[0] for visit in traced.leaves)
    assert (computed.has(conv), computed.has(unknown), computed.has(relu)) == (True, False, False)
    for name, bound in (("MOST_WEIGHTS", 17), ("MOST_MULTIPLY_ADDS", 287), ("MOST_NUMBERS", 31)):
        with monkeypatch.context() as patched:
            patched.setattr(computing, name, bound)
            assert not computing.computation(model, traced.inputs[0], [conv]).has(conv), name
    assert len(computing.computation(model, traced.inputs[0], [conv]).constants) == 2


def test_other_inputs_of_a_model_are_not_computed():
    a, b = Input((4, 4, 1)), Input((4, 4, 1))
    both = layers.Add()([Conv2D(2, 3)(a), Conv2D(2, 3)(b)])
    traced = trace(Model([a, b], both))
    computed = computing.computation(Model([a, b], both), traced.inputs[0], [*traced.outputs])
    assert not computed.has(traced.outputs[0])
    assert [node for node in computed.nodes if node in topological([traced.inputs[1]])] == []
