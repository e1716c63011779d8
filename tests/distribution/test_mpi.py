"""Real MPI: `mpiexec` starts ranks, which have the same bits, and of which one that fails ends all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there a package brings mpiexec along")

ROOT = Path(__file__).parents[2]
MPIEXEC = Path(sys.executable).with_name("mpiexec")

SCRIPT = """
import hashlib, os, signal, sys
import numpy as np
import planish as keras
from planish.layers import Dense, Dropout

keras.distribution.set_distribution(keras.distribution.DataParallel(timeout=100))
rank, fault = keras.distribution.distribution().data_shard_id, sys.argv[1]

class Fault(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if rank == 1 and fault == "raise":
            raise ValueError("the disk is on fire")
        if rank == 1 and fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if rank == 1 and fault in ("caught", "sys.exit"):
            raise KeyError("caught") if fault == "caught" else SystemExit(0)
        if rank == 1 and fault == "os._exit":
            os._exit(0)

keras.utils.set_random_seed(rank)  # that of rank 0 counts
model = keras.Sequential([keras.Input((20,)), Dense(700, "relu"), Dropout(0.2), Dense(3, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
x = np.random.default_rng(0).random((101, 20), np.float32)
def fit():
    return model.fit(x, np.arange(101) % 3, batch_size=16, epochs=2, verbose=0, callbacks=[Fault()])

try:
    history = fit()
except (KeyError, ConnectionAbortedError) as error:
    print(rank, "has caught", error, flush=True)
    fault = "none"
    history = fit()  # all ranks take part again
digest = hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()
print(digest, history.history, flush=True)
"""


def started(ranks, fault="none"):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    command = [MPIEXEC, "-n", str(ranks), sys.executable, "-c", SCRIPT, fault]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("most", [2, pytest.param(4, marks=pytest.mark.broad)])
def test_ranks_have_the_bits_and_histories_of_one(most):
    """Two ranks exchange the gradients as a whole, four in halves."""
    results = [started(ranks) for ranks in (1, most)]
    assert [result.returncode for result in results] == [0, 0], results[-1].stderr
    lines = [line for result in results for line in result.stdout.splitlines() if line]
    assert len(lines) == 1 + most
    assert len(set(lines)) == 1


def test_a_rank_that_raises_ends_the_job_with_its_own_error():
    result = started(2, "raise")
    assert result.returncode != 0
    assert "planish: rank 1 ends the job" in result.stderr
    assert "ValueError: the disk is on fire" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("fault", ["kill", pytest.param("os._exit", marks=pytest.mark.broad)])
def test_a_rank_that_is_gone_ends_the_job(fault):
    result = started(2, fault)
    assert result.returncode != 0
    assert not result.stdout


@pytest.mark.broad
def test_a_rank_that_leaves_ends_the_job_long_before_the_time_is_up():
    result = started(2, "sys.exit")
    assert result.returncode != 0
    assert "rank 0 has waited" not in result.stderr
    assert "rank 0 waits for rank 1, which has left: it has come to the end of its program" in result.stderr


def test_ranks_can_go_on_after_an_error_that_one_of_them_has_caught():
    result = started(2, "caught")
    assert result.returncode == 0, result.stderr
    assert "1 has caught 'caught'" in result.stdout
    assert "0 has caught rank 0 waits for rank 1, which has left: KeyError: 'caught'" in result.stdout
    digests = [line for line in result.stdout.splitlines() if "loss" in line]
    assert len(digests) == 2
    assert len(set(digests)) == 1
