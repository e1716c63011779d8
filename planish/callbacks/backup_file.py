"""The file of a training run that may be killed: a zip, nothing compressed, of what is known and the arrays beside it.

No code is in it, and none is run. It is replaced as a whole, or not at all.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple

from planish import regular_file
from planish.callbacks import plain_data
from planish.callbacks.plain_data import Array
from planish.errors import explain

FORMAT = "planish training backup 1"
_FACTS, _ARRAYS = "backup.json", "arrays.bin"


class Backup(NamedTuple):
    """What a file holds: facts as `plain_data.encode` writes them, arrays, and the file's name for messages."""

    facts: Mapping[str, Any]
    arrays: Sequence[Array]
    path: str


def packed(facts: Mapping[str, Any], arrays: Sequence[Array]) -> bytes:
    """The contents of a file."""
    buffer = io.BytesIO()
    header = {"format": FORMAT, "facts": facts, "arrays": [plain_data.described(array) for array in arrays]}
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(_FACTS, json.dumps(header))
        file.writestr(_ARRAYS, b"".join(array.tobytes() for array in arrays))
    return buffer.getvalue()


def read(path: str) -> Backup:
    """The backup at `path`. FileNotFoundError if there is none, ValueError if it is damaged or something else."""
    with regular_file.opened(path, "a backup of a training run") as opened:
        return _unpacked(opened, os.fstat(opened.fileno()).st_size, path)


def from_bytes(contents: bytes, path: str) -> Backup:
    """What `packed` gave; `path` is for messages."""
    return _unpacked(io.BytesIO(contents), len(contents), path)


def _unpacked(opened: IO[bytes], size: int, path: str) -> Backup:
    with regular_file.damage_told(f"the backup {path!r}"), zipfile.ZipFile(opened) as file:
        header = json.loads(_member(file, _FACTS, size))
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise ValueError(f"it does not say that it is a {FORMAT!r}")
        left, arrays = memoryview(_member(file, _ARRAYS, size)), []
        for description in header["arrays"]:
            array, left = plain_data.restored(description, left)
            arrays.append(array)
        if len(left) or not isinstance(header["facts"], dict):
            raise ValueError(f"{len(left):,} bytes belong to no array")
        return Backup(header["facts"], arrays, path)


def _member(file: zipfile.ZipFile, name: str, size: int) -> bytes:
    """A member, whose sum is checked. ValueError if it claims to be larger than the file."""
    info = file.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
        raise ValueError(f"{name} is not stored as it is")
    return file.read(info)


def of_another_run(backup: Backup, what: str, expected: Any, received: Any) -> ValueError:
    """The error about a backup that does not belong to this run of `fit`."""
    return ValueError(
        explain(
            what=f"BackupAndRestore: {backup.path!r} is a backup of another run: {what}",
            rule="a run that goes on needs the model, the arguments of compile and fit, and the data of the run before",
            expected=expected,
            received=received,
            remedy=f"the arguments of that run, or, to begin anew, another folder or os.remove({backup.path!r})",
        )
    )
