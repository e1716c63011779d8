"""The one trace of what passes did: the command line, PLANISH_DUMP and reports all read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from planish.graph.graph import Graph


@dataclass(frozen=True, slots=True)
class PassRun:
    """What one pass made of a graph, and how long it took."""

    name: str
    before: Graph
    after: Graph
    seconds: float

    @property
    def changed(self) -> bool:
        return self.before is not self.after and len(self.before.nodes) + len(self.after.nodes) > 0 and not _same(self)


def _same(run: PassRun) -> bool:
    before, after = run.before.nodes, run.after.nodes
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


@dataclass(slots=True)
class Recorder:
    runs: list[PassRun] = field(default_factory=list)

    def add(self, name: str, before: Graph, after: Graph, seconds: float) -> None:
        self.runs.append(PassRun(name, before, after, seconds))

    def graph_after(self, name: str) -> Graph:
        """The graph as the named pass left it. KeyError if no pass has the name."""
        for run in self.runs:
            if run.name == name:
                return run.after
        raise KeyError(name)
