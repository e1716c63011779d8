"""How far predictions are from the exact ones, which models in float64 give: within 5e-6 of the largest score."""

import re
from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
BOUND = 5e-6
SMALL = ("blog", "cifar", "vgg")
"""What `make test` looks at; `--every-net` looks at all nets that the benchmarks measure."""
ALL = (
    *SMALL,
    "strided",
    "lenet",
    "resnet20",
    "inception",
    "densenet",
    "mobilenet",
    "mobilenetv2-96",
    "resnet18-224",
    "resnet50-224",
)
METHOD = "Winograd F(4x4, 3x3)"


@pytest.fixture(autouse=True)
def _nets(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.syspath_prepend(str(FOLDER / "workers"))


@pytest.fixture
def in_float64():
    def made(make):
        planish.config.set_floatx("float64")
        try:
            return make()
        finally:
            planish.config.set_floatx("float32")

    return made


def error(model, exact, images=3):
    """Of the largest score."""
    x = np.random.default_rng(0).random((images, *model.input_shape[1:]), np.float32)
    expected = exact.predict_on_batch(x.astype(np.float64))
    assert expected.dtype == np.float64
    return np.abs(model.predict_on_batch(x) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("name", ALL)
def test_nets_that_are_measured(name, in_float64, request):
    if name not in SMALL and not request.config.getoption("--every-net"):
        pytest.skip("a net outside of the sample: --every-net")
    import nets
    import own

    net = nets.NETS[name]
    assert error(own.model_of(net), in_float64(lambda: own.model_of(net))) < BOUND


def many_channels():
    layers = [planish.layers.Conv2D(128, 3, padding="same", activation="relu") for _ in range(4)]
    pool = planish.layers.GlobalAveragePooling2D()
    model = planish.Sequential([planish.Input((8, 8, 64)), *layers, pool, planish.layers.Dense(10)])
    drawn = np.random.default_rng(1)
    model.set_weights([drawn.standard_normal(w.shape) * (2 / max(1, w[..., 0].size)) ** 0.5 for w in model.weights])
    return model


def test_convolutions_of_many_channels_one_after_the_other(in_float64):
    model = many_channels()
    assert METHOD in model.program(emit="plan")
    assert error(model, in_float64(many_channels)) < BOUND


def test_direct_sums_if_they_are_asked_for(monkeypatch):
    monkeypatch.setenv("PLANISH_EXACT", "1")
    model = many_channels()
    assert re.search(re.escape(METHOD) + "[^:;]*: PLANISH_EXACT asks for direct sums", model.program(emit="plan"))
    x = np.random.default_rng(0).random((2, 8, 8, 64), np.float32)
    direct = model.predict_on_batch(x)
    monkeypatch.delenv("PLANISH_EXACT")
    other = many_channels()
    assert not np.array_equal(other.predict_on_batch(x), direct)
    np.testing.assert_allclose(other.predict_on_batch(x), direct, rtol=0, atol=1e-5 * np.abs(direct).max())
