"""Small files of the kinds that planish recognizes and does not read: each has to be answered with the way to go."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
from functools import cache

import h5py
import mutants
import numpy as np
import protobuf
from mutants import Dice

Files = dict[str, bytes]

_PIECE = 40
_FOLDER = "saved_model.pb"


def is_in_folder(path: str) -> bool:
    """Whether the file is a part of a folder, which is then what is opened."""
    return os.path.basename(path) == _FOLDER


def made() -> list[Files]:
    """One of each kind, whose name says by what rules it is damaged. What is in a folder has several files."""
    message, zipped = protobuf.message, mutants.zipped
    node = message((1, b"input"), (2, b"Placeholder"), (5, message((1, b"dtype"), (2, message((6, 1))))))
    meta = message((1, message((5, b"2.15.0"))), (2, message((1, node), (4, message((1, 1087))))))
    return [
        {_FOLDER: message((1, 1), (2, meta)), "keras_metadata.pb": message((1, message((1, b"root"))))},
        {"frozen.pb": message((1, node), (1, node), (4, message((1, 1087))))},
        {"core_ml.pb": message((1, 4), (2, message((1, b"image"))), (500, message((1, b"layers"))))},
        {"net.tflite": struct.pack("<I4s", 28, b"TFL3") + bytes(range(100))},
        {"net.pte": struct.pack("<I4s", 28, b"ET12") + bytes(range(100))},
        {"new.zip": zipped([("net/data.pkl", _state()), ("net/version", b"3\n"), ("net/data/0", bytes(36))])},
        {"script.zip": zipped([("m/data.pkl", b""), ("m/code/__torch__.py", b"x"), ("m/constants.pkl", b"")])},
        {"exported.zip": zipped([("m/archive_format", b"pt2"), ("m/models/model.json", b"{}")])},
        {"arrays.zip": zipped([("arr_0.npy", _array()), ("arr_1.npy", _array())])},
        {"old.pt": b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little": True}, {}))},
        {"array.npy": _array()},
        *({f"pickle{protocol}": pickle.dumps({"weights": [1.0, np.dtype]}, protocol)} for protocol in range(6)),
        {"of_joblib": pickle.dumps({"joblib.numpy_pickle": [1, 2]}, 4)},
        {"measured.h5": _hdf5()},
        {"graph.json": _text({"format": "graph-model", "modelTopology": {"node": []}, "weightsManifest": []})},
        {"config.json": _text({"module": "keras", "class_name": "Sequential", "config": {"layers": []}})},
        {"index.json": _text({"metadata": {"total_size": 4}, "weight_map": {"/layers/a/vars": "a_00000.weights.h5"}})},
        {"other.json": _text({"a": [1, {"b": None}]})},
        {"net.xml": b'<?xml version="1.0"?>\n<net name="model" version="11"><layers/></net>'},
        {"net.gguf": struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + bytes(40)},
        {"net.index": bytes(range(100)) + bytes(40) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"},
        {"net.gz": gzip.compress(b"contents", mtime=0)},
        {"net.tar": _tar()},
        {"pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 12345\n"},
        {"page.html": b"<!DOCTYPE html>\n<html><title>404</title></html>"},
        {"cat.png": b"\x89PNG\r\n\x1a\n" + bytes(range(60))},
        {"text": "Modèle: à charger\n".encode() * 9},
        {"empty": b""},
        {"unknown": bytes(range(7, 200))},
    ]  # fmt: skip


def damaged(dice: Dice, files: Files) -> Files:
    """One of the files damaged, by the rules of its kind or none, or begun as a file of another kind is."""
    name = dice.choice(sorted(files))
    contents, kind = files[name], dice.randrange(5)
    if kind == 0:
        return {**files, name: _begun_as_another(dice, contents)}
    rules = {"pb": protobuf.damaged, "json": mutants.json_text, "h5": mutants.hdf5, "zip": mutants.keras_zip}
    damage = rules.get(name.rpartition(".")[2], mutants.any_bytes) if kind > 1 else mutants.any_bytes
    return {**files, name: damage(dice, contents)}


def _begun_as_another(dice: Dice, contents: bytes) -> bytes:
    other = next(iter(dice.choice(_made_once()).values()))
    return other[: dice.randrange(1, _PIECE)] + contents[dice.choice((0, 0, dice.randrange(_PIECE))) :]


@cache
def _made_once() -> list[Files]:
    return made()


def _state() -> bytes:
    """Pickled as `torch.save` pickles the tensors of a state dict: by names of functions, which nobody may look up."""
    return pickle.dumps({"0.weight": ("torch._utils", "_rebuild_tensor_v2", (3, 3))}, 2)


def _array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(6, dtype=np.float32))
    return buffer.getvalue()


def _hdf5() -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["measurements/first"] = np.arange(6)
        file.attrs["of"] = ["a", "bc"]
    return buffer.getvalue()


def _text(value: object) -> bytes:
    return json.dumps(value).encode()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("model.keras"))
    return buffer.getvalue()
