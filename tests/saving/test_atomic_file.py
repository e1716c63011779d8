"""Files that appear as a whole or not at all."""

import errno
import os
import time

import pytest

from planish import atomic_file
from planish.saving import targets


def test_an_error_names_the_file_that_was_asked_for(tmp_path, monkeypatch):
    """The disk is full, or the folder is gone: the temporary file is nobody's business, and the old file stays."""
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        atomic_file.write(str(path), b"new")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"model.keras": b"old"}
    with pytest.raises(FileNotFoundError) as caught:
        atomic_file.write(str(tmp_path / "absent" / "x"), b"new")
    assert caught.value.filename == str(tmp_path / "absent" / "x")


def test_what_killed_processes_left_is_removed_when_it_is_old(tmp_path):
    names = {
        "model.keras.0123456789ab.planish-tmp": 7200,
        "epoch-3.keras.ba9876543210.planish-tmp": 7200,
        "model.keras.00000000000a.planish-tmp": 60,
        "mine.planish-tmp": 7200,
        "mine.tmp": 7200,
    }
    now = time.time()
    for name, age in names.items():
        (tmp_path / name).write_bytes(b"begun")
        os.utime(tmp_path / name, (now - age, now - age))
    atomic_file.write(str(tmp_path / "model.keras"), b"new")
    kept = {"model.keras", "model.keras.00000000000a.planish-tmp", "mine.planish-tmp", "mine.tmp"}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_a_read_only_file_is_kept(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(
        PermissionError, match=r"model.keras' is read-only, so it is not replaced\n  remedy:.*os.chmod"
    ) as caught:
        targets.checked_target(path, ".keras", True)
    exec(str(caught.value).partition("allow it: ")[2], {"os": os})
    assert targets.checked_target(path, ".keras", True) == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_only_regular_files_are_replaced(tmp_path):
    os.mkfifo(tmp_path / "model.keras")
    with pytest.raises(OSError, match="is not a regular file"):
        targets.checked_target(tmp_path / "model.keras", ".keras", True)


class Busy:
    """`os.replace` of Windows while another program has the file open for so many tries."""

    def __init__(self, target, tries):
        self.target, self.tries, self.replace = str(target), tries, os.replace

    def __call__(self, source, target):
        if target == self.target and self.tries:
            self.tries -= 1
            raise PermissionError(errno.EACCES, "Access is denied", source, None, target)
        self.replace(source, target)


@pytest.fixture
def open_elsewhere(tmp_path, monkeypatch):
    """A file that another program has open: `open_elsewhere(tries)` -> its path. Waiting takes no time."""
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")
    monkeypatch.setattr(atomic_file.time, "sleep", lambda seconds: None)

    def opened(tries):
        monkeypatch.setattr(os, "replace", Busy(path, tries))
        return path

    return opened


def test_a_file_that_is_open_elsewhere_for_a_moment_is_replaced(open_elsewhere):
    path = open_elsewhere(3)
    atomic_file.write(str(path), b"new")
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {"model.keras": b"new"}


def test_a_file_that_stays_open_elsewhere_keeps_old_and_new_contents(open_elsewhere):
    path = open_elsewhere(1000)
    with pytest.raises(PermissionError, match="another program has it open") as caught:
        atomic_file.write(str(path), b"new")
    (kept,) = set(path.parent.iterdir()) - {path}
    assert (path.read_bytes(), kept.read_bytes(), kept.suffix) == (b"old", b"new", ".keras")
    os.replace.tries = 0  # it was closed
    exec(str(caught.value).rpartition("then ")[2], {"os": os})
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {"model.keras": b"new"}
