"""`planish train --distribute mpi`: all ranks train, and the first one writes and shows what came out."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable

from planish import distribution, output
from planish.cli.console import complain, one_line
from planish.distribution import launched
from planish.distribution.data_parallel import is_first


def run(arguments: argparse.Namespace, work: Callable[[argparse.Namespace], None]) -> None:
    """Does the work on every rank. Ranks behind the first one show nothing, and write to a folder that is deleted.

    What one of them raises ends the others, too, which would wait for it.
    """
    distribution.set_distribution(distribution.DataParallel())
    try:
        if is_first():
            work(arguments)
        else:
            _aside(arguments, work)
    except BaseException as error:
        if distribution.get_device_count() == 1:
            raise
        complain(f"planish train: error on rank {launched.communicator_rank()}: {one_line(error)}")
        launched.end_job()
    finally:
        distribution.set_distribution(None)


def _aside(arguments: argparse.Namespace, work: Callable[[argparse.Namespace], None]) -> None:
    """A run that is resumed is read where it is."""
    with tempfile.TemporaryDirectory() as folder, output.silenced():
        own = os.path.join(folder, "run")
        if arguments.resume:
            shutil.copytree(arguments.out, own)
        work(argparse.Namespace(**{**vars(arguments), "out": own}))


def ends_here() -> bool:
    """Whether this rank goes on, without the others, when training is over."""
    first = is_first()
    distribution.set_distribution(None)
    return first
