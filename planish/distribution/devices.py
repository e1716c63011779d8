"""The names that Keras has for processors: here, each rank is one device, `cpu:0`, `cpu:1`, ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.distribution import launched
from planish.errors import explain


class DeviceMesh:
    """Devices in an array whose axes have names: `DeviceMesh((4,), ["batch"])` are 4 ranks.

    `devices` are names from `list_devices()`; all of them, if left out.

    >>> keras.distribution.DeviceMesh((1,), ["batch"])
    <DeviceMesh shape=(1,), axis_names=['batch']>
    """

    def __init__(self, shape: Sequence[int], axis_names: Sequence[str], devices: Any = None) -> None:
        if not shape or not axis_names or len(shape) != len(axis_names):
            raise ValueError(
                explain(
                    what="DeviceMesh: every axis needs a length and a name",
                    expected="as many names as lengths, at least one",
                    received=f"shape={shape!r}, axis_names={axis_names!r}",
                    remedy="keras.distribution.DeviceMesh((4,), ['batch'])",
                )
            )
        names = np.array(list_devices() if devices is None else devices)
        if math.prod(shape) != names.size:
            raise ValueError(
                explain(
                    what="DeviceMesh: the shape does not have a place for each device",
                    expected=f"{names.size} places, one for each rank",
                    received=f"shape={tuple(shape)}, which has {math.prod(shape)}",
                    remedy=f"keras.distribution.DeviceMesh(({names.size},), ['batch'])",
                )
            )
        self.shape, self.axis_names = shape, axis_names
        self.devices = names.reshape(tuple(shape))

    def __repr__(self) -> str:
        return f"<DeviceMesh shape={self.shape}, axis_names={self.axis_names}>"


def list_devices(device_type: str | None = None) -> list[str]:
    """A name for each rank: 'cpu:0', 'cpu:1', ...; one if there is only this process.

    >>> keras.distribution.list_devices()
    ['cpu:0']
    """
    return [f"cpu:{number}" for number in range(get_device_count(device_type))]


def get_device_count(device_type: str | None = None) -> int:
    """How many ranks there are; 0 for types of devices other than 'cpu'.

    >>> keras.distribution.get_device_count()
    1
    """
    if device_type is not None and str(device_type).lower() != "cpu":
        return 0
    return launched.communicator_size()


def initialize(
    job_addresses: str | None = None, num_processes: int | None = None, process_id: int | None = None
) -> None:
    """Does nothing but check: mpiexec has told every process already which one it is.

    `num_processes` and `process_id`, if given, are those that mpiexec has told. `job_addresses` is not needed.

    >>> keras.distribution.initialize()
    """
    count = launched.communicator_size()
    rank = launched.communicator_rank()
    if num_processes not in (None, count) or process_id not in (None, rank):
        raise ValueError(
            explain(
                what="initialize: the processes are not those that mpiexec has started",
                expected=f"num_processes={count}, process_id={rank}, or neither",
                received=f"num_processes={num_processes!r}, process_id={process_id!r}",
                remedy=f"mpiexec -n {num_processes if isinstance(num_processes, int) else 4} python train.py",
            )
        )
