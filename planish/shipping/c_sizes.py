"""What a library takes: of memory that is only read (flash, on a microcontroller), and of memory that is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planish.codegen.llvm.library import binding
from planish.graph.graph import Graph
from planish.primitives.registry import multiply_adds
from planish.shipping.freestanding import Freestanding

_CONSTANT = (b".rodata", b".data.rel.ro", b".lrodata")


class Sizes(NamedTuple):
    """Bytes in an object file: of code, and of constants with the weights."""

    code: int
    constants: int


def sizes_of(code: bytes) -> Sizes:
    """What is in memory when the program runs."""
    file = binding().ObjectFileRef.from_data(code)  # a section is there until the next one is asked for
    found = [(section.name() or b"", section.is_text(), section.size()) for section in file.sections()]
    constants = sum(size for name, _, size in found if name.startswith(_CONSTANT))
    return Sizes(sum(size for _, is_code, size in found if is_code), constants)


def report(graph: Graph, made: Freestanding, code: bytes, target: str) -> str:
    """For people: the whole, then each layer that has weights or multiplies."""
    sizes = sizes_of(code)
    weights = sum(made.weights.values())
    others = sizes.constants - weights
    whole = [
        ("code", sizes.code), ("weights", weights), ("other constants", others),
        ("read-only memory", sizes.code + sizes.constants), ("work memory", made.work_nbytes),
    ]  # fmt: skip
    rows = [("layer", "weights, bytes", "multiply-adds"), *_layers(graph, made)]
    return "\n".join(
        [f"for {target}, bytes:", *_table([(name, f"{size:,}") for name, size in whole]), "", *_table(rows)]
    )


def _layers(graph: Graph, made: Freestanding) -> Iterator[tuple[str, str, str]]:
    """Each with what it reads, and what it does for an image."""
    weights: dict[str, int] = {}
    for argument, nbytes in made.weights.items():
        name = _first(made.program.read[argument])
        weights[name] = weights.get(name, 0) + nbytes
    work: dict[str, int] = {}
    for node in graph.nodes:
        name = _first(node.layers)
        work[name] = work.get(name, 0) + multiply_adds([node])
    for name in dict.fromkeys([*work, *weights]):
        if weights.get(name) or work.get(name):
            yield name, f"{weights.get(name, 0):,}", f"{work.get(name, 0):,}"


def _first(layers: Sequence[str]) -> str:
    """What several layers became goes by the name of the first."""
    return layers[0] if layers else "-"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
