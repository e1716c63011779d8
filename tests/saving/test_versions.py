"""Files of all versions of Keras from 1.2 on (see record_versions.py) compute here what they computed there.

Keras 3.2 wrote wrong calls of shared layers, and computes something else itself with its file of the network.
"""

import lzma
import warnings
from pathlib import Path

import numpy as np
import pytest

from planish.models import load_model

VERSIONS = Path(__file__).parent / "data" / "versions"
CHAINS = sorted(path.name.removesuffix(".xz") for path in VERSIONS.glob("*_chain.*.xz"))
NETWORKS = sorted(path.name.removesuffix(".xz") for path in VERSIONS.glob("*_network.*.xz"))

TURNED = ("1.", "2.0.", "2.1.", "2.2.", "2.3.")
"""Recorded with Theano, whose kernels are turned round."""


def opened(name, tmp_path, **options):
    (tmp_path / name).write_bytes(lzma.decompress((VERSIONS / f"{name}.xz").read_bytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_model(tmp_path / name, **options)


def recorded(name):
    with np.load(VERSIONS / f"{name.partition('_')[0]}.npz") as file:
        return dict(file)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_compute_the_same(name, tmp_path):
    model, expected = opened(name, tmp_path, compile=False), recorded(name)
    outputs = model.predict([expected["x"], expected["x"][::-1]], verbose=0)
    for number, output in enumerate(outputs):
        np.testing.assert_allclose(output, expected[f"network_{number}"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CHAINS)
def test_chains_compute_the_same_and_go_on_training_the_same(name, tmp_path):
    model, expected = opened(name, tmp_path), recorded(name)
    np.testing.assert_allclose(model.predict(expected["x"], verbose=0), expected["chain"], rtol=1e-5, atol=1e-6)
    assert int(model.optimizer.iterations) == 3
    model.train_on_batch(expected["x"], expected["y"])
    for number, weight in enumerate(model.weights):
        then = expected[f"weight_{number}"]
        if weight.path == "conv/kernel" and name.startswith(TURNED):
            then = then[::-1, ::-1]
        if weight.path != "conv/bias":  # whose gradient is rounding: the batch normalization after it takes it out
            np.testing.assert_allclose(weight.numpy(), then, rtol=1e-4, atol=1e-4)


def test_every_version_is_among_them():
    found = {tuple(map(int, name.partition("_")[0].split(".")[:2])) for name in CHAINS + NETWORKS}
    of_keras_2 = {(2, minor) for minor in (0, 1, 2, 3, 12, 13, 14, 15)}
    assert found >= {(1, 2), *of_keras_2, *((3, minor) for minor in range(16))}
