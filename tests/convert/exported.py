"""What tests of exported models share: the file, what ONNX's own evaluator makes of it, and what planish says."""

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from planish import standalone
from planish.models.ends.graph_names import input_names
from planish.primitives.interpreter import interpret

NEAR = 1e-5
"""Of the largest number."""


def exported(model, folder, **options):
    """The file of a model, after ONNX's checker has passed it."""
    path = folder / "model.onnx"
    model.export(path, format="onnx", verbose=False, **options)
    onnx.checker.check_model(str(path), full_check=True)
    return path


def operators(path):
    return [node.op_type for node in onnx.load(path).graph.node]


def images_for(model, count=3, seed=0):
    """Random numbers for each input; small whole ones where the input takes whole numbers."""
    random = np.random.default_rng(seed)
    given = []
    for spec in model.input_specs:
        shape, dtype = (count, *spec.shape[1:]), np.dtype(spec.dtype)
        whole = dtype.kind != "f"
        numbers = random.integers(0, 5, shape) if whole else random.standard_normal(shape)
        given.append(numbers.astype(dtype))
    return given


def interpreted(model, arrays):
    """What the model gives, by the plain meaning of its operations."""
    graph = model.graph()
    weights = {variable.path: variable.value for variable in standalone.bound(model.weights, graph)}
    inputs = dict(zip(input_names(model.input_specs), arrays, strict=True))
    return list(interpret(graph, {**weights, **inputs}).outputs.values())


def evaluated(path, arrays):
    """What ONNX's own evaluator gives for the file."""
    evaluator = ReferenceEvaluator(str(path))
    with np.errstate(all="ignore"):
        return evaluator.run(None, dict(zip(evaluator.input_names, arrays, strict=True)))


def apart(given, expected):
    """How far two results are apart, as a share of the largest number; infinity if their shapes differ."""
    given, expected = np.asarray(given, np.float64), np.asarray(expected, np.float64)
    if given.shape != expected.shape or not (np.isnan(given) == np.isnan(expected)).all():
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where((given == expected) | np.isnan(given), 0, np.abs(given - expected))
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1e-9)
    return float(difference.max(initial=0) / scale)


def differences(model, folder, arrays=None, **options):
    """What is wrong with a model's file, in words; nothing if all is well."""
    path = exported(model, folder, **options)
    arrays = images_for(model) if arrays is None else arrays
    expected, given = interpreted(model, arrays), evaluated(path, arrays)
    return [f"output {i}: {far:.2g}" for i, far in enumerate(map(apart, given, expected)) if not far <= NEAR]
