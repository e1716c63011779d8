"""`keras.distribution` as it is called: Keras's names, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

import planish as keras
from planish import distribution
from planish.distribution.data_parallel import current_ranks


@pytest.fixture(autouse=True)
def _no_distribution():
    yield
    distribution.set_distribution(None)


def test_without_mpiexec_there_is_one_process_and_mpi_is_not_imported():
    code = (
        "import sys, numpy as np, planish as keras\n"
        "keras.distribution.set_distribution(keras.distribution.DataParallel())\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((4, 2)), np.ones(4), verbose=0)\n"
        "assert 'mpi4py' not in sys.modules\n"
        "print(keras.distribution.list_devices())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("['cpu:0']\n", "")


def test_the_distribution_is_the_one_that_was_set():
    assert distribution.distribution() is None
    set_ = distribution.DataParallel()
    distribution.set_distribution(set_)
    assert distribution.distribution() is set_
    assert current_ranks() is None
    with distribution.DataParallel(exact=False).scope():
        assert distribution.distribution() is not set_
        assert not distribution.distribution().exact
    assert distribution.distribution() is set_


def test_a_mesh_has_an_axis_of_devices():
    mesh = distribution.DeviceMesh((1,), ["data"], distribution.list_devices())
    parallel = distribution.DataParallel(device_mesh=mesh)
    assert parallel.batch_dim_name == "data"
    assert parallel.device_mesh.devices.tolist() == ["cpu:0"]
    assert distribution.DataParallel(devices=["cpu:0"]).num_processes == 1
    assert distribution.get_device_count("gpu") == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: distribution.DeviceMesh((2, 2), ["a", "b"]), "place for each device"),
        (lambda: distribution.DeviceMesh((2,), ["a", "b"]), "needs a length and a name"),
        (lambda: distribution.DataParallel(device_mesh="cpu:0"), "is not a mesh"),
        (lambda: distribution.DataParallel(distribution.DeviceMesh((1, 1), ["a", "b"])), "several axes"),
        (lambda: distribution.DataParallel(auto_shard_dataset=False), "auto_shard_dataset=False"),
        (lambda: distribution.DataParallel(exact=1), "is not a switch"),
        (lambda: distribution.DataParallel(timeout=0), "is not a time"),
        (lambda: distribution.set_distribution("mpi"), "takes a distribution"),
        (lambda: distribution.initialize(num_processes=4), "not those that mpiexec has started"),
        (lambda: distribution.ModelParallel(), "a model is not cut into parts"),
        (lambda: distribution.LayoutMap(None), "a model is not cut into parts"),
        (lambda: distribution.TensorLayout([None]), "a model is not cut into parts"),
        (lambda: distribution.distribute_tensor(np.ones(2), None), "a model is not cut into parts"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=message):
        call()


def test_under_mpiexec_a_missing_mpi_is_told_and_nobody_trains_alone(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setattr("planish.distribution.launched._communicator", None)
    with pytest.raises(ImportError, match=r"planish\[mpi\]"):
        keras.distribution.DataParallel()
