"""Files from the web, kept in Keras's cache, and archives among them unpacked with care."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote, urlsplit

from planish import keras_cache, warned
from planish.errors import explain, unknown_name
from planish.output import show

_HASHES = ("auto", "md5", "sha256")
_FORMATS = ("tar", "zip")

_MOST_EXPANSION, _ALWAYS_ALLOWED_NBYTES, _MOST_MEMBERS = 200, 1 << 30, 5_000_000
"""Bounds of what is unpacked: text becomes ten times as small, drawings perhaps a hundred times."""


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file that is downloaded unless it is in the cache; with `extract`, of the folder it is unpacked to.

    `origin`: its address; `fname`: its name in the cache, by default the address's last part. `file_hash` is checked,
    by `hash_algorithm` 'md5', 'sha256' or 'auto' (by its length); `md5_hash` is an old name. `cache_dir`: by default
    `$KERAS_HOME` or ~/.keras; `cache_subdir`: the folder in it. `archive_format`: 'auto', 'tar', 'zip', a list of them,
    or None; `untar` is an old name of `extract` for tar. `force_download`: even if the file is there.

    ImportError without pooch; OSError without a connection; ValueError for a file with another hash, and for an archive
    that would write outside of its folder, or unpack to more than archives of data do, or than there is room for.

        path = get_file(origin="https://example.com/photos.tgz", extract=True)

    >>> import os
    >>> os.makedirs("cache/datasets")
    >>> _ = open("cache/datasets/a.txt", "w").write("here")
    >>> keras.utils.get_file("a.txt", "https://example.com/a.txt", cache_dir="cache")
    'cache/datasets/a.txt'
    """
    name = _name(fname, origin)
    home = keras_cache.folder(keras_cache.Kind("", "file", "")) if cache_dir is None else os.fspath(cache_dir)
    folder = os.path.join(os.path.expanduser(home), cache_subdir)
    unpacked = extract or untar
    kept = name if not unpacked or (fname is not None and "." in name) else f"{name}_archive"
    path = os.path.join(folder, kept)
    known = _known_hash(file_hash or md5_hash, "md5" if file_hash is None and md5_hash else hash_algorithm)
    if force_download or not os.path.exists(path) or not _is_known(path, known):
        _download(str(origin), path, known)
    if not unpacked:
        return path
    target = os.path.join(folder, f"{name.partition('.')[0]}_extracted" if kept == name else name)
    _extract(path, target, "tar" if untar else archive_format)
    return target


def _name(fname: Any, origin: Any) -> str:
    if not isinstance(origin, str) or not origin:
        raise ValueError(explain(what="get_file: there is no origin", remedy="origin='https://...'"))
    name = os.fspath(fname) if fname else unquote(os.path.basename(urlsplit(origin).path))
    if not name or name in (".", "..") or "/" in name or "\\" in name:
        raise ValueError(
            explain(
                what="get_file: fname is not the name of a file",
                expected="a name without folders; cache_dir and cache_subdir say where it is kept",
                received=repr(name),
            )
        )
    return name


def _known_hash(value: str | None, algorithm: str) -> str | None:
    if algorithm not in _HASHES:
        raise ValueError(unknown_name("hash_algorithm", algorithm, _HASHES))
    if value is None:
        return None
    chosen = algorithm if algorithm != "auto" else "sha256" if len(value) == 64 else "md5"
    return f"{chosen}:{value.lower()}"


def _is_known(path: str, known: str | None) -> bool:
    if known is None:
        return True
    algorithm, _, value = known.partition(":")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest() == value


def _download(origin: str, path: str, known: str | None) -> None:
    """Downloads beside the file, and puts it in its place when it is whole."""
    show(f"Downloading data from {origin}")
    folder, name = os.path.split(path)
    kind = keras_cache.Kind("", "file", "pass the path of a copy to what reads it")
    fresh = f"{name}.download"
    if os.path.exists(os.path.join(folder, fresh)):
        os.remove(os.path.join(folder, fresh))
    os.replace(keras_cache.fetched(keras_cache.Source(origin, known, fresh), kind, folder), path)


def _extract(path: str, target: str, archive_format: Any) -> None:
    formats = (
        _FORMATS
        if archive_format == "auto"
        else [archive_format]
        if isinstance(archive_format, str)
        else archive_format
    )
    for name in formats or ():
        if name not in _FORMATS:
            raise ValueError(unknown_name("archive_format", name, _FORMATS))
        if name == "tar" and tarfile.is_tarfile(path):
            return _untar(path, target)
        if name == "zip" and zipfile.is_zipfile(path):
            return _unzip(path, target)
    warned.warn(explain(what=f"{path!r} is not an archive that can be unpacked"))
    return None


def _untar(path: str, target: str) -> None:
    if not hasattr(tarfile, "data_filter"):  # Python 3.11.0 to 3.11.3
        raise ValueError(
            explain(
                what=f"{path!r} cannot be unpacked safely by this Python",
                rule="Python refuses what leads out of the folder from 3.11.4 on",
                remedy="a newer Python, or extract=False and unpacking by hand",
            )
        )
    with tarfile.open(path) as archive:
        try:
            _refuse_bomb(path, target, (member.size for member in archive))
            archive.extractall(target, filter="data")  # which refuses what leads out of the folder, and devices
        except tarfile.FilterError as error:
            raise ValueError(_hostile(path, str(error))) from error
        except tarfile.TarError as error:
            raise ValueError(explain(what=f"{path!r} is damaged or cut short", received=str(error))) from error


def _unzip(path: str, target: str) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if any(kind(name).is_absolute() or ".." in kind(name).parts for kind in (PurePosixPath, PureWindowsPath)):
                raise ValueError(_hostile(path, f"{name!r}"))
        _refuse_bomb(path, target, (member.file_size for member in archive.infolist()))
        try:
            archive.extractall(target)
        except (zipfile.BadZipFile, RuntimeError) as error:
            raise ValueError(explain(what=f"{path!r} cannot be unpacked", received=str(error))) from error


def _refuse_bomb(path: str, target: str, sizes: Iterable[int]) -> None:
    """ValueError for an archive that would fill the disk. Members are looked at until that is known, and no further."""
    place = os.path.abspath(target)
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    free = shutil.disk_usage(place).free
    packed = os.path.getsize(path)
    limit = min(free, max(_ALWAYS_ALLOWED_NBYTES, _MOST_EXPANSION * packed))
    nbytes = 0
    for count, size in enumerate(sizes, 1):
        nbytes += size
        if nbytes > limit or count > _MOST_MEMBERS:
            raise ValueError(
                explain(
                    what=f"the archive {path!r} would unpack to more than it may: it is not unpacked",
                    expected=f"at most {limit / 1e9:,.1f} GB in {_MOST_MEMBERS:,} files: {free / 1e9:,.1f} GB are "
                    f"free, and data are at most {_MOST_EXPANSION} times as large as their archive",
                    received=f"an archive of {packed:,} bytes, with {nbytes / 1e9:,.1f} GB or more",
                    remedy="extract=False, and unpacking by hand, if you trust it",
                )
            )


def _hostile(path: str, detail: str) -> str:
    return explain(what=f"the archive {path!r} would write outside of its folder: it is not unpacked", received=detail)
