"""The cache of compiled programs: what it gives back, what it refuses, and that it never stops a program."""

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from planish import settings
from planish.runtime import object_cache, private_folder

KEY = hashlib.sha256(b"a program").hexdigest()
OTHER_KEY = hashlib.sha256(b"another program").hexdigest()
CODE = bytes(range(256)) * 240


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The cache's folder, not made yet."""
    path = tmp_path / "cache" / "planish"
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(path))
    monkeypatch.setattr(object_cache, "_told", set())
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield path


def entry_file(folder, key=KEY):
    return folder / f"{key}.code"


# ---------------------------------------------------------------------- what it gives back


def test_what_is_stored_is_loaded():
    assert object_cache.load(KEY) is None
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) == CODE
    assert object_cache.load(OTHER_KEY) is None


def test_no_code_is_a_code():
    object_cache.store(KEY, b"")
    assert object_cache.load(KEY) == b""


def test_storing_again_replaces():
    object_cache.store(KEY, CODE)
    object_cache.store(KEY, b"new")
    assert object_cache.load(KEY) == b"new"


def test_folder_and_files_are_for_the_user_alone(folder):
    object_cache.store(KEY, CODE)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [(f"{KEY}.code", 0o600)]


@pytest.mark.parametrize("key", ["", "a", "g" * 64, KEY.upper(), KEY + "0", f"../{KEY[3:]}"])
def test_keys_are_hexadecimal_digests(key):
    with pytest.raises(ValueError, match="a key is a SHA-256"):
        object_cache.load(key)
    with pytest.raises(ValueError, match="a key is a SHA-256"):
        object_cache.store(key, CODE)


def test_entries_are_listed_by_use_and_cleared_without_touching_the_rest(folder):
    for age, key in enumerate((KEY, OTHER_KEY)):
        object_cache.store(key, CODE)
        os.utime(entry_file(folder, key), (1000.0 - age, 1000.0 - age))
    for name in ("notes.txt", "x.code", f"{KEY}.py"):
        (folder / name).write_bytes(b"mine")
    found = object_cache.entries()
    assert [(entry.key, entry.last_used) for entry in found] == [(KEY, 1000.0), (OTHER_KEY, 999.0)]
    assert all(len(CODE) < entry.nbytes < len(CODE) + 100 for entry in found)
    assert object_cache.clear() == 2
    assert sorted(path.name for path in folder.iterdir()) == sorted(["notes.txt", "x.code", f"{KEY}.py"])
    assert object_cache.entries() == []
    assert object_cache.clear() == 0


# ---------------------------------------------------------------------- where it is


def test_off_keeps_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    object_cache.store(KEY, CODE)
    assert object_cache.cache_folder() is None
    assert object_cache.load(KEY) is None
    assert object_cache.entries() == []
    assert object_cache.clear() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/ada/.cache/planish"),
        ("linux", {"XDG_CACHE_HOME": "/scratch/ada"}, "/scratch/ada/planish"),
        ("linux", {"XDG_CACHE_HOME": "scratch"}, "/home/ada/.cache/planish"),
        ("darwin", {"XDG_CACHE_HOME": "/scratch/ada"}, "/home/ada/Library/Caches/planish"),
        ("win32", {}, "/home/ada/AppData/Local/planish"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/planish"),
    ],
)
def test_default_folder_of_each_system(monkeypatch, platform, variables, expected):
    for name in settings.TABLE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(object_cache.sys, "platform", platform)
    assert object_cache.cache_folder() == expected


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    for name in settings.TABLE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(object_cache.os.path, "expanduser", lambda path: path)
    assert object_cache.cache_folder() is None


def test_without_descriptors_only_names_are_used(monkeypatch, folder):
    folder.mkdir(parents=True, mode=0o777)
    monkeypatch.setattr(private_folder.sys, "platform", "win32")
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) == CODE
    assert [entry.key for entry in object_cache.entries()] == [KEY]
    assert object_cache.clear() == 1


# ---------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda contents: b"",
        lambda contents: contents[:40],
        lambda contents: contents[:-1],
        lambda contents: contents + b"\0",
        lambda contents: contents[:-1] + bytes([contents[-1] ^ 1]),
        lambda contents: b"P" + contents[1:],
        lambda contents: contents.replace(contents[8:12], b"\xff\xff\xff\xff", 1),
        lambda contents: b"\x7fELF" + contents,
    ],
    ids=["empty", "no header", "cut short", "longer", "one bit", "other magic", "other version", "other format"],
)
def test_damaged_entries_are_missing_and_can_be_stored_again(folder, damage):
    object_cache.store(KEY, CODE)
    path = entry_file(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert object_cache.load(KEY) is None
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) == CODE


def test_an_entry_under_another_name_is_missing(folder):
    object_cache.store(KEY, CODE)
    entry_file(folder).rename(entry_file(folder, OTHER_KEY))
    assert object_cache.load(OTHER_KEY) is None


def test_a_folder_in_the_place_of_an_entry_is_missing(folder):
    entry_file(folder).mkdir(parents=True)
    folder.chmod(0o700)
    assert object_cache.load(KEY) is None
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) is None
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.code"]


# ---------------------------------------------------------------------- what others could have written


def refused(match):
    return pytest.warns(RuntimeWarning, match=match)


def test_a_folder_that_others_can_write_is_not_used_and_says_so_once(folder):
    object_cache.store(KEY, CODE)
    for mode in (0o770, 0o707, 0o777):
        folder.chmod(mode)
        object_cache._told.clear()
        with refused(rf"cache of compiled programs is not used: others can write the folder .* \(mode {mode:o}\)"):
            assert object_cache.load(KEY) is None
        object_cache.store(OTHER_KEY, CODE)
        assert object_cache.load(KEY) is None
        assert object_cache.entries() == []
        assert object_cache.clear() == 0
        assert [path.name for path in folder.iterdir()] == [f"{KEY}.code"]
    folder.chmod(0o755)
    assert object_cache.load(KEY) == CODE


def test_a_file_that_others_can_write_is_not_used_and_is_replaced(folder):
    object_cache.store(KEY, CODE)
    entry_file(folder).chmod(0o602)
    with refused(r"others can write the file .*\.code'"):
        assert object_cache.load(KEY) is None
    assert object_cache.load(KEY) is None
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) == CODE


# ---------------------------------------------------------------------- what the disk refuses


def test_a_folder_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "planish"):
        monkeypatch.setenv("PLANISH_CACHE_DIR", str(path))
        object_cache.store(KEY, CODE)
        assert object_cache.load(KEY) is None
        assert object_cache.entries() == []
        assert object_cache.clear() == 0


def test_a_full_disk_leaves_nothing_behind(folder):
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "from planish.runtime import object_cache\n"
        f"object_cache.store({KEY!r}, bytes(60000)); object_cache.store({OTHER_KEY!r}, bytes(6000))\n"
        f"print(object_cache.load({KEY!r}), object_cache.load({OTHER_KEY!r}) == bytes(6000))"
    )
    assert run(code).communicate()[0] == "None True\n"
    assert [path.name for path in folder.iterdir()] == [f"{OTHER_KEY}.code"]


def test_a_folder_that_can_only_be_read_still_gives_what_it_holds(monkeypatch):
    object_cache.store(KEY, CODE)

    def refuse(*_, **__):
        raise PermissionError("read-only")

    for name in ("utime", "replace", "unlink"):
        monkeypatch.setattr(private_folder.os, name, refuse)
    assert object_cache.load(KEY) == CODE
    object_cache.store(OTHER_KEY, CODE)
    assert object_cache.load(OTHER_KEY) is None
    assert object_cache.clear() == 0


# ---------------------------------------------------------------------- size


def test_the_least_recently_used_entries_go_first_and_make_room_for_some(folder, monkeypatch):
    keys = [hashlib.sha256(bytes([number])).hexdigest() for number in range(21)]
    monkeypatch.setattr(object_cache, "LIMIT_NBYTES", 20 * (len(CODE) + 100))
    for age, key in enumerate(keys[:20]):
        object_cache.store(key, CODE)
        os.utime(entry_file(folder, key), (1000.0 + age, 1000.0 + age))
    assert len(object_cache.entries()) == 20
    assert object_cache.load(keys[0]) == CODE  # used now, so the next ones are the oldest
    object_cache.store(keys[20], CODE)
    assert {entry.key for entry in object_cache.entries()} == {keys[0], *keys[4:]}


def test_a_process_does_not_look_at_every_entry_each_time_and_keeps_the_bound(folder, monkeypatch):
    looks = []
    entries = object_cache._entries
    monkeypatch.setattr(object_cache, "_entries", lambda *given: looks.append(1) or entries(*given))
    monkeypatch.setattr(object_cache, "LIMIT_NBYTES", 320 * 1100)
    for number in range(700):
        object_cache.store(hashlib.sha256(number.to_bytes(2, "little")).hexdigest(), bytes(1000))
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 320 * 1100
    assert 700 / 21 < len(looks) < 700 / 18


def test_what_was_just_stored_stays_even_if_its_clock_is_behind(folder, monkeypatch):
    monkeypatch.setattr(object_cache, "LIMIT_NBYTES", len(CODE) + 100)
    object_cache.store(OTHER_KEY, CODE)
    os.utime(entry_file(folder, OTHER_KEY), (1e11, 1e11))
    object_cache.store(KEY, CODE)
    assert [entry.key for entry in object_cache.entries()] == [KEY]


def test_a_program_above_the_bound_is_not_stored(folder, monkeypatch):
    monkeypatch.setattr(object_cache, "LIMIT_NBYTES", len(CODE))
    object_cache.store(KEY, CODE)
    assert object_cache.load(KEY) is None
    assert not folder.exists()


# ---------------------------------------------------------------------- processes

USE_TOGETHER = """
import hashlib, os, random, sys
from planish.runtime import object_cache
object_cache.LIMIT_NBYTES = 6 * 20100
seed = int(sys.argv[1])
chance = random.Random(seed)
keys = [hashlib.sha256(bytes([number])).hexdigest() for number in range(8)]
loaded = 0
for turn in range(300):
    number = chance.randrange(8)
    if chance.random() < 0.5:
        object_cache.store(keys[number], bytes([number, chance.randrange(256)]) * 10000)
    elif chance.random() < 0.02:
        object_cache.clear()
    else:
        code = object_cache.load(keys[number])
        if code is not None:
            assert code == code[:2] * 10000 and code[0] == number, "a damaged entry was loaded"
            loaded += 1
assert loaded > 20, loaded
"""


def run(code, *arguments):
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_processes_at_once_never_see_a_part_of_an_entry(folder):
    processes = [run(USE_TOGETHER, str(seed)) for seed in range(4)]
    assert [process.communicate() and process.returncode for process in processes] == [0, 0, 0, 0]
    assert not list(folder.glob("*.tmp"))


def test_a_killed_process_leaves_no_damage_and_its_remains_are_removed(folder):
    endless = (
        "from planish.runtime import object_cache\n"
        f"print('ready', flush=True)\nwhile True: object_cache.store({KEY!r}, bytes(3_000_000))"
    )
    process = run(endless)
    process.stdout.readline()
    process.stdout.close()
    while object_cache.load(KEY) is None:
        assert process.poll() is None
    process.kill()
    process.wait()
    assert object_cache.load(KEY) in (bytes(3_000_000), None)

    remains = folder / ".0123456789abcdef.tmp"
    remains.write_bytes(b"half")
    object_cache.store(OTHER_KEY, CODE)
    assert remains.exists()  # it may still be written
    os.utime(remains, (1000.0, 1000.0))
    object_cache._room.clear()  # as in the next process
    object_cache.store(OTHER_KEY, CODE)
    assert not remains.exists()


def test_interrupting_a_store_leaves_nothing_half_written(folder, monkeypatch):
    object_cache.store(KEY, CODE)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(private_folder.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        object_cache.store(KEY, b"new")
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.code"]
    assert object_cache.load(KEY) == CODE


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask to speak of")
def test_a_generous_umask_does_not_open_the_folders_above(tmp_path):
    """The cache would refuse itself the next time: who can write the parent can put another folder in its place."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    code = (
        "import os; os.umask(0); from planish.runtime import object_cache as cache; "
        f"cache.store({KEY!r}, b'code'); print(cache.load({KEY!r}))"
    )
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": os.getcwd()}
    for variable in ("PLANISH_CACHE_DIR", "XDG_CACHE_HOME"):
        environment.pop(variable, None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "b'code'"
    assert {path.stat().st_mode & 0o077 for path in home.rglob("*")} == {0}
