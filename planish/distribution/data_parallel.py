"""Which distribution models are trained with, and the only one that there is: each rank has a share of every batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from planish import random_seed
from planish.distribution import launched
from planish.distribution.communicator import Communicator, Ranks
from planish.distribution.devices import DeviceMesh, list_devices
from planish.errors import explain, number_of

DEFAULT_TIMEOUT = 600.0


class DataParallel:
    """Every rank has the whole model, and computes its share of each batch; totals of gradients are exchanged.

    `device_mesh` is a `DeviceMesh` of one axis, `devices` a list of names from `list_devices()`; neither is needed, and
    all ranks take part in any case. `auto_shard_dataset`: every rank is given all batches, of which it takes its rows;
    False, data that are cut already, is not supported.

    `exact`: totals are added in an order that does not depend on the number of ranks, so that 1, 2, 4 or 8 ranks give
    the same bits; False leaves the order to MPI. A rank that waits longer than `timeout` seconds for another one gives
    up with an error.

    >>> keras.distribution.set_distribution(keras.distribution.DataParallel())
    >>> keras.distribution.distribution()
    <DataParallel: 1 process>
    >>> keras.distribution.set_distribution(None)
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Sequence[str] | None = None,
        auto_shard_dataset: bool = True,
        *,
        exact: bool = True,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self.device_mesh = _checked_mesh(device_mesh, devices)
        self.auto_shard_dataset = _flag("auto_shard_dataset", auto_shard_dataset)
        self.exact = _flag("exact", exact)
        self.timeout = _seconds(timeout)
        if not auto_shard_dataset:
            raise ValueError(
                explain(
                    what="DataParallel: `auto_shard_dataset=False` is not supported",
                    rule="each rank is given all of the data, and computes its own rows of every batch",
                    remedy="give all ranks the same data, and leave auto_shard_dataset out",
                )
            )
        self._ranks: Ranks | None = None

    @property
    def batch_dim_name(self) -> str:
        return str(self.device_mesh.axis_names[0])

    @property
    def num_processes(self) -> int:
        """How many ranks there are."""
        ranks = self.ranks()
        return 1 if ranks is None else ranks.size

    @property
    def data_shard_id(self) -> int:
        """The number of this rank."""
        ranks = self.ranks()
        return 0 if ranks is None else ranks.rank

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Inside of `with distribution.scope():`, it is the distribution."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    def ranks(self) -> Ranks | None:
        """The ranks that train together; None if this process was not started by mpiexec."""
        if self._ranks is None and launched.by_mpiexec():
            self._ranks = Ranks(launched.communicator(self.timeout), exact=self.exact)
        return self._ranks

    def over(self, communicator: Communicator) -> DataParallel:
        """Itself, with messages carried by something else than MPI."""
        self._ranks = Ranks(communicator, exact=self.exact)
        return self

    def __repr__(self) -> str:
        return f"<DataParallel: {number_of(self.num_processes, 'process', 'processes')}>"


_CURRENT: ContextVar[DataParallel | None] = ContextVar("distribution", default=None)


def set_distribution(value: DataParallel | None) -> None:
    """Trains models with it from now on; None: in this process alone. All ranks call it.

    >>> keras.distribution.set_distribution(None)
    """
    if value is not None and not isinstance(value, DataParallel):
        raise TypeError(
            explain(
                what="set_distribution takes a distribution",
                expected="planish.distribution.DataParallel(), or None",
                received=f"{value!r} of type {type(value).__name__}",
                remedy="keras.distribution.set_distribution(keras.distribution.DataParallel())",
            )
        )
    global _default
    _default = value
    _CURRENT.set(None)
    _seed_alike(None if value is None else value.ranks())


def _seed_alike(ranks: Ranks | None) -> None:
    """What is drawn from now on - the order of a folder, say - is the same on all ranks: as on rank 0."""
    if ranks is not None and ranks.size > 1:
        state = ranks.communicator.broadcast(random_seed.state().to_bytes(8, "little"))
        random_seed.set_seed(int.from_bytes(state, "little"))


_default: DataParallel | None = None


def distribution() -> DataParallel | None:
    """The distribution that models are trained with; None if there is none.

    >>> keras.distribution.distribution() is None
    True
    """
    return _CURRENT.get() or _default


def current_ranks() -> Ranks | None:
    """The ranks that train together; None if this process trains alone."""
    found = distribution()
    return None if found is None else found.ranks()


def is_first() -> bool:
    """Whether this process is the one that writes files and shows progress."""
    ranks = current_ranks()
    return ranks is None or ranks.rank == 0


def _checked_mesh(device_mesh: Any, devices: Any) -> DeviceMesh:
    if device_mesh is not None:
        if not isinstance(device_mesh, DeviceMesh):
            raise TypeError(
                explain(
                    what="DataParallel: `device_mesh` is not a mesh",
                    expected="a planish.distribution.DeviceMesh",
                    received=f"{device_mesh!r} of type {type(device_mesh).__name__}",
                )
            )
        if len(device_mesh.shape) != 1:
            raise ValueError(
                explain(
                    what="DataParallel: `device_mesh` has several axes",
                    rule="every rank has the whole model: only the images of a batch are divided",
                    expected="one axis",
                    received=f"{len(device_mesh.shape)} axes: {tuple(device_mesh.axis_names)}",
                    remedy="keras.distribution.DataParallel()",
                )
            )
        return device_mesh
    names = list_devices() if devices is None else list(devices)
    return DeviceMesh((len(names),), ["batch"], names)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(
            explain(
                what=f"DataParallel: `{name}` is not a switch",
                expected="True or False",
                received=f"{value!r} of type {type(value).__name__}",
            )
        )
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(
            explain(
                what="DataParallel: `timeout` is not a time in seconds",
                expected="a number above 0",
                received=repr(value),
                remedy=f"timeout={DEFAULT_TIMEOUT:g}",
            )
        )
    return float(value)
