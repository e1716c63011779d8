"""Keras's `keras.distribution`: training on several processes, which MPI carries from machine to machine.

    import planish as keras
    keras.distribution.set_distribution(keras.distribution.DataParallel())

and `mpiexec -n 4 python train.py`. Each process (*rank*) computes its share of every batch; docs/scale.md has the rest.
Without mpiexec there is one process, and all of this costs nothing.
"""

from planish.distribution.absent import LayoutMap, ModelParallel, TensorLayout, distribute_tensor
from planish.distribution.data_parallel import DataParallel, distribution, set_distribution
from planish.distribution.devices import DeviceMesh, get_device_count, initialize, list_devices

__all__ = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "distribution",
    "get_device_count",
    "initialize",
    "list_devices",
    "set_distribution",
]
