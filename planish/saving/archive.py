"""Reads the zip that a `.keras` file is, however hostile.

Keras compresses nothing, so a member is as large as the file; files that were packed again, by deflation, may claim to
be larger than they are, but not without bounds. Other ways of packing can grow without bounds, and are refused.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from planish import regular_file
from planish.errors import explain
from planish.saving.contents import Contents, Summed

ENDING = ".keras"

codecs.lookup("cp437")  # of names in zips: a fork while a thread imports it leaves the child without it
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# In front of a member: the lengths of its name and of extra fields, which come before its bytes.
_HEAD_NBYTES, _LENGTHS = 30, 26
_ENCRYPTED = 1

_MOST_EXPANSION = 100
_MOST_DIRECTORY_NBYTES = 1 << 22
_ALWAYS_ALLOWED_NBYTES = {"model.weights.h5": 16 << 20}
_ALWAYS_ALLOWED_TEXT_NBYTES = 1 << 20

_MOST_TEXT_NBYTES = 32 << 20
"""JSON of a model: a layer takes about 600 bytes, so this is a model of 50,000 layers."""

# The memory of a parsed text depends on how many items are in it: a layer as Keras writes it has about one bracket or
# comma for each 20 characters, and "[{},{},..." one for each two.
_LEAST_CHARACTERS = 6
_LONGEST_KEY = 100
_ALWAYS_ALLOWED_ITEMS = 10_000


class Archive:
    """An open `.keras` file; `path` is its name in messages."""

    def __init__(self, archive: zipfile.ZipFile, file: BinaryIO, path: str) -> None:
        self._archive, self._file, self.path = archive, file, path

    def read(self, name: str) -> bytes:
        """A member. ValueError if it is missing, damaged, or claims to be enormous."""
        info = self._info(name)
        with self._damage_told(name):
            return self._archive.read(info)

    def contents(self, name: str) -> Contents:
        """A member that is not in memory, unless it was compressed. Errors as in `read`."""
        info = self._info(name)
        found = self._opened(info, Contents)
        self._check_sum(found, info)
        return found

    @contextlib.contextmanager
    def contents_of_nobody(self, name: str) -> Iterator[Contents]:
        """The same for who loses nothing if it is damaged: the checksum is looked at last, and takes less time then."""
        info = self._info(name)
        found = self._opened(info, Summed)
        try:
            yield found
        except Exception:
            self._check_sum(found, info)  # which may be the reason
            raise
        self._check_sum(found, info)

    def _opened(self, info: zipfile.ZipInfo, kind: type[Contents]) -> Contents:
        with self._damage_told(info.filename):
            if not _is_plain(info):
                return Contents(io.BytesIO(self._archive.read(info)))
            self._archive.open(info).close()  # which checks what is said in front of it
            return kind(self._file, self._start_of(info), info.file_size)

    def _check_sum(self, contents: Contents, info: zipfile.ZipInfo) -> None:
        """ValueError if it is another one; of what was compressed, zipfile has checked it."""
        with self._damage_told(info.filename):
            if _is_plain(info) and (info.file_size != info.compress_size or contents.crc32() != info.CRC):
                raise ValueError("its checksum is another one")

    def _start_of(self, info: zipfile.ZipInfo) -> int:
        head = Contents(self._file).read(info.header_offset, _HEAD_NBYTES)
        name_nbytes, extra_nbytes = struct.unpack_from("<HH", head, _LENGTHS)
        return int(info.header_offset + _HEAD_NBYTES + name_nbytes + extra_nbytes)

    def _damage_told(self, name: str) -> contextlib.AbstractContextManager[None]:
        return regular_file.damage_told(f"{name} in {self.path!r}")

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise ValueError(
                explain(
                    what=f"{self.path!r} is not a .keras file of Keras 3",
                    expected="a zip with config.json, metadata.json and model.weights.h5",
                    received=", ".join(self._archive.namelist()[:8]) or "an empty zip",
                    remedy="write it again, in Keras: model.save('model.keras')",
                )
            ) from None
        if self._archive.namelist().count(name) > 1:  # of which every program would read the one that it likes
            raise _unusual(repr(self.path), f"several members of the name {name}")
        self._refuse_unusual(info)
        return info

    def json(self, name: str) -> Any:
        """A member that is JSON. Errors as in `read` and `parsed`."""
        return parsed(self.read(name), f"{name} in {self.path!r}")

    def _refuse_unusual(self, info: zipfile.ZipInfo) -> None:
        if info.compress_type not in _PACKINGS:
            kind = zipfile.compressor_names.get(info.compress_type, "an unknown way")  # type: ignore[attr-defined]
            raise _unusual(repr(self.path), f"{info.filename} packed by {kind}")
        if info.filename.endswith(".json") and info.file_size > _MOST_TEXT_NBYTES:
            raise _unusual(repr(self.path), f"{info.filename} of {info.file_size:,} bytes")
        always = _ALWAYS_ALLOWED_NBYTES.get(info.filename, _ALWAYS_ALLOWED_TEXT_NBYTES)
        if info.file_size > max(always, _MOST_EXPANSION * info.compress_size):
            packed = f"{info.filename} of {info.file_size:,} bytes, packed into {info.compress_size:,}"
            raise _unusual(repr(self.path), packed)


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """Whether the member's bytes are in the file as they are."""
    return info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & _ENCRYPTED


def opened_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The zip in a file. ValueError if its directory is enormous; for damage, errors of many kinds."""
    bounded = _Bounded(file)
    archive = zipfile.ZipFile(bounded)
    bounded.most_nbytes = None
    return archive


class _Bounded:
    """A file whose reader takes only so much at once: a zip's directory, which is read whole, takes many times its size
    in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.most_nbytes = file, _MOST_DIRECTORY_NBYTES
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    most_nbytes: int | None

    def read(self, nbytes: int = -1) -> bytes:
        if self.most_nbytes is not None and nbytes > self.most_nbytes:
            raise ValueError(
                explain(
                    what="the zip's directory is larger than that of any model",
                    expected=f"at most {self.most_nbytes:,} bytes",
                    received=f"{nbytes:,}",
                    remedy="copy or download it again",
                )
            )
        return self._file.read(nbytes)


@contextlib.contextmanager
def open_archive(path: str) -> Iterator[Archive]:
    """The file as a zip. FileNotFoundError, or ValueError that says what else it is."""
    with regular_file.opened(path, f"a {ENDING} file") as file:
        try:
            archive = opened_zip(file)
        except Exception as error:  # of many kinds, some of them undocumented
            told = f"{path!r} is a zip file that is cut short or damaged"
            raise ValueError(explain(what=told, expected=f"a {ENDING} file", remedy="copy it again")) from error
        with archive:
            yield Archive(archive, file, path)


def text_of(path: str, what: str) -> bytes:
    """A file that is JSON; `what` says what it should be. ValueError if it is larger than any model's, and errors as in
    `regular_file.opened`."""
    with regular_file.opened(path, what) as file:
        size = os.fstat(file.fileno()).st_size
        if size > _MOST_TEXT_NBYTES:
            raise _unusual(repr(path), f"{size:,} bytes of JSON")
        return file.read(size)


def parsed(text: bytes | str, source: str) -> Any:
    """The value of JSON text; `source` is its name in messages. ValueError if it is damaged, enormous, has a key twice,
    or holds far more items than its size suggests."""
    if isinstance(text, str):  # from an HDF5 file, whose bytes need not be characters
        with regular_file.damage_told(source):
            text = text.encode(errors="surrogateescape")
    if len(text) > _MOST_TEXT_NBYTES:
        raise _unusual(source, f"{len(text):,} bytes of JSON")
    items = sum(map(text.count, (b"[", b"{", b",")))
    if items > _ALWAYS_ALLOWED_ITEMS + len(text) // _LEAST_CHARACTERS:
        raise _unusual(source, f"{len(text):,} bytes with {items:,} items in them")
    with regular_file.damage_told(source):
        return json.loads(text, object_pairs_hook=_with_each_key_once)


def _with_each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that comes twice, every program would read the value that it likes."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:_LONGEST_KEY]!r} comes twice")
    return found


def _unusual(source: str, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{source} is not as Keras writes it, so it is not read",
            received=received,
            remedy="if you trust the file, load it in Keras, and save it again",
        )
    )
