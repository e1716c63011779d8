"""Functions that a file defines for itself, put where they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from planish.errors import explain

MOST_NODES = 1 << 16
_DEEPEST = 32


def inlined(nodes: Iterable[Any], definitions: Iterable[Any]) -> Iterator[Any]:
    """The nodes, with what functions consist of in place of their calls."""
    known = {(each.domain, each.name): each for each in definitions}
    for count, node in enumerate(_expanded(nodes, known, 0)):
        if count > MOST_NODES:
            raise ValueError(
                explain(
                    what=f"the network has more than {MOST_NODES:,} operators",
                    remedy="a smaller network: planish compiles classifiers of images",
                )
            )
        yield node


def _expanded(nodes: Iterable[Any], known: Mapping[tuple[str, str], Any], depth: int) -> Iterator[Any]:
    for place, node in enumerate(nodes):
        definition = known.get((node.domain, node.op_type))
        if definition is None:
            yield node
            continue
        if depth == _DEEPEST:
            raise ValueError(
                explain(
                    what=f"functions call each other more than {_DEEPEST} deep: {node.op_type!r}",
                    remedy="export it without functions: torch.onnx.export(module.eval(), images, path, dynamo=False)",
                )
            )
        yield from _expanded(_body(node, definition, f"{node.name or node.op_type}_{depth}_{place}"), known, depth + 1)


def _body(node: Any, definition: Any, prefix: str) -> Iterator[Any]:
    """Copies of a function's nodes, in which its own names are those of this call."""
    names = {"": ""}
    names.update(zip(definition.input, [*node.input, *[""] * len(definition.input)], strict=False))
    names.update(zip(definition.output, node.output, strict=False))
    given = {attribute.name: attribute for attribute in node.attribute}
    defaults = {attribute.name: attribute for attribute in definition.attribute_proto}
    for inner in definition.node:
        copy = type(inner)()
        copy.CopyFrom(inner)
        copy.name = f"{prefix}/{inner.name}"
        copy.input[:] = [names.setdefault(name, f"{prefix}/{name}") for name in inner.input]
        copy.output[:] = [names.setdefault(name, f"{prefix}/{name}") for name in inner.output]
        del copy.attribute[:]
        copy.attribute.extend(_attributes(inner, given, defaults))
        yield copy


def _attributes(inner: Any, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[Any]:
    """An operator's settings; some are those that the function was called with."""
    for attribute in inner.attribute:
        source = attribute.ref_attr_name
        if not source:
            yield attribute
            continue
        found = given.get(source) or defaults.get(source)
        if found is not None:
            copy = type(found)()
            copy.CopyFrom(found)
            copy.name = attribute.name
            yield copy
