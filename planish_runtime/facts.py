"""What a plan says of itself, read from JSON that nobody vouches for: every number is bounded, every name is a name."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from planish_runtime.plan_format import LINE_NBYTES, PAGE_NBYTES, DamagedError
from planish_runtime.processor import WORDS

MOST_NBYTES = 2**48
"""Of anything: more than any machine has memory."""

DTYPES = frozenset(
    ("float32", "float64", "float16", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool")
)
_MOST, _LONGEST, _DEEPEST = 4096, 1 << 20, 32  # items of a list, characters of a text, lists inside of lists

_Item = TypeVar("_Item")


class Array(NamedTuple):
    """An input or output of the model: of one image, its shape and the name of its element type."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Program(NamedTuple):
    """For processors that have what it `needs`, and inputs of these types. `code` and the last two of each of `weights`
    are places in parts of the file: offset and bytes; their first is the place of an argument."""

    target: str
    architecture: str
    needs: tuple[int, ...]
    dtypes: tuple[str, ...]
    code: tuple[int, int]
    functions: Mapping[str, int]
    arguments: tuple[str, ...]
    weights: tuple[tuple[int, int, int], ...]
    arena_nbytes: int
    scratch_nbytes: int
    block: int
    multiply_adds: int
    most_cut: int


class Facts(NamedTuple):
    """`form` and `input_form` are structures whose leaves are the places of outputs and inputs; `test` has places in
    the part of that name: of each input, then of each output; `tolerance` is a share of an output's largest value."""

    planish: str
    name: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    input_form: Any
    form: Any
    notes: Mapping[str, Any]
    programs: tuple[Program, ...]
    test: tuple[tuple[int, int], ...]
    tolerance: float


def facts_of(text: bytes, nbytes: Mapping[str, int]) -> Facts:
    """`nbytes` are the sizes of the parts. DamagedError for what does not say what it should."""
    try:
        found = json.loads(text.rstrip(b"\0").decode())
    except (ValueError, RecursionError):
        raise DamagedError("its facts are not JSON") from None
    try:
        return _facts(found, nbytes)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DamagedError(f"its facts are not those of a plan: {error!r}"[:200]) from None


def _facts(found: Any, nbytes: Mapping[str, int]) -> Facts:
    inputs, outputs = (tuple(_several(found[name], _array)) for name in ("inputs", "outputs"))
    _require(len(inputs) > 0 and len(outputs) > 0, "inputs")
    programs = tuple(_several(found["programs"], lambda each: _program(each, nbytes, inputs, outputs)))
    places = tuple(_several(found["test"], lambda each: _place(each, nbytes["test"])))
    for array, (_, size) in zip([*inputs, *outputs], places, strict=True):
        _require(size >= array.size * _itemsize(array.dtype), "test")
    return Facts(
        _text(found["planish"]), _text(found["name"]), inputs, outputs,
        _form(found["input_form"], len(inputs)), _form(found["form"], len(outputs)), _notes(found["notes"]),
        programs, places, _share(found["tolerance"]),
    )  # fmt: skip


def _program(found: Any, nbytes: Mapping[str, int], inputs: Sequence[Array], outputs: Sequence[Array]) -> Program:
    code = _place(found["code"], nbytes["code"])
    _require(code[0] % PAGE_NBYTES == 0 and code[1] > 0, "code")
    arguments = tuple(_several(found["arguments"], _text))
    names = {f"input {each.name}" for each in inputs} | {f"output {each.name}" for each in outputs}
    parameters = [place for place, name in enumerate(arguments) if name.startswith("parameter ")]
    others = set(arguments) - {arguments[place] for place in parameters}
    _require(len(set(arguments)) == len(arguments) and others <= names, "arguments")
    weights = tuple(_several(found["weights"], lambda each: _weight(each, nbytes["weights"])))
    _require([each[0] for each in weights] == parameters, "weights")
    functions = {_text(name): _whole(at, code[1] - 1) for name, at in found["functions"].items()}
    needs = tuple(_several(found["needs"], lambda each: _whole(each, 2**32 - 1)))
    dtypes = tuple(_several(found["dtypes"], _dtype))
    _require(len(needs) == WORDS and len(dtypes) == len(inputs), "needs")
    return Program(
        target=_text(found["target"]),
        architecture=_text(found["architecture"]),
        needs=needs,
        dtypes=dtypes,
        code=code,
        functions=functions,
        arguments=arguments,
        weights=weights,
        arena_nbytes=_whole(found["arena_nbytes"], MOST_NBYTES),
        scratch_nbytes=_whole(found["scratch_nbytes"], MOST_NBYTES),
        block=_whole(found["block"], _MOST),
        multiply_adds=_whole(found["multiply_adds"], 2**62),
        most_cut=_whole(found["most_cut"], _MOST),
    )


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _several(found: Any, each: Callable[[Any], _Item]) -> list[_Item]:
    _require(isinstance(found, list) and len(found) <= _MOST, "list")
    return [each(item) for item in found]


def _whole(found: Any, most: int) -> int:
    _require(type(found) is int and 0 <= found <= most, "number")
    return int(found)


def _share(found: Any) -> float:
    _require(type(found) in (int, float) and 0 <= found <= 1, "share")
    return float(found)


def _text(found: Any) -> str:
    _require(isinstance(found, str) and len(found) <= _LONGEST, "text")
    return str(found)


def _notes(found: Any) -> dict[str, Any]:
    _require(isinstance(found, dict), "notes")
    return dict(found)


def _dtype(found: Any) -> str:
    _require(found in DTYPES, "dtype")
    return str(found)


def _itemsize(dtype: str) -> int:
    return 1 if dtype == "bool" else int(dtype.lstrip("uintfloa")) // 8


def _array(found: Any) -> Array:
    shape = tuple(_several(found["shape"], lambda each: _whole(each, MOST_NBYTES)))
    _require(len(shape) <= _DEEPEST and math.prod(shape) <= MOST_NBYTES, "shape")
    return Array(_text(found["name"]), shape, _dtype(found["dtype"]))


def _place(found: Any, within: int) -> tuple[int, int]:
    offset, nbytes = _several(found, lambda each: _whole(each, within))
    _require(offset + nbytes <= within, "place")
    return offset, nbytes


def _weight(found: Any, within: int) -> tuple[int, int, int]:
    argument, offset, nbytes = _several(found, lambda each: _whole(each, MOST_NBYTES))
    _require(offset % LINE_NBYTES == 0 and offset + nbytes <= within, "weight")
    return argument, offset, nbytes


def _form(found: Any, count: int, depth: int = 0) -> Any:
    """A place, or a list or dictionary of forms; a tuple is written as {"tuple": [...]}, a dictionary as
    {"dict": {...}}."""
    _require(depth <= _DEEPEST, "form")
    if isinstance(found, list):
        return [_form(each, count, depth + 1) for each in found]
    if isinstance(found, dict):
        ((kind, inside),) = found.items()
        _require(kind in ("tuple", "dict"), "form")
        if kind == "tuple":
            return tuple(_form(each, count, depth + 1) for each in inside)
        return {_text(key): _form(each, count, depth + 1) for key, each in inside.items()}
    return _whole(found, count - 1)
