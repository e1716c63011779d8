"""Object code calls nothing outside itself, on any target: no mathematics library, no memory functions."""

import re
import struct

import llvmlite.binding as llvm
import pytest

from planish import primitives
from planish.codegen import compile as compiler
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.layers import Conv2D, Dense, Flatten, MaxPooling2D
from planish.layers.base.context import CallContext
from planish.losses import SparseCategoricalCrossentropy
from planish.models import Sequential
from planish.models.programs.step_graph import Objective, training_graph
from planish.optimizers import Adam
from planish_runtime import calling

TRIPLES = {
    "avx512": "x86_64-unknown-linux-gnu",
    "avx2": "x86_64-unknown-linux-gnu",
    "x86-64": "x86_64-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu",
}
FUNCTIONS = [
    "exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf", "softplus", "floor", "sqrt", "rsqrt", "reciprocal",
    "absolute", "sign", "relu", "softmax", "log_softmax",
]  # fmt: skip
DTYPES = [
    "float32", "float64", "float16", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool",
]  # fmt: skip


@pytest.fixture(params=TRIPLES)
def any_target(request):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return make_target(request.param, TRIPLES[request.param])


def undefined_symbols(code):
    """Names that an ELF object of 64 bits leaves to the linker."""
    assert code[:5] == b"\x7fELF\x02"
    (table,) = struct.unpack_from("<Q", code, 0x28)
    size, count = struct.unpack_from("<HH", code, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, table + size * place) for place in range(count)]
    names = []
    for _, kind, _, _, offset, nbytes, link, _, _, entry in sections:
        if kind != 2:
            continue
        strings = sections[link][4]
        for at in range(offset + entry, offset + nbytes, entry):
            name, _, _, section = struct.unpack_from("<IBBH", code, at)
            if section == 0:
                start = strings + name
                names.append(code[start : code.index(b"\0", start)].decode())
    return names


def symbols_of(graph, dtypes, target, *, training, max_batch=0):
    request = Request(graph, dtypes, target, training, max_batch)
    return undefined_symbols(compiler.object_code(compiler.generate(request).text, target))


@pytest.fixture
def model():
    layers = [
        Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(64, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(128, activation="relu"),
        Dense(10, activation="softmax"),
    ]
    return Sequential(layers)


def test_undefined_symbols_are_found():
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = make_target("x86-64", TRIPLES["x86-64"])
    functions = "declare void @f()\ndefine void @g() {\n  call void @f()\n  ret void\n}"
    text = f'target triple = "x86_64-unknown-linux-gnu"\n{functions}'
    assert undefined_symbols(compiler.object_code(text, target)) == ["f"]


def test_inference(any_target, model):
    (y,) = model.trace(CallContext(training=False)).outputs
    assert symbols_of(Graph.build({"y": y}), {"x": "uint8"}, any_target, training=False) == []


def test_training(any_target, model):
    objective = Objective(SparseCategoricalCrossentropy(), None, (), False)
    graph = training_graph(model, [objective], Adam(), with_outputs=True).graph
    dtypes = {"x": "float64", "y_true": "int64"}
    assert symbols_of(graph, dtypes, any_target, training=True, max_batch=32) == []


def taken_of_the_stack(code):
    """Bytes, of each function of x86-64 that takes more than 127: sub rsp, nbytes."""
    return [struct.unpack("<I", nbytes)[0] for nbytes in re.findall(b"\x48\x81\xec(..[\0-\x0f]\0)", code, re.DOTALL)]


@pytest.mark.parametrize("name", ["avx512", "avx2", "x86-64"])
def test_functions_take_little_of_the_stack(name, model):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    (y,) = model.trace(CallContext(training=False)).outputs
    target = make_target(name, TRIPLES[name])
    request = Request(Graph.build({"y": y}), {"x": "uint8"}, target, training=False)
    taken = taken_of_the_stack(compiler.object_code(compiler.generate(request).text, target))
    assert taken, "some functions are expected to have more than 127 bytes there"
    assert 8 * max(taken) < calling.STACK_NBYTES, "functions call each other less than eight deep"


def test_every_function_and_element_type(any_target):
    x = primitives.input_("x", (4, 5, 19))
    outputs = {name: getattr(primitives, name)(x) for name in FUNCTIONS}
    outputs["power"] = primitives.power(x, primitives.input_("exponent", (19,)))
    outputs["elu"] = primitives.elu(x)
    outputs["average"] = primitives.average_pool2d(x, (3, 3), (1, 1), ((1, 1), (1, 1)))
    outputs["largest"] = primitives.reduce_max(x, (0, 1, 2))
    dtypes = {"x": "float16", "exponent": "float32"}
    for dtype in DTYPES:
        outputs[dtype] = primitives.square(primitives.input_(f"of {dtype}", (33,)))
        dtypes[f"of {dtype}"] = dtype
        if "float" not in dtype:
            outputs[f"classes of {dtype}"] = primitives.one_hot(primitives.input_(f"labels {dtype}", (17,), "i32"), 10)
            dtypes[f"labels {dtype}"] = dtype
    assert symbols_of(Graph.build(outputs), dtypes, any_target, training=False) == []
