"""Operators in the order in which they can be computed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from planish.convert.graphs.foreign_graph import Operation
from planish.errors import explain


def in_order(operations: Iterable[Operation], known: set[str], path: str) -> list[Operation]:
    """Each after those that it reads. ValueError if there is none that comes first, or if a value is made twice or
    never."""
    operations = list(operations)
    makers: dict[str, Operation] = {}
    for operation in operations:
        for made in operation.outputs:
            if made in makers or made in known:
                raise ValueError(
                    explain(
                        what=f"{path!r} computes {made!r} twice",
                        remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
                    )
                )
            makers[made] = operation
    waiting: dict[int, set[str]] = {id(operation): set() for operation in operations}
    readers: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        for name in operation.inputs:
            if name is None or name in known:
                continue
            if name not in makers:
                raise ValueError(
                    explain(
                        what=f"reads {name!r}, which nothing computes",
                        layer=f"{operation.called or operation.kind} '{operation.name}'",
                        received=repr(path),
                        remedy="onnx.checker.check_model(path) names all of them; export it with its weights",
                    )
                )
            waiting[id(operation)].add(name)
            readers[name].append(operation)
    return _sorted(operations, waiting, readers, path)


def _sorted(
    operations: list[Operation], waiting: dict[int, set[str]], readers: dict[str, list[Operation]], path: str
) -> list[Operation]:
    ready = deque(operation for operation in operations if not waiting[id(operation)])
    found = []
    while ready:
        operation = ready.popleft()
        found.append(operation)
        for name in operation.outputs:
            for reader in readers.get(name, ()):
                rest = waiting[id(reader)]
                if name in rest:
                    rest.remove(name)
                    if not rest:
                        ready.append(reader)
    if len(found) < len(operations):
        stuck = next(operation for operation in operations if waiting[id(operation)])
        raise ValueError(
            explain(
                what=f"{path!r} computes values of each other in a circle",
                received=f"{stuck.called or stuck.kind} '{stuck.name}'",
                remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
            )
        )
    return found
