"""What a file or a folder is, by its contents: names of files say nothing that can be relied on.

Nothing is unpickled, unpacked or imported for it: first bytes, names of a zip's members, names at the top of an HDF5
file, the numbers of a protobuf message's fields, and names in a folder suffice. `opening.py` says who reads what, and
`ways_out.py` what to do with all others.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, BinaryIO

from planish import regular_file
from planish.saving.archive import opened_zip
from planish_runtime import plan_format


class Kind(Enum):
    """What can be told apart. The value is how messages call it, after "is"."""

    KERAS = "a .keras file"
    KERAS_H5 = "an .h5 file of a whole Keras model"
    KERAS_WEIGHTS = "a file of Keras 3's weights"
    KERAS_H5_WEIGHTS = "a file of weights, of Keras before Keras 3"
    KERAS_FOLDER = "a .keras file that was unpacked into a folder"
    KERAS_JSON = "a Keras model's configuration, without weights"
    WEIGHTS_INDEX = "an index of the files that weights are spread over"
    ONNX = "an ONNX file"
    TFJS_LAYERS = "a TensorFlow.js layers model"
    TFJS_GRAPH = "a TensorFlow.js graph model"
    SAVED_MODEL = "a TensorFlow SavedModel"
    FROZEN_GRAPH = "a frozen TensorFlow graph"
    TF_CHECKPOINT = "a TensorFlow checkpoint"
    TFLITE = "a TensorFlow Lite model"
    TORCH = "a PyTorch checkpoint"
    TORCH_SCRIPT = "a TorchScript module"
    TORCH_EXPORT = "an exported program of PyTorch"
    EXECUTORCH = "an ExecuTorch program"
    SAFETENSORS = "a safetensors file"
    NPZ = "a NumPy .npz file"
    NPY = "a NumPy .npy file"
    CORE_ML = "a Core ML model"
    OPENVINO = "an OpenVINO model"
    GGUF = "a GGUF file"
    PLAN = "a compiled model of planish's"
    JOBLIB = "a joblib file"
    PICKLE = "a pickle"
    HDF5 = "an HDF5 file without a Keras model"
    HDF5_DAMAGED = "an HDF5 file that is damaged or cut short"
    ZIP = "a zip file without a model"
    ZIP_DAMAGED = "a zip file that is cut short or damaged"
    PACKED = "a packed file"
    LFS_POINTER = "a pointer of Git LFS to a file that was not downloaded"
    PAGE = "a web page"
    JSON = "a JSON file without a model"
    IMAGE = "an image"
    TEXT = "a text"
    EMPTY = "an empty file"
    FOLDER = "a folder"
    UNKNOWN = "of no kind that planish knows"


HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
KERAS_MEMBERS = frozenset({"config.json", "metadata.json", "model.weights.h5"})

# The pickled number with which PyTorch's files began before they were zips.
_OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"GGUF", Kind.GGUF),
    (plan_format.MAGIC, Kind.PLAN),
    (b"\x93NUMPY", Kind.NPY),
    (_OLD_TORCH, Kind.TORCH),
    (b"version https://git-lfs", Kind.LFS_POINTER),
    (b"\x89PNG\r\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
    (b"II*\0", Kind.IMAGE),
    (b"MM\0*", Kind.IMAGE),
    (b"\x1f\x8b", Kind.PACKED),
    (b"BZh", Kind.PACKED),
    (b"\xfd7zXZ\0", Kind.PACKED),
    (b"7z\xbc\xaf\x27\x1c", Kind.PACKED),
    (b"Rar!", Kind.PACKED),
    (b"\x28\xb5\x2f\xfd", Kind.PACKED),
)
_START_NBYTES = 1 << 16
_TABLE_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # of TensorFlow's .index files
_MOST_JSON_NBYTES, _PIECE_NBYTES, _OVERLAP_NBYTES = 1 << 26, 1 << 20, 1 << 8
_JSON_KINDS: tuple[tuple[Kind, tuple[bytes, ...]], ...] = (
    (Kind.TFJS_GRAPH, (rb'"format"\s*:\s*"graph-model"',)),
    (Kind.TFJS_LAYERS, (rb'"modelTopology"\s*:',)),
    (Kind.WEIGHTS_INDEX, (rb'"weight_map"\s*:',)),
    (Kind.KERAS_JSON, (rb'"class_name"\s*:', rb'"config"\s*:')),
)
_JSON_KEYS = {key for _, keys in _JSON_KINDS for key in keys}
_MOST_FIELDS = 1000

_VARINT, _EIGHT_BYTES, _MESSAGE, _FOUR_BYTES = 0, 1, 2, 5
_ONNX_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26})
_ONNX_GRAPH = 7
_CORE_ML_KINDS = range(200, 3001)


def kind_of(path: str | os.PathLike[str]) -> Kind:
    """What is at `path`. FileNotFoundError if there is nothing; errors as in `regular_file.opened`."""
    name = os.fspath(path)
    if os.path.isdir(name):
        return _kind_of_folder(name)
    with regular_file.opened(name, "a file of a model") as file:
        start = file.read(_START_NBYTES)
        return next((kind for recognize in _RECOGNIZERS if (kind := recognize(start, file))), Kind.UNKNOWN)


def _kind_of_folder(path: str) -> Kind:
    with os.scandir(path) as entries:
        names = {entry.name for entry in entries}
    if "saved_model.pb" in names or "saved_model.pbtxt" in names:
        return Kind.SAVED_MODEL
    if "model.json" in names:
        found = kind_of(os.path.join(path, "model.json"))
        return found if found in (Kind.TFJS_LAYERS, Kind.TFJS_GRAPH) else Kind.FOLDER
    if names >= KERAS_MEMBERS:
        return Kind.KERAS_FOLDER
    if names >= {"Manifest.json", "Data"}:
        return Kind.CORE_ML
    return Kind.TF_CHECKPOINT if "checkpoint" in names else Kind.FOLDER


def _by_start(start: bytes, _file: BinaryIO) -> Kind | None:
    if not start:
        return Kind.EMPTY
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Kind.IMAGE
    if start[:2] == b"BM" and int.from_bytes(start[6:10], "little") == 0 and len(start) > 26:
        return Kind.IMAGE
    if start[257:262] == b"ustar":
        return Kind.PACKED
    return next((kind for magic, kind in _STARTS if start.startswith(magic)), None)


def _flat_buffer(start: bytes, _file: BinaryIO) -> Kind | None:
    if start[4:8] == b"TFL3":
        return Kind.TFLITE
    return Kind.EXECUTORCH if re.match(rb"ET\d\d", start[4:8]) else None


def _pickle(start: bytes, _file: BinaryIO) -> Kind | None:
    """By the opcode that a pickle of protocol 2 or later begins with, or by the first global of an older one."""
    new = start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5"
    if not (new or re.match(rb"\(?(?:[cidl](?:\w+[\w.]*\n\w+\n|p0\n)|c\w+[\w.]*\n\w+\n)", start)):
        return None
    return Kind.JOBLIB if b"joblib" in start else Kind.PICKLE


def _hdf5(start: bytes, file: BinaryIO) -> Kind | None:
    if not start.startswith(HDF5_MAGIC):
        return None
    names = names_in_hdf5(file)
    if names is None:
        return Kind.HDF5_DAMAGED
    groups, attributes = names
    if "model_config" in attributes:
        return Kind.KERAS_H5
    if "model_weights" in groups or attributes & {"layer_names", "layer_names0"}:
        return Kind.KERAS_H5_WEIGHTS
    return Kind.KERAS_WEIGHTS if groups & {"layers", "vars"} else Kind.HDF5


def names_in_hdf5(file: BinaryIO) -> tuple[set[str], set[str]] | None:
    """The names at the top of an HDF5 file: what is in it, and attributes. None if HDF5's library cannot read it."""
    import h5py

    try:
        file.seek(0)
        with h5py.File(file, "r") as opened:
            return set(opened), set(opened.attrs)
    except Exception:  # of many kinds, some of them undocumented
        return None


def _zip(start: bytes, file: BinaryIO) -> Kind | None:
    if not start.startswith((b"PK\3\4", b"PK\5\6")):
        return None
    try:
        file.seek(0)
        with opened_zip(file) as archive:
            return _kind_of_members(archive.namelist())
    except Exception:  # of many kinds, some of them undocumented
        return Kind.ZIP_DAMAGED


def _kind_of_members(names: list[str]) -> Kind:
    inner = {name.partition("/")[2] for name in names}  # PyTorch's members are in a folder
    if {"data.pkl", "constants.pkl"} <= inner or any(name.startswith("code/") for name in inner):
        return Kind.TORCH_SCRIPT
    if inner & {"archive_format", "serialized_exported_program.json"} or "serialized_exported_program.json" in names:
        return Kind.TORCH_EXPORT
    if "data.pkl" in inner:
        return Kind.TORCH
    if names and all(name.endswith(".npy") for name in names):
        return Kind.NPZ
    return Kind.KERAS if KERAS_MEMBERS & set(names) else Kind.ZIP


def _safetensors(start: bytes, file: BinaryIO) -> Kind | None:
    """A length, and JSON of that length."""
    length = int.from_bytes(start[:8], "little")
    return Kind.SAFETENSORS if start[8:9] == b"{" and length < 1 << 32 else None


def _json(start: bytes, file: BinaryIO) -> Kind | None:
    """By its keys: a reader that parses the text has its own bounds."""
    if not re.match(rb"(?:\xef\xbb\xbf)?\s*\{", start):
        return None
    found: set[bytes] = set()
    for piece in _pieces(file):
        found |= {key for key in _JSON_KEYS if key not in found and re.search(key, piece)}
    kinds = (kind for kind, keys in _JSON_KINDS if found.issuperset(keys))
    return next(kinds, Kind.JSON)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """The beginning of a file in pieces that overlap, so that a key is in one of them as a whole."""
    file.seek(0)
    before = b""
    for _ in range(_MOST_JSON_NBYTES // _PIECE_NBYTES):
        piece = file.read(_PIECE_NBYTES)
        if not piece:
            return
        yield before + piece
        before = piece[-_OVERLAP_NBYTES:]


def _text(start: bytes, _file: BinaryIO) -> Kind | None:
    try:
        text = start[:4096].decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return None
        text = start[: error.start].decode()
    if any(character < " " and character not in "\t\n\r\f\x1b" for character in text):
        return None
    beginning = text.lstrip("\ufeff \t\r\n")[:1024].lower()
    if beginning.startswith("<") and re.search(r"<net[\s>]", beginning):
        return Kind.OPENVINO
    return Kind.PAGE if re.match(r"<!doctype html|<html", beginning) else Kind.TEXT


def _protobuf(_start: bytes, file: BinaryIO) -> Kind | None:
    size = os.fstat(file.fileno()).st_size
    fields: dict[int, int] = {}
    for number, wire, place in _fields(file, 0, size):
        fields[number] = wire
        if number == 1 and wire == _MESSAGE:
            return Kind.FROZEN_GRAPH if _is_node(file, place, size) else None
    if fields.get(_ONNX_GRAPH) == _MESSAGE and _ONNX_FIELDS.issuperset(fields):
        return Kind.ONNX
    if fields == {1: _VARINT, 2: _MESSAGE}:
        return Kind.SAVED_MODEL
    is_core_ml = fields.get(1) == _VARINT and any(number in _CORE_ML_KINDS for number in fields)
    return Kind.CORE_ML if is_core_ml else None


def _is_node(file: BinaryIO, place: int, size: int) -> bool:
    """Whether a message there has a name and an operator, as nodes of TensorFlow's graphs have."""
    inner = {}
    for number, wire, _ in _fields(file, place, size):
        inner[number] = wire
        if len(inner) == 2:
            break
    return inner == {1: _MESSAGE, 2: _MESSAGE}


def _fields(file: BinaryIO, place: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, wire type, place of its contents) of a protobuf message's first fields, up to one that is damaged."""
    for _ in range(_MOST_FIELDS):
        file.seek(place)
        head = file.read(20)
        tag, used = _varint(head, 0)
        number, wire = tag >> 3, tag & 7
        if not used or not number or wire not in (_VARINT, _EIGHT_BYTES, _MESSAGE, _FOUR_BYTES):
            return
        value, after = _varint(head, used) if wire in (_VARINT, _MESSAGE) else (0, used)
        if not after:
            return
        yield number, wire, place + after
        place += after + {_VARINT: 0, _EIGHT_BYTES: 8, _MESSAGE: value, _FOUR_BYTES: 4}[wire]
        if place >= end:
            return


def _varint(head: bytes, place: int) -> tuple[int, int]:
    """The number at a place, and the place after it; (0, 0) if it does not end."""
    value = 0
    for used, byte in enumerate(head[place : place + 10]):
        value |= (byte & 0x7F) << (7 * used)
        if byte < 0x80:
            return value, place + used + 1
    return 0, 0


def _zip_after_something(_start: bytes, file: BinaryIO) -> Kind | None:
    """Zips are read from their ends, whatever is in front of them."""
    return _zip(b"PK\3\4", file) if zipfile.is_zipfile(file) else None


def _checkpoint(_start: bytes, file: BinaryIO) -> Kind | None:
    file.seek(max(0, os.fstat(file.fileno()).st_size - len(_TABLE_END)))
    return Kind.TF_CHECKPOINT if file.read() == _TABLE_END else None


_RECOGNIZERS: tuple[Callable[[bytes, Any], Kind | None], ...] = (
    *(_by_start, _hdf5, _zip, _flat_buffer, _pickle, _safetensors, _json, _text),
    *(_checkpoint, _protobuf, _zip_after_something),
)
