"""A program at any point of its making, as text: for PLANISH_DUMP, `Model.program` and the command line."""

from __future__ import annotations

import functools
from collections.abc import Collection

from planish import settings
from planish.codegen import compile as compiler
from planish.codegen.emitted import Program
from planish.codegen.planning.choices import print_plan
from planish.codegen.planning.listing import print_loops
from planish.codegen.planning.plan import Plan, Request, make_plan
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.node import numbers_are
from planish.graph.printer import print_graph
from planish.graph.verifier import verify
from planish.output import warn_of
from planish.passes.recorder import Recorder
from planish.primitives.registry import result_type
from planish.runtime.aside import aside


def show(request: Request, forms: Collection[str]) -> None:
    """Writes the making of a program to stderr, as PLANISH_DUMP asks for it. Graphs are verified after every pass."""
    recorder = Recorder()
    plan = make_plan(request, recorder)
    if "graph" in forms:
        warn_of(f"--- graph, traced\n{print_graph(request.graph)}")
        for record in recorder.runs:
            verify_graph(record.after, record.name)
            if record.changed:
                warn_of(f"--- graph after {record.name} ({record.seconds * 1e3:.2f} ms)\n{print_graph(record.after)}")
    program = compiler.emit(plan, request)
    for form in forms:
        if form != "graph":
            warn_of(f"--- {form}\n{_emitted(form, plan, program)}")


def verify_graph(graph: Graph, after: str) -> None:
    """ValueError naming the pass if the graph is not well formed."""
    verify(graph, result_type, after=after)


def describe(request: Request, after: str | None, form: str) -> str:
    """The graph after a pass (the last one if None), or the plan, loops, LLVM or assembly that it becomes."""
    if form not in settings.EMITTED:
        raise ValueError(unknown_name("form of a program", form, settings.EMITTED))
    if after is not None and form != "graph":
        raise ValueError(
            explain(what=f"a pass leaves a graph, not {form}", expected="form 'graph' together with the name of a pass")
        )
    recorder = Recorder()
    plan = make_plan(request, recorder)
    names = [record.name for record in recorder.runs]
    if after is not None and after not in names:
        raise ValueError(unknown_name("pass", after, names))
    if form == "graph":
        return print_graph(recorder.graph_after(after or names[-1]))
    return _emitted(form, plan, compiler.emit(plan, request))


def _emitted(form: str, plan: Plan, program: Program) -> str:
    with numbers_are(plan.graph.numbers):
        return _written(form, plan, program)


def _written(form: str, plan: Plan, program: Program) -> str:
    if form == "plan":
        return print_plan(plan)
    if form == "loops":
        return print_loops(plan)
    return program.text if form == "llvm" else aside(functools.partial(compiler.assembly, program.text, plan.target))
