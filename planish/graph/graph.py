"""A graph: the requested results, and every node that they need, in an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

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

    def has_any(self, ops: Collection[str]) -> bool:
        """Whether there is a node of one of these operations."""
        return any(node.op in ops for node in self.nodes)

    def users(self) -> dict[Node, list[Node]]:
        """For every node, the nodes that read it (once per use)."""
        users: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for source in node.inputs:
                users[source].append(node)
        return users

    def rewrite(self, rule: Callable[[Node], Node | None], only: Collection[str] | None = None) -> Graph:
        """A new graph in which each node is replaced by what `rule` gives for it (None: keep it).

        `rule` sees nodes in order, with their inputs rewritten already; `only` those of some operations, if they are
        given. Nodes whose inputs did not change are kept as they are.
        """
        return self.rewrite_knowing(lambda _, moved: rule(moved), only)

    def rewrite_knowing(self, rule: Callable[[Node, Node], Node | None], only: Collection[str] | None = None) -> Graph:
        """The same for rules that need the node as it was in this graph too.

        `rule(original, with its inputs rewritten)`.
        """
        new: dict[Node, Node] = {}  # in place of nodes that are not what they were
        replaced = new.keys()
        for node in self.nodes:
            moved = node
            if not replaced.isdisjoint(node.inputs):
                moved = node.with_inputs(tuple([new.get(source, source) for source in node.inputs]))
            result = moved if only is not None and node.op not in only else found_or(rule(node, moved), moved)
            if result is not node:
                new[node] = result
        if not new:
            return self
        return Graph.build(
            {name: new.get(node, node) for name, node in self.outputs},
            {name: new.get(node, node) for name, node in self.updates},
        )

    def used_once(self) -> set[Node]:
        """The nodes that exactly one node reads, once, and that are not results of the graph."""
        roots = set(self.roots)
        return {node for node, users in self.users().items() if len(users) == 1 and node not in roots}


def topological(roots: Iterable[Node]) -> Iterator[Node]:
    """Every node that `roots` reach, inputs first, without recursion (deep models must not hit Python's limit)."""
    done: set[Node] = set()
    for root in roots:
        path = [] if root in done else [(root, iter(root.inputs))]
        while path:
            node, left = path[-1]
            for source in left:
                if source not in done:
                    path.append((source, iter(source.inputs)))
                    break
            else:
                path.pop()
                done.add(node)
                yield node
