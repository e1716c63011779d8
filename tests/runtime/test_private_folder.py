"""A folder whose files only its user can have written."""

import os

import pytest

from planish.runtime import private_folder
from planish.runtime.private_folder import NotPrivateError, PrivateFolder


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "cache" / "planish"
    path.mkdir(parents=True, mode=0o700)
    (path / "file").write_bytes(b"contents")
    return path


@pytest.fixture
def give_away(monkeypatch):
    """Makes a file or folder look as if it belonged to another user: really so, where the tests may."""
    given: set[int] = set()
    real = {name: getattr(os, name) for name in ("fstat", "lstat")}

    def status_of(name, *arguments):
        status = real[name](*arguments)
        fields = list(status)
        fields[4] += status.st_ino in given
        return os.stat_result(fields)

    def give(path):
        if os.geteuid() == 0:
            os.chown(path, 12345, -1, follow_symlinks=False)
            return
        given.add(real["lstat"](path).st_ino)
        for name in real:
            monkeypatch.setattr(private_folder.os, name, lambda *arguments, name=name: status_of(name, *arguments))

    return give


def read(folder):
    with PrivateFolder(str(folder)) as opened:
        return opened.read("file")


def refused(match):
    return pytest.raises(NotPrivateError, match=match)


def test_reading_writing_listing_and_removing(folder):
    with PrivateFolder(str(folder)) as opened:
        opened.write("other", b"new")
        assert opened.read("other") == b"new"
        assert {name: status.st_size for name, status in opened.files()} == {"file": 8, "other": 3}
        assert opened.remove("other")
        assert not opened.remove("other")
        assert [name for name, _ in opened.files()] == ["file"]


def test_descriptors_are_closed(folder):
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    read(folder)
    folder.chmod(0o777)
    with refused("others can write"):
        read(folder)
    assert (os.listdir("/proc/self/fd") if before else []) == before


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o500])
def test_a_folder_that_others_can_only_read_is_private(folder, mode):
    folder.chmod(mode)
    assert read(folder) == b"contents"


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_not(folder, mode):
    folder.chmod(mode)
    with refused(f"others can write the folder .*planish' .mode {mode:o}."):
        read(folder)


def test_a_folder_of_another_user_is_not(folder, give_away):
    give_away(folder)
    with refused(r"the folder .*planish' belongs to another user \(uid \d+\)"):
        read(folder)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_not(folder, mode):
    (folder / "file").chmod(mode)
    with refused(f"others can write the file .*file' .mode {mode:o}."):
        read(folder)


def test_a_file_of_another_user_is_not(folder, give_away):
    give_away(folder / "file")
    with refused("the file .*file' belongs to another user"):
        read(folder)


def test_a_file_that_is_a_link_is_not_followed_and_is_replaced(folder, tmp_path):
    (folder / "file").rename(tmp_path / "elsewhere")
    (folder / "file").symlink_to(tmp_path / "elsewhere")
    with PrivateFolder(str(folder)) as opened:
        with pytest.raises(OSError, match="symbolic link"):
            opened.read("file")
        assert list(opened.files()) == []
        opened.write("file", b"new")
        assert opened.read("file") == b"new"
    assert (tmp_path / "elsewhere").read_bytes() == b"contents"


def test_the_users_own_link_to_a_folder_is_followed_but_not_another_users(folder, tmp_path, give_away):
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert read(link) == b"contents"
    give_away(link)
    with refused("the link .*link' belongs to another user"):
        read(link)


def test_a_parent_that_everyone_can_write_needs_its_sticky_bit(folder):
    folder.parent.chmod(0o1777)
    assert read(folder) == b"contents"
    folder.parent.chmod(0o777)
    with refused(r"everyone can write '.*cache' \(mode 777\), above the folder"):
        read(folder)


def test_a_missing_folder_is_made_for_the_user_alone_if_asked(tmp_path):
    path = tmp_path / "a" / "b"
    with pytest.raises(FileNotFoundError):
        PrivateFolder(str(path))
    with PrivateFolder(str(path), create=True) as opened:
        opened.write("file", b"contents")
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / "file").stat().st_mode & 0o777 == 0o600
