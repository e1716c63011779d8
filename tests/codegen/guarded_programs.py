"""Programs whose arrays all lie against a page that must not be touched.

A step beyond an array ends the process, so `test_memory.py` runs `python -m tests.codegen.guarded_programs KIND ...`.
What is trained in many sizes is trained in half of them (see `some`); LLVM does for one what it does for users, and
hurries for the others (see `hurry`). With --every-target nothing is left out.
"""

import ctypes
import multiprocessing
import sys
from threading import get_ident

import numpy as np

from planish import primitives
from planish.autodiff import gradients
from planish.codegen import preparing
from planish.codegen.pieces import winograd_plan
from planish.codegen.planning import cascades, cutting
from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.graph.settings import name_of
from planish.primitives.circle_sums import CircleSettings, circle_sums
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable
from planish_runtime import context_layout as layout
from planish_runtime.executable import Executable
from planish_runtime.inference import Inference
from tests.codegen.guarded_bytes import masked_bytes
from tests.codegen.guarded_memory import guarded, placed
from tests.codegen.guarded_shares import run_shared
from tests.codegen.odd_values import DTYPES, SIZES, arranged, computed, joined_maps, odd_sizes, small_and_large_maps
from tests.codegen.support import Case, floats, hurry, some
from tests.codegen.test_cascades import SETTINGS as CASCADES
from tests.codegen.test_cascades import block
from tests.passes.random_graphs import random_inference, random_training
from tests.passes.support import bindings_of

SEEDS, ENDS = 8, (True, False)
TRAINED_SIZES, LONG_SIZES, USERS_SIZE = (1, 7, 17, 33, 9), (3, 17), 17  # of what is slow to compile


def buffers(at_end):
    """What programs work in lies in guarded memory, too."""
    for kind in (Executable, Inference, TrainingExecutable):
        sys.modules[kind.__module__].aligned_buffer = lambda nbytes: guarded(-(-nbytes // 64) * 64, at_end=at_end)


def run_inference(outputs, inputs, parameters):
    """Compiles once, and runs with all arrays at the end of their pages and then at the start."""
    images = len(next(iter(inputs.values())))
    program = compile(Graph.build(outputs), {name: array.dtype for name, array in inputs.items()})
    results = {name: np.zeros((images, *node.shape), floats()) for name, node in outputs.items()}
    for at_end in ENDS:
        buffers(at_end)
        arrays = [
            {name: placed(array, at_end=at_end) for name, array in arrays.items()}
            for arrays in (parameters, inputs, results)
        ]
        executable = InferenceExecutable(program)
        executable.run(*arrays, images, version=1)
        assert executable._run_beside(get_ident(), *arrays[1:], images, 1)
        if program.prepares_together:
            run_by_pieces(program, executable, "prepare_together", 0)
        if program.most_cut:
            run_by_pieces(program, executable, "infer_cut", images)


def run_by_pieces(program, executable, entry, images):
    """Every piece by itself, by the front and by the back; what was run before has bound the arrays."""
    work = program.code.function(entry, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64])
    for number in (0, 1):
        executable._begin(images)
        executable._slots[layout.SHARES_SLOT] = 1000
        work(executable._address, executable._scratch_address(number), number)


def run_training(graph, inputs, parameters, rate=None, *, batch=None):
    """The same with training steps."""
    images = len(next(iter(inputs.values())))
    outputs = {name: np.zeros((images, *node.shape), floats()) for name, node in graph.outputs}
    dtypes = {name: array.dtype for name, array in inputs.items()}
    program = compile(graph, dtypes, training=True, max_batch=images)
    for at_end in ENDS:
        buffers(at_end)
        own, read, results = (
            {name: placed(array, at_end=at_end) for name, array in arrays.items()}
            for arrays in (parameters, inputs, outputs)
        )
        scalars = {} if rate is None else {"rate": placed(np.full(1, rate), at_end=at_end)}
        order = placed(np.arange(images), at_end=at_end)
        TrainingExecutable(program).run(own, read, order, batch or images, scalars, results)


def arranged_training(size):
    """Gradients of entries and of resized maps."""
    x = primitives.input_("x", (4, 3, size))
    rows, scale = primitives.parameter("rows", (7, size)), primitives.parameter("scale", (size,))
    y = primitives.multiply(x, scale)
    read = primitives.take(rows, primitives.multiply(primitives.reduce_sum(y, (1, 2)), 2.0))
    there = primitives.greater(read, -1e30)  # NaN is not
    chosen = primitives.take_along_axis(y, primitives.multiply(x, 3.0), 0)
    values = [
        primitives.select(there, read, 0.0),
        primitives.select(primitives.greater(chosen, -1e30), chosen, 0.0),
        primitives.resize2d(y, (7, 2), "nearest"),
        primitives.resize2d(y, (3, size + 3)),
        primitives.resize2d(y, (9, 2), "bicubic"),
        primitives.take(y, primitives.table([2, 0, -1]), 1),
        y[:, ::-2, 1:, ::-1],
        primitives.spread_strided(y, (9, 3, size), (8, 0, 0), (-2, 1, 1)),
    ]
    loss = sum(primitives.reduce_sum(primitives.square(value), range(len(value.shape))) for value in values)
    weights = [rows, scale]
    changed = [
        primitives.add(w, g) for w, g in zip(weights, gradients(primitives.batch_sum(loss), weights), strict=True)
    ]
    return Graph.build({"loss": loss}, dict(zip(("rows", "scale"), changed, strict=True)))


def computed_training(size):
    """Gradients of products of matrices, and the largest numbers of a batch."""
    x, w = primitives.input_("x", (5, size)), primitives.parameter("w", (9, 5))
    y = primitives.matmul(w, primitives.tanh(x))
    loss = primitives.reduce_sum(primitives.contract(y, y, ((1,), (1,))), (0, 1))
    most = primitives.reduce_max(primitives.batch_max(y), (0, 1))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    return Graph.build({"loss": loss}, {"w": primitives.add(w, primitives.multiply(gradient, most))})


def long_axes(case):
    """Windows, rows of a kernel, and rows of a map that are walked in loops, as they are too long to be written out."""
    for size in LONG_SIZES:
        x = case.input(9, 7, size)
        arranged(case, x, size)
        joined_maps(case, size)
        case.output(primitives.max_pool2d(x, (5, 4), (2, 3)))
        case.output(primitives.max_pool2d(x, (1, 7), (1, 1)))
        case.output(primitives.average_pool2d(x, (5, 4), (2, 3)))
        case.output(primitives.one_hot(case.input(values=np.full(case.images, 1, np.uint8), dtype="i32"), 100 + size))
        wide = case.input(3, 120 + size, 1)
        case.output(primitives.conv2d(wide, case.weight(2, 3, 1, 3)))
        case.output(primitives.conv2d(wide, case.weight(2, 36, 1, 3)))


def long_training(size):
    """Gradients of kernels of many values, and of pools with wide windows that overlap."""
    x = primitives.input_("x", (13, 17, size))
    first, second = (
        primitives.parameter("first", (5, 5, size, 6)),
        primitives.parameter("second", (3, 3, 6, size + 100)),
    )
    y = primitives.max_pool2d(primitives.conv2d(x, first, dilation=(1, 2)), (2, 2), (2, 2))
    y = primitives.max_pool2d(primitives.conv2d(y, second, padding=((3, 3), (8, 8))), (3, 9), (1, 2))
    third = primitives.parameter("third", (3, 3, size + 100, 3))
    y = primitives.conv2d(y, third, padding=((1, 1), (1, 1)))
    loss = primitives.reduce_sum(y, (0, 1, 2))
    weights = [first, second, third]
    changed = [
        primitives.add(w, g) for w, g in zip(weights, gradients(primitives.batch_sum(loss), weights), strict=True)
    ]
    return Graph.build({"loss": loss}, dict(zip(("first", "second", "third"), changed, strict=True)))


def pooled_training(size):
    """Gradients of convolutions, two of them in front of pools, of channels that fill no vector."""
    x = primitives.input_("x", (13, 12, size))
    wide = primitives.conv2d(x, primitives.parameter("widen", (1, 1, size, 17)))
    third = primitives.parameter("third", (3, 3, 17, size + 16))
    x = primitives.relu(primitives.conv2d(wide, third, padding=((1, 1), (1, 1))))
    first, second = (
        primitives.parameter("first", (3, 3, size + 16, 17)),
        primitives.parameter("second", (3, 2, 17, size)),
    )
    bias = primitives.parameter("bias", (17,))
    y = primitives.relu(primitives.add(primitives.max_pool2d(primitives.conv2d(x, first), (2, 2), (2, 2)), bias))
    y = primitives.relu(primitives.max_pool2d(primitives.conv2d(y, second, padding=((1, 1), (0, 1))), (3, 2), (2, 2)))
    loss = primitives.reduce_sum(y, (0, 1, 2))
    weights = [first, second, third, bias]
    changed = [
        primitives.add(w, g) for w, g in zip(weights, gradients(primitives.batch_sum(loss), weights), strict=True)
    ]
    return Graph.build({"loss": loss}, dict(zip(("first", "second", "third", "bias"), changed, strict=True)))


def averaged_training(size):
    """Gradients of convolutions of few filters and few channels, with averages between them."""
    x = primitives.input_("x", (15, 13, 3))
    first, second = primitives.parameter("first", (5, 4, 3, size)), primitives.parameter("second", (3, 3, size, 20))
    y = primitives.average_pool2d(
        primitives.tanh(primitives.conv2d(x, first, (1, 1), ((1, 1), (2, 2)))), (2, 2), (2, 2)
    )
    y = primitives.average_pool2d(primitives.tanh(primitives.conv2d(y, second)), (2, 2), (1, 1))
    loss = primitives.reduce_sum(y, (0, 1, 2))
    changed = [
        primitives.add(w, g)
        for w, g in zip((first, second), gradients(primitives.batch_sum(loss), (first, second)), strict=True)
    ]
    return Graph.build({"loss": loss}, dict(zip(("first", "second"), changed, strict=True)))


def depthwise_training(size):
    """Gradients of convolutions of each channel by itself."""
    weights = [primitives.parameter("scale", (size,))]
    x = primitives.multiply(primitives.input_("x", (9, 7, size)), weights[0])
    for number, (kernel, strides) in enumerate([((3, 3), (1, 1)), ((5, 2), (2, 2)), ((1, 9), (1, 1))]):
        weights.append(primitives.parameter(f"w{number}", (*kernel, 1, size)))
        border = tuple((extent // 2, extent // 2) for extent in kernel)
        x = primitives.tanh(primitives.conv2d(x, weights[-1], strides, border, groups=size))
    loss = primitives.reduce_sum(x, (0, 1, 2))
    found = gradients(primitives.batch_sum(loss), weights)
    changed = {name_of(w): primitives.add(w, g) for w, g in zip(weights, found, strict=True)}
    return Graph.build({"loss": loss}, changed)


def mixed_training(size):
    """Images of a batch in another order, and the gradient back from there."""
    x, w = primitives.input_("x", (3, size)), primitives.parameter("w", (size,))
    ranks = primitives.batch_ranks(primitives.reduce_sum(x, (0, 1)))
    y = primitives.tanh(primitives.other_images(primitives.multiply(x, w), ranks))
    loss = primitives.reduce_sum(primitives.multiply(y, x), (0, 1))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    return Graph.build({"loss": loss}, {"w": primitives.add(w, gradient)})


def circle_training(size):
    """Pairs of all images, and both gradients."""
    x, w = primitives.input_("x", (size,)), primitives.parameter("w", (size,))
    labels = primitives.trunc(primitives.reduce_sum(x, (0,)))
    settings = CircleSettings(gamma=2.0, margin=0.3, without_self=True)
    y = primitives.softplus(circle_sums(primitives.multiply(x, w), labels, x, labels, settings))
    loss = primitives.reduce_sum(y, (0,))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    return Graph.build({"loss": loss}, {"w": primitives.add(w, gradient)})


def listed_training(size, units):
    """A dense layer on images, with weights and features that fill no vector, updated as its gradient is summed."""
    w, m = primitives.parameter("w", (size, units)), primitives.parameter("m", (size, units))
    loss = primitives.reduce_sum(primitives.relu(primitives.dense(primitives.input_("x", (size,)), w)), (0,))
    (gradient,) = gradients(primitives.batch_sum(loss), [w])
    moment = primitives.add(m, gradient)
    return Graph.build({"loss": loss}, {"m": moment, "w": primitives.subtract(w, moment)})


def listed_images(size, dtype, count=19):
    """Half of the images have no zeros, half of them little else."""
    values = np.random.default_rng(size).integers(1, 2 if dtype == "bool" else 100, (count, size))
    values[::2, 1::2] = values[::2, ::3] = 0
    return values.astype(dtype)


def values_of(graph, seed=0):
    return {name: value.astype(floats()) for name, value in bindings_of(graph, seed).items()}


def train(graph):
    values = values_of(graph)
    run_training(graph, {"x": values.pop("x")}, values)


def inference():
    """Kernels one by one, in one program."""
    masked_bytes()
    case = Case()
    odd_sizes(case)
    for size in SIZES[::3]:
        computed(case, size)
    long_axes(case)
    run_inference(case.outputs, case.inputs, case.parameters)


def few():
    """Programs that are cut inside of an image, wherever that can be done, at last with weights that are taken for more
    than a cache keeps."""
    cutting.FEWEST_CYCLES = preparing.FEWEST_NBYTES = 0
    case = Case(images=2)
    odd_sizes(case)
    for size in LONG_SIZES:
        joined_maps(case, size)
    run_inference(case.outputs, case.inputs, case.parameters)
    for seed in some(range(SEEDS)):
        graph = random_inference(seed)
        values = values_of(graph)
        run_inference(dict(graph.outputs), {"x": values.pop("x")[:4]}, values)
    winograd_plan.KEPT_OF_L2 = 0
    for work in (winograd_plan.WORK_OF_L2, 0):  # all tiles at once, or some
        winograd_plan.WORK_OF_L2 = winograd_plan.WORK_OF_L3 = work
        case = Case(images=2)
        small_and_large_maps(case)
        run_inference(case.outputs, case.inputs, case.parameters)


def bands():
    """Convolutions that are computed band by band, wherever that can be done."""
    cascades.gain, cascades.BAND_NBYTES = (lambda each, target: len(each.nodes)), 40_000
    cutting.gain, cutting.FEWEST_CYCLES, cascades.FEWEST_NBYTES = (lambda each, target: 1), 0, 0
    for cutting.MANY_PIECES, settings in ((1, CASCADES), (10**9, CASCADES[:1])):
        case = Case(images=2)
        for setting in settings:
            case.output(block(case.input(*setting[0], 16), case, 67, 33, setting))
        run_inference(case.outputs, case.inputs, case.parameters)


def training():
    for size in some(TRAINED_SIZES):
        hurry(size != USERS_SIZE)
        for build in (pooled_training, averaged_training, mixed_training, circle_training):
            train(build(size))
    for size in TRAINED_SIZES[::2]:
        hurry(size != USERS_SIZE)
        train(depthwise_training(size))


def long():
    for size in LONG_SIZES:
        hurry(size != USERS_SIZE)
        for build in (long_training, arranged_training, computed_training):
            train(build(size))


def listed():
    """Every number of features with every number of units; every type of element with some of both."""
    for place, size in enumerate(some((8, 16, 17, 31, 65))):
        hurry(size != USERS_SIZE)
        for units in (1, 10, size + 48):
            train_listed(size, units, DTYPES[place % 2 :: 2] if units > 1 else DTYPES[:1])
    train_listed(17, 330, DTYPES[:1])


def train_listed(size, units, dtypes):
    graph = listed_training(size, units)
    values = values_of(graph)
    del values["x"]
    for dtype in dtypes:
        run_training(graph, {"x": listed_images(size, dtype)}, values, batch=8)


def random():
    for seed in some(range(SEEDS)):
        print(f"seed {seed}", flush=True)
        hurry(seed >= SEEDS // 2)
        graph = random_inference(seed)
        values = values_of(graph)
        run_inference(dict(graph.outputs), {"x": values.pop("x")}, values)
        graph = random_training(seed)
        values = values_of(graph)
        rate = values.pop("rate")
        run_training(graph, {"x": values.pop("x")}, values, rate)


def shared():
    """Steps that several ranks share, with batches of fewer images than blocks among them."""
    graphs = [pooled_training(9), averaged_training(17), depthwise_training(7), computed_training(17)]
    graphs += [arranged_training(3), *map(random_training, some(range(SEEDS // 2)))]
    for place, graph in enumerate(graphs):
        values = values_of(graph)
        x, rate = values.pop("x"), values.pop("rate", None)
        hurry(place > 1)
        run_shared(buffers, graph, {"x": x}, values, rate)
        hurry(True)
        run_shared(buffers, graph, {"x": x}, values, rate, batch=max(1, len(x) // 2))
    for units in some((10, 1, 65)):
        hurry(units != 10)
        graph = listed_training(17, units)
        values = values_of(graph)
        del values["x"]
        for dtype in DTYPES[::2] if units > 1 else DTYPES[:1]:
            run_shared(buffers, graph, {"x": listed_images(17, dtype)}, values, batch=8)


def double():
    """Programs in float64."""
    with numbers_are("f64"):
        case = Case()
        odd_sizes(case)
        computed(case, 9)
        arranged(case, case.input(9, 7, 3), 3)
        run_inference(case.outputs, case.inputs, case.parameters)
        for build in (pooled_training, mixed_training, circle_training):
            train(build(3))


KINDS = {kind.__name__: kind for kind in (inference, few, bands, training, long, listed, random, shared, double)}


def main(kinds):
    """Each kind in a fork of its own, because some change what planish does: they share the time that imports take."""
    for kind in kinds:
        child = multiprocessing.get_context("fork").Process(target=KINDS[kind])
        child.start()
        child.join()
        if child.exitcode:
            sys.exit(f"{kind}: the process ended with {child.exitcode}")
    print("nothing was touched that must not be")


if __name__ == "__main__":
    main([argument for argument in sys.argv[1:] if argument in KINDS])
