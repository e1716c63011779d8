"""How a dense layer and the gradient of its weights can be computed."""

from __future__ import annotations

from dataclasses import replace

from planish.codegen.kernels import dense_listed as listed_kernel
from planish.codegen.pieces import common_zeros, dense_rows, nonzeros
from planish.codegen.planning.candidate import MADE_FOR_F32, Candidate, Problem
from planish.codegen.planning.rebasing import rebased
from planish.codegen.planning.views import storage_root
from planish.graph.node import Node
from planish.primitives.rewritten.dense_listed import dense_listed
from planish.primitives.rewritten.dense_listed_weight_grad import dense_listed_weight_grad
from planish.primitives.rewritten.dense_panels import DensePanelsSettings
from planish.primitives.rewritten.fused import settings_of_base
from planish.primitives.rewritten.load_input import LoadInputSettings
from planish.primitives.rewritten.not_finite import not_finite
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.transpose import TransposeSettings

_MOSTLY_ZEROS = "images may be mostly zeros; cut by rows of the weights, which one core keeps"
_NO_IMAGES = "only images have zeros that are worth a list"
_BLOCKS, _ELEMENTS = "lists of blocks that are not zero", "lists of what is not zero"


def _images_of(x: Node) -> Node | None:
    """The node that reads `x` from the user's array, if it is the rows of a matrix there."""
    root = storage_root(x)
    return root if root.op == "load_input" and len(x.shape) == 1 else None


def _weights_shape(problem: Problem) -> tuple[int, ...]:
    """[features, units]; the gradient of the weights has their shape."""
    node = problem.node
    return node.inputs[1].shape if problem.spec.op == "dense" else node.shape


def _why_not_lists(problem: Problem) -> str | None:
    if not problem.in_f32:
        return MADE_FOR_F32
    if not problem.training:
        return "weights are packed once and stay"
    if _images_of(problem.node.inputs[0]) is None:
        return _NO_IMAGES
    features, units = _weights_shape(problem)
    return None if nonzeros.pays(problem.target, features, units) else f"{features} features: too few or too many"


def _why_not_blocks(problem: Problem) -> str | None:
    units = _weights_shape(problem)[1]
    return _why_not_lists(problem) or (None if nonzeros.goes_by_blocks(units) else f"{units} units repay single ones")


def _why_not_elements(problem: Problem) -> str | None:
    units = _weights_shape(problem)[1]
    return _why_not_lists(problem) or (f"{units} units are too few" if nonzeros.goes_by_blocks(units) else None)


def _why_not_full(problem: Problem) -> str | None:
    return None if _why_not_lists(problem) else "it would multiply by the zeros of images"


def _why_not_common(problem: Problem) -> str | None:
    """For a prediction."""
    x = problem.node.inputs[0]
    if not problem.in_f32:
        return MADE_FOR_F32
    if problem.training:
        return "weights change with every step"
    if problem.target.is_microcontroller:
        return "there is no memory for lists"
    if len(x.shape) != 1 or not _shows_images(storage_root(x)):
        return _NO_IMAGES
    features, units = _weights_shape(problem)
    return None if nonzeros.pays(problem.target, features, units) else f"{features} features: too few or too many"


def _shows_images(root: Node) -> bool:
    """Whether it is what the user's array has, or made of it element by element, as `Rescaling` does."""
    sources = root.inputs if root.op == "elementwise" else (root,)
    read = [storage_root(source).op in ("input", "load_input") for source in sources if source.batched]
    return any(read) and all(read)


def _cycles_of_full(problem: Problem) -> float:
    return common_zeros.full_cycles(problem.target, *_weights_shape(problem))


def _cycles_of_common(problem: Problem) -> float:
    return common_zeros.cycles(problem.target, *_weights_shape(problem))


def _lower_to_lists(problem: Problem) -> Node:
    x, w = problem.node.inputs[:2]
    source = _images_of(x)
    assert source is not None  # it fits
    rows = listed_kernel.rows_of_part(w.shape[0], problem.target)
    parts = dense_listed(source.inputs[0], w, rows, LoadInputSettings.of(source).memory_dtype)
    return rebased(problem.node, "sum_parts", (replace(parts, layers=problem.node.layers),))


def _lower_to_panels(problem: Problem) -> Node:
    """Weights that change in every step are packed only if they have to be turned."""
    x, w = problem.node.inputs[:2]
    units, target = w.shape[1], problem.target
    panels = tuple(dense_rows.panels_of(units, target.lanes))
    turned = w.op == "transpose" and TransposeSettings.of(w).permutation == (1, 0)
    packed = turned or not problem.training
    settings = DensePanelsSettings(units=units, panels=panels, lanes=target.lanes, packed=packed)
    if packed:
        w = pack_panels(w.inputs[0] if turned else w, panels, target.lanes, turned)
    return rebased(problem.node, "dense_panels", (x, w), settings)


def _lower_to_common(problem: Problem) -> Node:
    panels = _lower_to_panels(problem)
    x, packed = panels.inputs[:2]
    flag = replace(not_finite(packed.inputs[0]), layers=problem.node.layers)
    return rebased(problem.node, "dense_panels_listed", (x, packed, flag), settings_of_base(panels))


def _lower_gradient_to_lists(problem: Problem) -> Node:
    x, g = problem.node.inputs
    source = _images_of(x)
    assert source is not None  # it fits
    listed = dense_listed_weight_grad(source.inputs[0], g, LoadInputSettings.of(source).memory_dtype)
    return replace(listed, layers=problem.node.layers)


DENSE = [
    Candidate(
        "dense_panels",
        "panels of weights",
        "images of a block share what is read of the weights",
        _why_not_full,
        _cycles_of_full,
        _lower_to_panels,
    ),
    Candidate(
        "dense_panels_listed",
        "panels of weights, for what is not zero",
        "images may be mostly zeros; what is zero in all of three is left out",
        _why_not_common,
        _cycles_of_common,
        _lower_to_common,
    ),
    Candidate("dense_listed", _ELEMENTS, _MOSTLY_ZEROS, _why_not_elements, None, _lower_to_lists),
    Candidate("dense_listed", _BLOCKS, _MOSTLY_ZEROS, _why_not_blocks, None, _lower_to_lists),
]
DENSE_GRADIENT = [
    Candidate(
        "dense_weight_grad",
        "outer products",
        "each part of the result is summed over the batch by one thread",
        _why_not_full,
        None,
        lambda problem: problem.node,
    ),
    Candidate("dense_listed_weight_grad", _ELEMENTS, _MOSTLY_ZEROS, _why_not_elements, None, _lower_gradient_to_lists),
    Candidate("dense_listed_weight_grad", _BLOCKS, _MOSTLY_ZEROS, _why_not_blocks, None, _lower_gradient_to_lists),
]
