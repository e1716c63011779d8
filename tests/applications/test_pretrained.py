"""Where weights come from: Keras's cache, its server, a file."""

import pooch
import pytest

from planish import applications, models
from planish.applications import pretrained

NAME = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "models").mkdir(parents=True)
    return tmp_path / "home" / "models"


def test_without_a_connection_the_file_and_its_place_are_named(home, monkeypatch, zeros_at_first):
    def unreachable(url, known_hash, fname, path):
        assert url == f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{NAME}"
        assert known_hash == "md5:6d6bbae143d832006294945121d1f1fc"
        raise OSError("no network")

    monkeypatch.setattr(pooch, "retrieve", unreachable)
    with pytest.raises(OSError, match=r"the file of weights 'vgg16.*is not on this computer") as caught:
        applications.VGG16(include_top=False)
    assert f"expected: {home / NAME}" in str(caught.value)
    assert "weights='PATH'\n            or begin with random weights: weights=None" in str(caught.value)


def test_a_file_of_the_cache_is_read(home, monkeypatch, tmp_path, zeros_at_first):
    read = []
    monkeypatch.setattr(models.Model, "load_weights", lambda model, path: read.append(path))
    (home / NAME).write_bytes(b"")
    applications.VGG16(include_top=False)
    assert read == [str(home / NAME)]


def test_a_path_of_the_callers(tmp_path, zeros_at_first):
    model = applications.VGG16(weights=None, include_top=False)
    model.layers[1].set_weights([array + 0.5 for array in model.layers[1].get_weights()])
    model.save_weights(tmp_path / "mine.weights.h5")
    again = applications.VGG16(weights=tmp_path / "mine.weights.h5", include_top=False)
    assert again.layers[1].get_weights()[0].min() == 0.5


def test_every_file_has_an_address_and_most_have_a_hash():
    small, large = pretrained.files("https://host/", "a.h5", "b.h5", "0" * 32, "1" * 64)
    assert small == ("https://host/a.h5", "md5:" + "0" * 32, "a.h5")
    assert large == ("https://host/b.h5", "sha256:" + "1" * 64, "b.h5")
    assert applications.nasnet._MOBILE.files.with_top.name == "nasnet_mobile.h5"
