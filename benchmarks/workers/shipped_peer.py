"""A model that was shipped, run by Python: `python shipped_peer.py KIND FILE THREADS DOES`, which writes JSON.

`first` imports what it needs, loads the model and predicts one image, `times` measures one image and 1,000, and `size`
counts what has to be installed.
"""

import importlib.metadata
import json
import os
import re
import statistics
import sys
import time
from pathlib import Path

import numpy as np

MANY, LEAST_SECONDS = 1000, 0.3


def planish(path, threads):
    os.environ["PLANISH_NUM_THREADS"] = str(threads)
    import planish

    model = planish.models.load_model(path, compile=False)
    return model.input_shape[1:], model.predict_on_batch, lambda x: model.predict(x, batch_size=MANY, verbose=0)


def runtime(path, threads):
    os.environ["PLANISH_NUM_THREADS"] = str(threads)
    import planish_runtime

    model = planish_runtime.Model(path)
    return model.facts.inputs[0].shape, model.predict, model.predict


def onnxruntime(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (own,) = session.get_inputs()

    def predict(x):
        return session.run(None, {own.name: x})[0]

    return own.shape[1:], predict, predict


def litert(path, threads):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    ((given,), (found,)) = interpreter.get_input_details(), interpreter.get_output_details()
    shape = tuple(map(int, given["shape"][1:]))
    there = []  # how many images there is memory for

    def predict(x):
        if there != [len(x)]:
            interpreter.resize_tensor_input(given["index"], x.shape)
            interpreter.allocate_tensors()
            there[:] = [len(x)]
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(found["index"])

    return shape, predict, predict


KINDS = {"planish": planish, "runtime": runtime, "onnxruntime": onnxruntime, "litert": litert}
PACKAGES = {
    "planish": ["planish", "numpy", "llvmlite", "h5py", "rich"],
    "runtime": ["planish_runtime", "numpy"],
    "onnxruntime": ["onnxruntime"],
    "litert": ["ai-edge-litert"],
}


def seconds(call, *arguments):
    """The median of calls that take a while together, after some that do not count."""
    found, end = [], time.perf_counter() + 1.3 * LEAST_SECONDS
    while time.perf_counter() < end or len(found) < 5:
        started = time.perf_counter()
        call(*arguments)
        found.append(time.perf_counter() - started)
    return statistics.median(found[len(found) // 4 :])


def peak_nbytes():
    """The most memory that the process has had, as Linux tells."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def installed_nbytes(names):
    """Of packages and of all that they require, their bytecode left out."""
    found, todo = {}, list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            package = importlib.metadata.distribution(name)
            files = [package.locate_file(each) for each in package.files or ()]
            todo += [re.match(r"[\w.-]+", each)[0] for each in package.requires or () if "extra ==" not in each]
        except importlib.metadata.PackageNotFoundError:
            files = []
        if not any(each.suffix == ".py" for each in map(Path, files)):  # it is used where its source is
            files = (Path(__file__).resolve().parents[2] / name).rglob("*")
        files = [Path(each) for each in files if "__pycache__" not in str(each)]
        found[name] = sum(each.stat().st_size for each in files if each.is_file())
    return sum(found.values())


def main():
    kind, path, threads, does = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if does == "size":
        print(json.dumps({"installed": installed_nbytes(PACKAGES[kind])}))
        return
    started = time.perf_counter()
    shape, one, many = KINDS[kind](path, threads)
    one(np.zeros((1, *shape), np.float32))
    if does == "first":
        print(json.dumps({"load": time.perf_counter() - started}))
        return
    x = np.random.default_rng(0).random((MANY, *shape), np.float32)
    found = {"one": seconds(one, x[:1]), "many": seconds(many, x), "memory": peak_nbytes()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
