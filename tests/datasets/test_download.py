"""Downloading into Keras's cache, from a server of the test's own; and what is said when it cannot be done."""

import hashlib
import http.server
import io
import re
import sys
import threading

import numpy as np
import pytest

from planish.datasets import mnist


@pytest.fixture
def served(grey, monkeypatch):
    """The bytes that a local server gives for mnist.npz, which `mnist.SOURCE` names meanwhile."""
    file = io.BytesIO()
    np.savez(file, **grey)
    contents = file.getvalue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(contents)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    address = f"http://127.0.0.1:{server.server_port}/mnist.npz"
    source = mnist.SOURCE._replace(url=address, known_hash=hashlib.sha256(contents).hexdigest())
    monkeypatch.setattr(mnist, "SOURCE", source)
    yield contents
    server.shutdown()
    server.server_close()


def test_it_lands_where_keras_looks(datasets_folder, served, grey):
    (x_train, _), _ = mnist.load_data()
    np.testing.assert_array_equal(x_train, grey["x_train"])
    assert (datasets_folder / "mnist.npz").read_bytes() == served


def test_another_file_is_refused_by_its_checksum(datasets_folder, served, monkeypatch):
    monkeypatch.setattr(mnist, "SOURCE", mnist.SOURCE._replace(known_hash="0" * 64))
    with pytest.raises(ValueError, match=r"not that file \(wrong hash\)"):
        mnist.load_data()
    assert list(datasets_folder.iterdir()) == []


def test_without_a_network(datasets_folder, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(mnist, "SOURCE", mnist.SOURCE._replace(url="http://127.0.0.1:9/mnist.npz"))
    with pytest.raises(OSError, match="the download failed") as caught:
        mnist.load_data()
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("the data set's file 'mnist.npz' is not on this computer; the download failed: ")
    assert "Max retries" not in lines[0]  # what the libraries wrap around the reason
    assert lines[1:] == [
        f"  expected: {datasets_folder / 'mnist.npz'}",
        "  remedy:   place the file of http://127.0.0.1:9/mnist.npz there, or give its path: load_data(path=...)",
        " " * 12 + "planish.datasets.digits.load_data() needs no file: 6,000 + 1,000 images of MNIST come with planish",
    ]


def test_without_pooch(datasets_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'planish[datasets]'")) as caught:
        mnist.load_data()
    assert str(datasets_folder / "mnist.npz") in str(caught.value)
    assert mnist.SOURCE.url in str(caught.value)
