"""Mistakes with training on several processes."""

from __future__ import annotations

from cases import Mistake, Stage

SHARING = Stage(
    "Training on several processes",
    (
        Mistake("A model that should be cut into parts", "keras.distribution.ModelParallel()\n", None),
        Mistake(
            "A distribution by its name",
            'keras.distribution.set_distribution("mpi")\n',
            None,
        ),
        Mistake(
            "A mesh for more devices than there are",
            'keras.distribution.DeviceMesh((4,), ["batch"])\n',
            None,
        ),
        Mistake(
            "A mesh with an axis for the model",
            'mesh = keras.distribution.DeviceMesh((1, 1), ["batch", "model"])\n'
            "keras.distribution.DataParallel(device_mesh=mesh)\n",
            None,
        ),
        Mistake(
            "More processes than were started",
            "keras.distribution.initialize(num_processes=4)\n",
            None,
        ),
        Mistake(
            "Data that are cut already",
            "keras.distribution.DataParallel(auto_shard_dataset=False)\n",
            None,
        ),
        Mistake("A time to wait that is not one", 'keras.distribution.DataParallel(timeout="1m")\n', None),
    ),
)
