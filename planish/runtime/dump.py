"""Generates a program, showing every pass where PLANISH_DUMP asks for it."""

from __future__ import annotations

import sys

from planish import config
from planish.codegen.compile import Request, generate
from planish.codegen.program import Program
from planish.graph.printer import print_graph
from planish.graph.verifier import verify
from planish.ops.registry import op_named
from planish.passes.recorder import Recorder


def dump(request: Request) -> Program:
    """The program; with PLANISH_DUMP set, the graph after every pass that changed it goes to stderr, verified."""
    if not config.value("PLANISH_DUMP"):
        return generate(request)
    recorder = Recorder()
    program = generate(request, recorder)
    print(f"--- traced\n{print_graph(request.graph)}", file=sys.stderr)
    for record in recorder.records:
        verify(record.after, lambda op, types, attributes: op_named(op).infer(types, attributes), after=record.name)
        if record.changed:
            print(f"--- {record.name} ({record.seconds * 1e3:.2f} ms)\n{print_graph(record.after)}", file=sys.stderr)
    return program
