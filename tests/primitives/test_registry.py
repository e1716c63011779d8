"""Every primitive says everything about itself, in a file of its name or of its family."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

import planish.primitives
from planish.graph.settings import Settings
from planish.primitives.registry import Primitive, Without, op_named, register, registered
from tests.rows import failures

PACKAGE = Path(planish.primitives.__file__).parent
REWRITTEN = sorted(path.stem for path in (PACKAGE / "rewritten").glob("*.py") if path.stem != "__init__")
FAMILIES = {"unary", "binary", "leaves", "reduce", "scan"}  # tables: a row is all that differs between their primitives

for _path in PACKAGE.glob("*.py"):
    if _path.stem != "__init__":
        __import__(f"planish.primitives.{_path.stem}")
for _name in REWRITTEN:
    op_named(_name)
ALL = sorted(registered())


def test_every_field_is_stated_or_left_out_with_the_reason():
    def check(name):
        primitive = op_named(name)
        assert set(vars(primitive)) == set(Primitive._names)
        assert primitive.name == name
        assert issubclass(primitive.settings, Settings)
        for field in ("infer", "reference"):
            assert isinstance(getattr(primitive, field), Callable)
        for field in ("gradient", "reach", "linear", "multiply_adds"):
            value = getattr(primitive, field)
            assert value.reason if isinstance(value, Without) else isinstance(value, Callable), field
        for field in ("tail", "elementwise"):
            assert isinstance(getattr(primitive, field), bool)
        assert isinstance(primitive.monotone, bool | Callable)

    assert failures(ALL, check) == {}


def test_a_field_cannot_be_forgotten():
    fields = dict(vars(op_named("reshape")))
    del fields["reach"]
    with pytest.raises(TypeError, match="reach"):
        Primitive(**fields)


def test_a_primitive_is_registered_once():
    with pytest.raises(ValueError, match="'reshape' is registered twice"):
        register(op_named("reshape"))


def test_a_primitive_is_in_a_file_of_its_name_or_of_its_family():
    def check(name):
        stem = inspect.getmodule(op_named(name).reference).__name__.rpartition(".")[2]
        own = list(PACKAGE.rglob(f"{name}.py"))
        assert own or stem in FAMILIES, f"{name} is in {stem}.py"

    assert failures(ALL, check) == {}


def test_every_file_of_rewritten_registers_its_name():
    assert [name for name in REWRITTEN if op_named(name).name == name] == REWRITTEN


def test_a_max_pool_moves_only_in_front_of_functions_of_one_value():
    def check(name):
        primitive = op_named(name)
        assert primitive.monotone is False or primitive.elementwise

    assert failures(ALL, check) == {}


def test_unknown_operations():
    with pytest.raises(KeyError):
        op_named("melt")
