"""Models for WebAssembly: what Node computes with them is what the model predicts."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from planish import layers, shipping
from planish.codegen.llvm import web_linking
from planish.codegen.llvm.target import WEB
from planish.layers import (
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    UpSampling2D,
)
from planish.models import Model, Sequential
from planish.utils import set_random_seed
from tests.shipping.browsed import answers, node, question
from tests.shipping.support import blog, images_for, residual, several

COUNTS = (1, 3, 61)


def odd():
    """Sizes that fit nothing, strides, borders, depthwise kernels, pools of both kinds."""
    set_random_seed(6)
    parts = [
        Conv2D(5, (3, 2), strides=(2, 1), padding="same", activation="relu6"), BatchNormalization(),
        DepthwiseConv2D(5, padding="same", activation="silu"), DepthwiseConv2D(3, strides=2, depth_multiplier=2),
        AveragePooling2D((2, 3), 1, "same"), Conv2D(6, 2, dilation_rate=2, activation="gelu"),
        MaxPooling2D(3, 2, "same"), Conv2D(6, 1, groups=2), GlobalAveragePooling2D(), Dense(7, activation="softmax"),
    ]  # fmt: skip
    return with_statistics(Sequential([Input((19, 23, 3)), *parts]))


def winograd():
    set_random_seed(7)
    image = Input((17, 13, 24))
    x = Conv2D(32, 3, padding="same", activation="relu")(image)
    x = Add()([Conv2D(24, 3, padding="same")(x), image])
    x = Conv2D(40, 3, strides=2, padding="same")(x)
    return Model(image, Dense(3, activation="sigmoid")(Flatten()(x)))


def enlarged():
    """A map comes out, of a map that is made larger by tables of constants, with functions of all kinds."""
    set_random_seed(8)
    parts = [
        layers.Resizing(7, 9, "bicubic"), Conv2DTranspose(4, 3, strides=2, activation="tanh"),
        layers.LayerNormalization(), layers.PReLU(), UpSampling2D(2, interpolation="bilinear"),
        Conv2D(2, 3, activation="softplus"),
    ]  # fmt: skip
    return Sequential([Input((5, 4, 3)), *parts])


def doubled():
    set_random_seed(9)
    parts = [
        Conv2D(5, 3, activation="elu", dtype="float64"),
        Flatten(dtype="float64"),
        Dense(4, "softmax", dtype="float64"),
    ]
    return Sequential([Input((7, 6, 2), dtype="float64"), *parts])


def endless():
    """An output that is infinite for every image."""
    image = Input((4,), name="x")
    return Model(image, [Dense(2, name="scores")(image), 1 / (image * 0)])


def with_statistics(model):
    random = np.random.default_rng(0)
    model.set_weights([each + 0.1 * random.random(each.shape, np.float32) for each in model.get_weights()])
    return model


MODELS = {
    "blog": (blog, np.float32), "bytes": (residual, np.uint8), "several": (several, np.float32),
    "odd": (odd, np.float32), "winograd": (winograd, np.float32), "enlarged": (enlarged, np.float32),
    "doubled": (doubled, np.float64), "endless": (endless, np.float32),
}  # fmt: skip

MISTAKES = {
    "model.predict(new Float32Array(195))":
        ("RangeError", "predict: input pixels takes images of 14 x 14 x 1 = 196 numbers each, but received 195"),
    "model.predict(new Float32Array(0))": ("RangeError", "but received 0"),
    "model.predict(new Float64Array(196))": ("TypeError", "Float32Array.from(numbers) makes one"),
    "model.predict([0.5])": ("TypeError", "takes a Float32Array, but received Array"),
    "model.predict()": ("TypeError", "Float32Array expected, but received undefined"),
    "model.predict({ picture: new Float32Array(196) })": ("TypeError", "the object has nothing for input pixels"),
    "model.predict({ pixels: new Float32Array(196), mask: 1 })": ("TypeError", "has no input mask"),
    "new api.Model()": ("TypeError", "const model = await load()"),
    "api.load(7)": ("TypeError", "a URL, bytes, a Response or a WebAssembly.Module expected, but received number"),
    "api.load(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))": ("TypeError", "not a model that planish compiled"),
    "api.load(new Response('', { status: 404, statusText: 'Not Found' }))": ("Error", "answers with 404 Not Found"),
}  # fmt: skip

QUESTIONS = [
    "WebAssembly.Module.imports(await WebAssembly.compile((await import('node:fs')).readFileSync(FILE))).length",
    "model.predict(new Float32Array(196)).length",
    "(await api.load(FILE)).test() < 1e-5",
    "(await api.load((await import('node:fs')).readFileSync(FILE))).classNames[3]",
    "model.predict({ pixels: new Float32Array(2 * 196) }).length",
    # what another sandbox made, as in tests with Jest
    "model.predict((await import('node:vm')).runInNewContext('new Float32Array(196)')).length",
    "(await api.load((await import('node:vm')).runInNewContext('bytes => Uint8Array.from(bytes).buffer')("
    "(await import('node:fs')).readFileSync(FILE)))).name.length > 0",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Each model, its folder, and the arrays that it is to predict; then what Node made of them."""
    node()
    cases, asked = {}, []
    for name, (make, dtype) in MODELS.items():
        model, folder = make(), tmp_path_factory.mktemp("web") / name
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLANISH_LLVM_LEVEL", "0")
            model.build(folder, emit="wasm", dtypes=None if dtype == np.float32 else [dtype])
        given = [images_for(model, count, dtype) for count in COUNTS]
        cases[name] = model, folder, given
        asked.append(question(folder, [by_name(model, each) for each in given]))
    model, folder, _ = cases["blog"]
    code = [each.replace("FILE", repr(str(folder / "model.wasm"))) for each in (*QUESTIONS, *MISTAKES)]
    *found, told = answers([*asked, question(folder, (), code)])
    return cases, dict(zip(cases, found, strict=True)), told["values"]


def by_name(model, arrays):
    if not isinstance(arrays, list):
        return arrays
    return dict(zip([spec.name for spec in model.input_specs], arrays, strict=True))


def flat(outputs):
    """The arrays of any structure, in its order."""
    if isinstance(outputs, dict):
        return [array for each in outputs.values() for array in flat(each)]
    return [array for each in outputs for array in flat(each)] if isinstance(outputs, list) else [outputs]


@pytest.mark.parametrize("name", MODELS)
def test_node_computes_what_the_model_predicts(built, name):
    (model, _, given), answer = built[0][name], built[1][name]
    for images, result in zip(given, answer["results"], strict=True):
        for expected, found in zip(flat(model.predict(images, verbose=0)), flat(result), strict=True):
            assert found.dtype == expected.dtype
            bound = 1e-5 * max(1, abs(expected).max())
            np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=bound)


@pytest.mark.parametrize("name", MODELS)
def test_a_module_tells_what_it_takes_and_tries_itself(built, name):
    (model, _, _), answer = built[0][name], built[1][name]
    assert [each["shape"] for each in answer["facts"]["inputs"]] == [list(spec.shape[1:]) for spec in model.input_specs]
    assert answer["facts"]["name"] == model.name
    assert answer["deviation"] < 1e-5
    assert answer["facts"]["memoryBytes"] % 65536 == 0


def test_a_module_imports_nothing_and_is_loaded_in_many_ways(built):
    assert built[2][: len(QUESTIONS)] == [0, 10, True, "digit 3", 20, 10, True]


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_is_told_as_an_error_of_its_kind(built, code):
    told = built[2][len(QUESTIONS) + list(MISTAKES).index(code)]
    kind, part = MISTAKES[code]
    assert (told["error"], part in told["message"]) == (kind, True), told


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = several()
    for name in ("one", "other"):
        shipping.build(model, tmp_path / name / "web", emit="wasm")
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name / "web").iterdir()} for name in ("one", "other")
    )
    assert one == other
    assert sorted(one) == ["model.d.ts", "model.js", "model.wasm", "package.json"]


def test_some_of_these_are_computed_by_winograds_method(monkeypatch):
    monkeypatch.setenv("PLANISH_TARGET", WEB.kind)
    plan = winograd().program(emit="plan")
    for kernel in ("3x3", "3x3/2"):
        assert re.search(rf"Winograd F\(.x., {kernel}\) +[0-9]", plan)


def test_what_llvm_does_thoroughly_is_what_it_does_in_a_hurry(tmp_path, monkeypatch):
    monkeypatch.setenv("PLANISH_LLVM_LEVEL", "2")
    model = odd()
    model.build(tmp_path / "odd", emit="wasm", batch=2)
    images = images_for(model, 3)
    (answer,) = answers([question(tmp_path / "odd", [images])])
    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(answer["results"][0].reshape(expected.shape), expected, rtol=0, atol=1e-5)
    assert answer["facts"]["imagesAtATime"] == 2


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"dtypes": "float16"}, "float16"),
        ({"dtypes": "uint8,float32"}, "images of one type"),
        ({"targets": "x86-64-v3"}, "wasm32"),
        ({"batch": 0}, "a whole number from 1 on"),
        ({"batch": 10**9}, "batch=1"),
        ({"batch": 10**20}, "batch=1"),
    ],
)
def test_a_mistake_in_building_is_told(options, part, tmp_path):
    with pytest.raises(ValueError, match=part):
        blog().build(tmp_path / "web", emit="wasm", **options)
    assert not (tmp_path / "web").exists()


def test_a_package_of_another_kind_is_not_replaced(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "shop"}')
    with pytest.raises(ValueError, match="model-web', emit='wasm'"):
        blog().build(tmp_path, emit="wasm")
    assert [each.name for each in tmp_path.iterdir()] == ["package.json"]
    (tmp_path / "model.js").mkdir()  # one of the files cannot be written, so none is
    (tmp_path / "model.wasm").write_bytes(b"old")
    with pytest.raises(OSError, match=r"model\.js"):
        blog().build(tmp_path, emit="wasm")
    assert (tmp_path / "package.json").read_text() == '{"name": "shop"}'
    assert (tmp_path / "model.wasm").read_bytes() == b"old"


def test_the_module_is_what_llvms_own_linker_makes_of_the_program(tmp_path, monkeypatch):
    linker = shutil.which("wasm-ld")
    if linker is None:
        pytest.skip("there is no wasm-ld")
    objects, link = [], web_linking.link_web
    monkeypatch.setattr(web_linking, "link_web", lambda code, *rest: (objects.append(code), link(code, *rest))[1])
    enlarged().build(tmp_path / "web", emit="wasm", batch=2)
    (tmp_path / "web.o").write_bytes(objects[0])
    options = ["--no-entry", "--export=infer", "--stack-first", f"-zstack-size={web_linking.STACK_NBYTES}"]
    subprocess.run(
        [linker, *options, "--initial-memory=1048576", "-o", "theirs.wasm", "web.o"], cwd=tmp_path, check=True
    )
    (answer,) = answers([question(tmp_path / "web", (), [_SAME_MEMORY.replace("FOLDER", repr(f"{tmp_path}/"))])])
    assert answer["values"] == [[True, 1048576]]


_SAME_MEMORY = """{
    const { readFileSync } = await import("node:fs");
    const module = new WebAssembly.Module(readFileSync(FOLDER + "web/model.wasm"));
    const { context, scratch, inputs } = JSON.parse(
        new TextDecoder().decode(WebAssembly.Module.customSections(module, "planish")[0]));
    const ours = new WebAssembly.Instance(module).exports;
    const theirs = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(FOLDER + "theirs.wasm"))).exports;
    new Float32Array(ours.memory.buffer, inputs[0].at, 2 * 5 * 4 * 3).forEach((_, at, all) => (all[at] = Math.sin(at)));
    const constants = [ours, theirs].map(({ memory }) => Buffer.from(memory.buffer).subarray(65536, 65600));
    const same = constants[0].equals(constants[1]) && constants[0].some((byte) => byte !== 0);
    new Uint8Array(theirs.memory.buffer).set(new Uint8Array(ours.memory.buffer));
    for (const each of [ours, theirs]) each.infer(context, scratch, 0n, 2n);
    const both = [ours, theirs].map(({ memory }) => Buffer.from(memory.buffer));
    return [same && both[0].equals(both[1].subarray(0, both[0].length)), both[1].length];
}"""
