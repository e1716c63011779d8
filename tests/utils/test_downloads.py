"""`get_file` and `split_dataset`."""

import hashlib
import io
import tarfile
import threading
import zipfile
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from planish.utils import downloads, get_file, split_dataset


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def site(tmp_path):
    """A folder, and its address."""
    (tmp_path / "site").mkdir()
    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path / "site", f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def tar_of(path, name, linked=None):
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        if linked is None:
            entry.size = 2
        else:
            entry.type, entry.linkname = tarfile.SYMTYPE, linked
        archive.addfile(entry, io.BytesIO(b"hi"))


def test_a_file_is_downloaded_once_and_checked(site, tmp_path):
    folder, address = site
    (folder / "a.txt").write_text("one")
    known = hashlib.sha256(b"one").hexdigest()
    path = get_file(origin=f"{address}/a.txt", file_hash=known, cache_dir=tmp_path / "cache", cache_subdir="mine")
    assert path == str(tmp_path / "cache" / "mine" / "a.txt")
    (folder / "a.txt").write_text("two")
    given = {"cache_dir": tmp_path / "cache", "cache_subdir": "mine"}
    assert Path(get_file("a.txt", f"{address}/a.txt", **given)).read_text() == "one"
    with pytest.raises(ValueError, match="wrong hash"):
        get_file("a.txt", f"{address}/a.txt", file_hash=known, force_download=True, **given)
    assert Path(path).read_text() == "one"
    assert Path(get_file("a.txt", f"{address}/a.txt", force_download=True, **given)).read_text() == "two"


def test_archives_are_unpacked(site, tmp_path):
    folder, address = site
    tar_of(folder / "photos.tgz", "photos/a.txt")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("b.txt", "b")
    one = get_file(origin=f"{address}/photos.tgz", extract=True, cache_dir=tmp_path)
    assert (tmp_path / "datasets" / "photos.tgz" / "photos" / "a.txt").read_text() == "hi"
    assert one == str(tmp_path / "datasets" / "photos.tgz")
    two = get_file("more.zip", f"{address}/more.zip", extract=True, cache_dir=tmp_path)
    assert two == str(tmp_path / "datasets" / "more_extracted")
    assert (tmp_path / "datasets" / "more_extracted" / "b.txt").read_text() == "b"


@pytest.mark.parametrize(("name", "linked"), [("../../out.txt", None), ("link", "/etc")])
def test_a_hostile_archive_does_not_write_outside(site, tmp_path, name, linked):
    folder, address = site
    tar_of(folder / "bad.tgz", name, linked)
    with pytest.raises(ValueError, match="would write outside of its folder"):
        get_file(origin=f"{address}/bad.tgz", extract=True, cache_dir=tmp_path / "cache")
    with zipfile.ZipFile(folder / "bad.zip", "w") as archive:
        archive.writestr("../../out.txt", "out")
    with pytest.raises(ValueError, match="would write outside of its folder"):
        get_file(origin=f"{address}/bad.zip", extract=True, cache_dir=tmp_path / "cache")
    assert not list(tmp_path.rglob("out.txt"))


def test_a_python_that_cannot_unpack_safely_says_so(site, tmp_path, monkeypatch):
    folder, address = site
    tar_of(folder / "photos.tgz", "photos/a.txt")
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(ValueError, match="cannot be unpacked safely by this Python"):
        get_file(origin=f"{address}/photos.tgz", extract=True, cache_dir=tmp_path / "cache")


def test_a_name_with_folders_is_refused():
    with pytest.raises(ValueError, match="fname is not the name of a file"):
        get_file("../a.txt", "http://127.0.0.1/a.txt")


def test_data_in_two_parts():
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    left, right = split_dataset((x, y), left_size=0.7, shuffle=True, seed=3)
    assert (len(left), len(right)) == (7, 3)
    assert sorted(int(label) for part in (left, right) for _, label in part) == list(range(10))
    assert all(row[0] == 2 * label for row, label in left)
    batches, _ = split_dataset(split_dataset(x, left_size=8)[0].batch(3), right_size=2)
    assert [len(batch) for batch in batches] == [3, 3]
    with pytest.raises(ValueError, match="neither size is given"):
        split_dataset(x)
    with pytest.raises(ValueError, match="left_size is neither a part nor a number"):
        split_dataset(x, left_size=10)


def bomb(path, size, members=1):
    """A zip that unpacks to zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number}.txt", bytes(size))


def test_archives_that_unpack_to_more_than_they_may_are_refused(site, tmp_path, monkeypatch):
    folder, address = site
    monkeypatch.setattr(downloads, "_ALWAYS_ALLOWED_NBYTES", 1 << 20)
    bomb(folder / "bomb.zip", 3 << 20)
    with tarfile.open(folder / "bomb.tar.gz", "w:gz") as archive:
        for number in range(3):
            entry = tarfile.TarInfo(f"{number}.txt")
            entry.size = 1 << 20
            archive.addfile(entry, io.BytesIO(bytes(1 << 20)))
    given = {"cache_dir": tmp_path / "cache", "extract": True}
    for name in ("bomb.zip", "bomb.tar.gz"):
        with pytest.raises(ValueError, match=rf"{name}.* would unpack to more than it may(.*\n)+.*extract=False"):
            get_file(origin=f"{address}/{name}", **given)
        assert not list((tmp_path / "cache").rglob("*.txt"))
    monkeypatch.setattr(downloads, "_ALWAYS_ALLOWED_NBYTES", 4 << 20)
    assert (Path(get_file(origin=f"{address}/bomb.zip", **given)) / "0.txt").stat().st_size == 3 << 20
    monkeypatch.setattr(downloads, "_MOST_MEMBERS", 2)
    with pytest.raises(ValueError, match="would unpack to more than it may"):
        get_file(origin=f"{address}/bomb.tar.gz", **given)


def test_archives_for_which_there_is_no_room_are_not_begun(site, tmp_path, monkeypatch):
    folder, address = site
    bomb(folder / "data.zip", 5000)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda place: SimpleNamespace(free=4000))
    with pytest.raises(ValueError, match="would unpack to more than it may"):
        get_file(origin=f"{address}/data.zip", cache_dir=tmp_path / "cache", extract=True)


class Tensor:
    """As another library's: an array only by its conversion."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return self.values


def of(module, **methods):
    """An object whose class another library defines."""
    return type("Made", (), {"__module__": module, **methods})()


def test_data_sets_of_other_libraries_are_split():
    pairs = [(Tensor([place, 0]), Tensor(place)) for place in range(5)]
    batches = [(Tensor([[0, 0], [1, 0], [2, 0]]), Tensor([0, 1, 2])), (Tensor([[3, 0], [4, 0]]), Tensor([3, 4]))]

    singles = of("tensorflow.python.data.ops", __iter__=lambda self: iter(pairs))
    batched = of("tensorflow.python.data.ops", __iter__=lambda self: iter(batches), _input_dataset=None)
    type(batched).__name__ = "_BatchDataset"
    found = of("torch.utils.data", __len__=lambda self: 5, __getitem__=lambda self, place: pairs[place])
    loader = of(
        "torch.utils.data", __iter__=lambda self: map(list, batches), batch_size=3, batch_sampler=None
    )  # whose batches are lists
    for data in (singles, batched, found, loader):
        left, right = split_dataset(data, left_size=3)
        in_batches = data in (batched, loader)
        given = [list(part.unbatch() if in_batches else part) for part in (left, right)]
        assert [[int(y) for _, y in part] for part in given] == [[0, 1, 2], [3, 4]]
        assert [int(x[0]) for x, _ in given[1]] == [3, 4]
        assert (len(left), len(right)) == ((1, 1) if in_batches else (3, 2))
