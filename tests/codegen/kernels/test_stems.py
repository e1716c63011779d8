"""A primitive and its kernel have one name."""

from pathlib import Path

from planish.codegen import kernels
from planish.codegen.kernels import kernel_of
from planish.codegen.pieces.elementwise import _EMITTERS
from planish.codegen.pieces.kernel import Kernel
from planish.codegen.planning.candidates import CANDIDATES
from planish.graph.graph import LEAVES
from planish.primitives.registry import op_named
from tests.primitives.test_registry import ALL
from tests.rows import failures

STEMS = {path.stem for path in Path(kernels.__file__).parent.glob("*.py")} - {"__init__"}
WITHOUT = {
    "conv2d_input_grad": "a pass rewrites it into convolutions",
    "conv2d_pool_places": "places beside a lowered convolution, or a convolution and `pool_places`",
    "fused": "the kernel of its base, with a tail",
    "operand": "stands for an operand inside of an expression",
    "reshape": "a view",
    "stop_gradient": "a pass removes it",
}


def test_every_primitive_has_a_kernel_of_its_name_or_becomes_others_that_have_one():
    def check(name):
        if name in STEMS:
            assert isinstance(kernel_of(name), Kernel)
        else:
            assert name in CANDIDATES or name in _EMITTERS or name in LEAVES or name in WITHOUT

    assert failures(ALL, check) == {}


def test_every_kernel_is_a_primitive_s():
    def check(name):
        assert op_named(name).name == name

    assert failures(sorted(STEMS), check) == {}


def test_what_has_no_kernel_is_said_of_primitives_that_have_none():
    assert set(WITHOUT) <= set(ALL) - STEMS
