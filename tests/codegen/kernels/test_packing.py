"""Packed weights, beside the interpreter."""

import pytest

from planish.codegen.llvm.target import current_target
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.rewritten.pack_winograd import pack_winograd
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("vectors", [(1,), (2, 1), (3, 3, 2), (4, 4, 4, 1)])
def test_panels(target, vectors):
    lanes = current_target().lanes
    case = Case()
    for missing in (0, 1, lanes - 1):
        columns = sum(vectors) * lanes - missing
        case.output(pack_panels(case.weight(5, columns), vectors, lanes))
        case.output(pack_panels(case.weight(3, 2, columns), vectors, lanes))
        for rows in (1, lanes, 2 * lanes + 3):
            case.output(pack_panels(case.weight(columns, rows), vectors, lanes, turned=True))
        case.output(pack_panels(case.weight(2, columns, lanes + 1), vectors, lanes, turned=True))
    case.check(None)


@on_every_target
@pytest.mark.parametrize(("tile", "stride"), [(2, 1), (4, 1), (2, 2), (3, 2)])
def test_winograd(target, tile, stride):
    lanes = current_target().lanes
    case = Case()
    for channels, panels, missing in ((1, (1,), lanes - 1), (3, (2,), 1), (5, (2, 2, 1), 0), (16, (3, 2), 5 % lanes)):
        filters = sum(panels) * lanes - missing
        case.output(pack_winograd(case.weight(3, 3, channels, filters), tile, panels, lanes, stride=stride))
    case.check(1e-6)
