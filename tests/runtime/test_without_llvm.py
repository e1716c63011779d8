"""A compiled program runs without the compiler: LLVM, which takes long to load, is not even imported."""

import platform
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from planish import primitives
from planish.codegen import compile as compiler
from planish.graph.graph import Graph
from planish.runtime import compile, object_cache, programs
from planish.runtime.compiled import program_of
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable

linked = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="programs are linked on Linux on x86-64"
)

X = np.linspace(-2, 2, 12, dtype=np.float32).reshape(4, 3)

MODEL = """
import sys
import numpy as np
from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.utils import set_random_seed

set_random_seed(1)
model = Sequential([Input((6, 6, 1)), Conv2D(3, 3), Flatten(), Dense(4, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
x = np.random.default_rng(0).random((300, 6, 6, 1), np.float32)
y = np.arange(300) % 4
one = model.predict(x[:1], verbose=0)
model.fit(x, y, verbose=0)
print(one.tobytes().hex(), model.evaluate(x, y, verbose=0), model.predict(x, verbose=0).tobytes().hex())
print("llvmlite" in sys.modules, "planish.codegen.compile" in sys.modules)
"""


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """Nothing compiled yet, in this process or on disk."""
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(programs, "_COMPILED", {})


def run(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@linked
def test_a_new_process_finds_its_programs_and_imports_no_llvm():
    first, second, third = (run(MODEL) for _ in range(3))
    assert first[1] == "True True"
    assert second[1] == third[1] == "False False"
    assert first[0] == second[0] == third[0]


@linked
def test_programs_from_a_file_run_where_there_is_no_llvm(tmp_path):
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
    y = primitives.exp(primitives.multiply(x, w))
    graph = Graph.build({"y": y}, {"w": primitives.add(w, primitives.batch_sum(x))})
    compile(Graph.build({"y": y}), {"x": "float32"})
    (infer,) = (entry.key for entry in object_cache.entries())
    compile(graph, {"x": "float32"}, training=True, max_batch=4)
    (train,) = {entry.key for entry in object_cache.entries()} - {infer}
    for place, key in enumerate([infer, train]):
        (tmp_path / str(place)).write_bytes(object_cache.load(key))
    code = """
    import sys
    sys.modules["llvmlite"] = None
    from pathlib import Path
    import numpy as np
    from planish.runtime.compiled import program_of
    from planish.runtime.executable import TrainingExecutable
    from planish.runtime.inference_executable import InferenceExecutable

    x, w = np.linspace(-2, 2, 12, dtype=np.float32).reshape(4, 3), np.full(3, 0.5, np.float32)
    y, trained = np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32)
    infer, train = (program_of(Path(name).read_bytes()) for name in sys.argv[1:])
    InferenceExecutable(infer).run({"0": w}, {"x": x}, {"y": y}, 4, version=1)
    TrainingExecutable(train).run({"0": w}, {"x": x}, np.arange(4), 4, {}, {"y": trained})
    np.testing.assert_allclose(y, np.exp(x * 0.5), rtol=1e-6)
    np.testing.assert_array_equal(trained, y)
    np.testing.assert_allclose(w, 0.5 + x.sum(axis=0), rtol=1e-6)
    """
    run(code, tmp_path / "0", tmp_path / "1")


@pytest.mark.parametrize("source", ["made", "from disk"])
def test_where_programs_are_not_linked_llvm_loads_them(source, monkeypatch):
    monkeypatch.setattr(compiler, "link", lambda code: None)
    x, w = primitives.input_("x", (3,)), primitives.parameter("w", (3,))
    graph = Graph.build({"y": primitives.sigmoid(x)}, {"w": primitives.add(w, primitives.batch_sum(x))})
    arguments = graph, {"x": "float32"}
    made = compile(*arguments, training=True, max_batch=4)
    if source == "from disk":
        monkeypatch.setattr(programs, "_COMPILED", {})
        monkeypatch.setattr(programs, "_made", None)
        made = compile(*arguments, training=True, max_batch=4)
    y, w = np.zeros((4, 3), np.float32), np.zeros(3, np.float32)
    assert TrainingExecutable(made).run({"w": w}, {"x": X}, np.arange(4), 4, {}, {"y": y}) == 1
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-X)), rtol=1e-6)
    np.testing.assert_allclose(w, X.sum(axis=0), rtol=1e-6)


def test_a_program_is_the_same_however_it_is_come_by():
    graph = Graph.build({"y": primitives.tanh(primitives.input_("x", (3,)))})
    made = compile(graph, {"x": np.float32})
    (entry,) = object_cache.entries()
    loaded = program_of(object_cache.load(entry.key))
    assert loaded[1:] == made[1:]
    results = []
    for program in (made, loaded):
        results.append(np.zeros((4, 3), np.float32))
        InferenceExecutable(program).run({}, {"x": X}, {"y": results[-1]}, 4, version=1)
    np.testing.assert_array_equal(*results)


@linked
def test_a_system_that_runs_no_code_it_has_written_says_so():
    code = """
    import ctypes, sys
    import numpy as np
    from planish.layers import Dense, Input
    from planish.models import Sequential

    refuse_to_run_what_was_written = 65, 1  # prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN), of Linux 6.3
    model = Sequential([Input((3,)), Dense(2)])
    if ctypes.CDLL(None).prctl(*refuse_to_run_what_was_written, 0, 0, 0):
        sys.exit("PermissionError: the system does not let this process run code")
    model.predict(np.zeros((1, 3)), verbose=0)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError: the system does not let this process run code" in done.stderr
