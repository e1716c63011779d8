"""A worker without memory does not take the job down: parts are computed in pieces, and what does not fit is told."""

import os
import types

import numpy as np
import pytest
import zarr

import planish
from planish.distributed import clients, predict, worker, writing
from planish.distributed.room import Room
from planish.layers import Conv2D, Dense, GlobalAveragePooling2D, Input
from planish.models import Sequential
from tests.distributed.stored import as_npy, as_parquet, as_zarr, folder_of

ROOMY = 1 << 40


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def with_room(monkeypatch, nbytes):
    """As on a worker that may use so many bytes more; gives the list of the sizes of computed pieces."""
    sizes, whole = [], worker._outputs

    def outputs(model, inputs):
        sizes.append(len(inputs[0]))
        return whole(model, inputs)

    monkeypatch.setattr(worker, "_outputs", outputs)
    monkeypatch.setattr(worker.room, "here", lambda: Room(ROOMY, int(0.8 * ROOMY) - nbytes))
    return sizes


@pytest.mark.parametrize("source", [as_npy, as_zarr, as_parquet, folder_of, lambda images: images])
def test_a_part_is_computed_in_pieces_as_there_is_room(model, images, monkeypatch, source):
    data = source(images)
    expected = predict(model, data).compute()
    sizes = with_room(monkeypatch, 20_000)
    np.testing.assert_array_equal(predict(model, data, batch_size=50).compute(), expected)
    assert len(sizes) > 1
    assert sum(sizes) >= 50
    assert 1 in sizes  # after it the model is compiled, and what is left is known


def test_parts_that_fit_are_computed_at_once(model, images, monkeypatch):
    sizes = with_room(monkeypatch, 1 << 20)
    predict(model, as_npy(images), batch_size=50).compute()
    assert sizes == [50]


def test_outputs_that_do_not_fit_are_told_with_a_size_that_does(images, monkeypatch):
    maps = Sequential([Input((8, 9, 1)), Conv2D(4, 1)])
    with_room(monkeypatch, 40_000)
    with pytest.raises(MemoryError, match=r"for the outputs of 50 images\n(.*\n)*  remedy: .*batch_size=17\n"):
        predict(maps, as_npy(images), batch_size=50).compute()
    predict(maps, as_npy(images), batch_size=17).compute()
    predict(maps, as_npy(images), batch_size=50, to="y.zarr", verbose=0)
    np.testing.assert_array_equal(zarr.open("y.zarr")[:], maps.predict(images, verbose=0))


def test_a_model_that_does_not_fit_is_told(model, images, monkeypatch):
    copied = planish.models.clone_model(model)
    with_room(monkeypatch, 100)
    with pytest.raises(MemoryError, match=r"this process does not have the memory for the model\n(.*\n)*  remedy:"):
        predict(copied, images).compute()


def test_a_local_cluster_without_workers_is_not_waited_for(monkeypatch):
    def timed_out(timeout):
        raise TimeoutError

    monkeypatch.setattr(writing, "_SECONDS_WITHOUT", 0.0)
    monkeypatch.setattr(writing, "_is_local", lambda client: True)
    client = types.SimpleNamespace(scheduler_info=lambda: {"workers": {}})
    with pytest.raises(MemoryError, match=r"all workers have died, and this cluster does not start others"):
        writing._awaited(types.SimpleNamespace(result=timed_out, done=lambda: False), client)


@pytest.mark.broad
def test_a_real_worker_survives_a_part_and_a_model_larger_than_its_memory():
    """Dask's nanny would kill it, and after some times not start it again."""
    from distributed import Client, LocalCluster

    planish.utils.set_random_seed(1)
    small = Sequential([Input((64, 64, 3)), GlobalAveragePooling2D(), Dense(4)])
    large = Sequential([Input((1000,)), Dense(30_000)])
    np.lib.format.open_memmap("x.npy", "w+", np.float32, (5000, 64, 64, 3)).flush()  # zeros, which take no room on disk
    options = {"n_workers": 1, "threads_per_worker": 1, "memory_limit": "350MB", "dashboard_address": None}
    with LocalCluster(env={"PLANISH_LLVM_LEVEL": "0"}, **options) as cluster, Client(cluster) as client:
        before = client.run(os.getpid)
        assert predict(small, "x.npy", client, batch_size=5000).compute().shape == (5000, 4)
        with pytest.raises(MemoryError, match=r"no worker has the memory for the model\n(.*\n)*  remedy: .*memory"):
            predict(large, np.zeros((3, 1000), np.float32), client)
        assert client.run(os.getpid) == before


# ---------------------------------------------------------------------- clients
def test_a_closed_client_is_told(model, images):
    from distributed import Client

    with Client(processes=False, dashboard_address=None) as client:
        pass
    with pytest.raises(RuntimeError, match=r"`client` is not connected to a scheduler\n  received: a client that is c"):
        predict(model, images, client)


def test_a_client_beside_the_one_that_the_program_works_with(model, images, expected):
    from distributed import Client

    options = {"processes": False, "dashboard_address": None}
    with Client(**options) as one, Client(**options):
        outputs = predict(model, images, one, batch_size=20)
        np.testing.assert_array_equal(outputs.compute(), expected)
        np.testing.assert_array_equal(one.compute(outputs).result(), expected)


def test_workers_with_room_are_enough():
    rooms = {"tcp://a:1": Room(1 << 30, 1 << 29), "tcp://b:1": Room(1 << 40, 1 << 30)}
    found = {address: {"memory_limit": each.limit, "metrics": {"memory": each.used}} for address, each in rooms.items()}
    client = types.SimpleNamespace(scheduler_info=lambda n_workers: {"workers": found})
    copy = types.SimpleNamespace(nbytes=1 << 32)
    clients.check_room(copy, client)
    del found["tcp://b:1"]
    with pytest.raises(MemoryError, match=r"received: 512 of 1,024 MiB are in use on tcp://a:1"):
        clients.check_room(copy, client)
