"""A graph: the requested results, and every node that they need, in an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import is_not

from planish.graph.node import NUMBERS, Node, found_or

LEAVES = frozenset({"input", "parameter", "scalar", "constant", "table", "batch_size", "share_size"})


@dataclass(frozen=True, eq=False)
class Graph:
    """`outputs` are named results; `updates` are new values of parameters, applied together at the end of a step."""

    nodes: tuple[Node, ...]
    outputs: tuple[tuple[str, Node], ...]
    updates: tuple[tuple[str, Node], ...] = ()

    @classmethod
    def build(cls, outputs: Mapping[str, Node], updates: Mapping[str, Node] | None = None) -> Graph:
        """The graph of everything that `outputs` and `updates` need, and nothing else."""
        changed = dict(updates or {})
        roots = [*outputs.values(), *changed.values()]
        return cls(tuple(topological(roots)), tuple(outputs.items()), tuple(changed.items()))

    @property
    def roots(self) -> tuple[Node, ...]:
        return tuple(node for _, node in (*self.outputs, *self.updates))

    @property
    def numbers(self) -> str:
        """The type of its numbers."""
        types = (node.type.dtype for node in self.nodes)
        return next((dtype for dtype in types if dtype in NUMBERS), NUMBERS[0])

    def leaves(self, op: str) -> tuple[Node, ...]:
        """The leaves of one kind ('input', 'parameter', 'scalar'), in order of first use."""
        return tuple(node for node in self.nodes if node.op == op)

    def users(self) -> dict[Node, list[Node]]:
        """For every node, the nodes that read it (once per use)."""
        users: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for source in node.inputs:
                users[source].append(node)
        return users

    def rewrite(self, rule: Callable[[Node], Node | None]) -> Graph:
        """A new graph in which each node is replaced by what `rule` gives for it (None: keep it).

        `rule` sees nodes in order, with their inputs rewritten already. Nodes whose inputs did not change are kept as
        they are.
        """
        return self.rewrite_knowing(lambda _, moved: rule(moved))

    def rewrite_knowing(self, rule: Callable[[Node, Node], Node | None]) -> Graph:
        """The same for rules that need the node as it was in this graph too.

        `rule(original, with its inputs rewritten)`.
        """
        new: dict[Node, Node] = {}
        changed = False
        for node in self.nodes:
            inputs = tuple([new[source] for source in node.inputs])
            moved = node.with_inputs(inputs) if any(map(is_not, inputs, node.inputs)) else node
            new[node] = found_or(rule(node, moved), moved)
            changed = changed or new[node] is not node
        if not changed:
            return self
        return Graph.build(
            {name: new[node] for name, node in self.outputs}, {name: new[node] for name, node in self.updates}
        )

    def used_once(self) -> set[Node]:
        """The nodes that exactly one node reads, once, and that are not results of the graph."""
        roots = set(self.roots)
        return {node for node, users in self.users().items() if len(users) == 1 and node not in roots}


def topological(roots: Iterable[Node]) -> Iterator[Node]:
    """Every node that `roots` reach, inputs first, without recursion (deep models must not hit Python's limit)."""
    done: set[Node] = set()
    for root in roots:
        stack = [root]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
            elif left := [source for source in reversed(node.inputs) if source not in done]:
                stack += left
            else:
                done.add(stack.pop())
                yield node
