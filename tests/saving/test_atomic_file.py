"""Files that appear as a whole or not at all."""

import errno
import os

import pytest

from planish.saving import atomic_file


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
