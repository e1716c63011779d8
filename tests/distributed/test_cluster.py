"""The same by worker processes: one cluster for all tests, two workers of one thread."""

import os
import signal
import subprocess
import sys

import dask
import dask.array as da
import distributed
import numpy as np
import pytest
import zarr
from PIL import Image

import planish as package
from planish.cli.main import main
from planish.distributed import clients, model_copy, predict


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, env={"PLANISH_LLVM_LEVEL": "0"}
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_workers_give_what_predict_gives(client, model, images, expected, tmp_path):
    np.save(tmp_path / "x.npy", images)
    outputs = predict(model, tmp_path / "x.npy", client, batch_size=7)
    np.testing.assert_array_equal(outputs.compute(), expected)
    predict(model, tmp_path / "x.npy", client, batch_size=7, to=tmp_path / "y.zarr", verbose=0)
    np.testing.assert_array_equal(zarr.open(tmp_path / "y.zarr")[:], expected)


def test_a_model_is_unpacked_once_in_each_worker(client, model, images, expected):
    def unpacked():
        return {digest: id(held) for digest, held in model_copy._kept.items()}

    np.testing.assert_array_equal(predict(model, images, client, batch_size=5).compute(), expected)
    before = client.run(unpacked)
    np.testing.assert_array_equal(predict(model, images, client, batch_size=9).compute(), expected)
    digest = model_copy.ModelCopy.of(model).digest
    assert any(digest in held for held in before.values())
    after = client.run(unpacked)
    assert all(after[worker][digest] == held[digest] for worker, held in before.items() if digest in held)


def test_parts_of_a_killed_worker_are_redone(client, model, images, expected, tmp_path):
    killed = str(tmp_path / "killed")

    def deadly(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 6 and not os.path.exists(killed):
            open(killed, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    before = set(client.run(os.getpid).values())
    x = da.from_array(images, chunks=(5, 8, 9)).map_blocks(deadly, dtype=images.dtype)
    predict(model, x, client, to=tmp_path / "y.zarr", verbose=0)
    np.testing.assert_array_equal(zarr.open(tmp_path / "y.zarr")[:], expected)
    client.wait_for_workers(2)
    assert len(set(client.run(os.getpid).values()) - before) == 1
    np.testing.assert_array_equal(predict(model, images, client, batch_size=5).compute(), expected)


def test_workers_without_planish_or_with_another_one_are_told_by_name(client, model, images, monkeypatch):
    monkeypatch.setattr(package, "__version__", "99.0")
    with pytest.raises(RuntimeError, match=r"another version on the worker tcp://.* than here\n.*\n  expected: 99.0"):
        predict(model, images, client)
    monkeypatch.setattr(clients, "_VERSION", "__import__('planish_that_is_absent').__version__")
    with pytest.raises(
        RuntimeError, match=r"the worker tcp://.* cannot import planish\n(.*\n)*  remedy:   pip install"
    ):
        predict(model, images, client)


def test_the_command_says_the_same_with_dask(client, model, images, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model.save("model.keras")
    os.mkdir("new")
    for place, image in enumerate(images[:9]):
        Image.fromarray(image).save(f"new/{place}.png")
    with open("new/4.png", "wb") as file:
        file.write(b"nothing")
    said = []
    for more in ([], ["--dask", client.scheduler.address]):
        code = main(["predict", "model.keras", "new", "--top", "2", "--scale", "255", *more])
        said.append((code, *capsys.readouterr()))
    assert said[0] == said[1]
    assert said[0][0] == 2
    assert "new/4.png" in said[0][2]


@pytest.mark.parametrize("address", ["nowhere", "", "smoke://signal:1", "tcp://host"])
def test_an_address_that_is_none_makes_no_client(address, model, tmp_path, capsys, monkeypatch):
    """Dask's own would try to end for 20 seconds, and then show a traceback."""
    monkeypatch.setattr(distributed, "Client", None)
    model.save(tmp_path / "model.keras")
    Image.new("L", (9, 8)).save(tmp_path / "x.png")
    assert main(["predict", str(tmp_path / "model.keras"), str(tmp_path / "x.png"), "--dask", address]) == 2
    assert f"there is no Dask scheduler at {address!r}" in capsys.readouterr().err


def test_nothing_of_dask_is_imported_before_it_is_needed():
    code = "import sys, planish.distributed; print({'dask', 'distributed', 'zarr', 'pyarrow'} & set(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "set()\n"
