"""Small files that would take much memory are refused before they do; the same arrays, packed reasonably, are read."""

import contextlib
import io
import json
import struct
import zipfile
import zlib

import h5py
import numpy as np
import pytest

from planish import regular_file
from planish.metrics import AUC, SensitivityAtSpecificity
from planish.models import load_model
from planish.saving import strings
from planish.saving.contents import Contents
from planish.saving.formats import Kind, kind_of
from planish.saving.weights_store import WeightsReader


def stored(fill):
    """A reader of the file that `fill` fills; the array is 'layers/dense/vars/0'."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file.create_group("layers/dense/vars"))
    return WeightsReader(buffer.getvalue(), "weights.h5")


def read(reader, shape):
    with reader:
        return reader.stored("layers/dense", 0, shape, "weight 'dense/kernel'").read()


VALUES = np.arange(60_000, dtype=np.float32).reshape(200, 300) % 7


@pytest.mark.parametrize(
    "settings",
    [
        {"chunks": True},
        {"chunks": (50, 300)},
        {"chunks": (200, 300), "compression": "gzip"},
        {"chunks": (64, 64), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"maxshape": (None, None), "chunks": (256, 512)},
    ],
    ids=str,
)
def test_arrays_in_reasonable_chunks_are_read(settings):
    reader = stored(lambda group: group.create_dataset("0", data=VALUES, **settings))
    np.testing.assert_array_equal(read(reader, VALUES.shape), VALUES)


def test_chunks_far_larger_than_their_array():
    def fill(group):
        group.create_dataset(
            "0", data=np.zeros(3, np.float32), chunks=(10_000_000,), maxshape=(None,), compression="gzip"
        )

    with pytest.raises(ValueError, match="an array is packed in pieces no larger than the array"):
        read(stored(fill), (3,))


def test_chunks_that_grow_beyond_their_size():
    def fill(group):
        dataset = group.create_dataset("0", (1024,), np.float32, chunks=(1024,), compression="gzip")
        dataset.id.write_direct_chunk((0,), zlib.compress(bytes(50_000_000), 9))

    with pytest.raises(ValueError, match="an array is packed in pieces no larger than the array"):
        read(stored(fill), (1024,))


@pytest.mark.parametrize("filters", [("deflate", "deflate"), ("scaleoffset",), ("lzf",)])
def test_other_ways_of_packing(filters):
    def fill(group):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1024,))
        for name in filters:
            if name == "deflate":
                properties.set_deflate(9)
            elif name == "scaleoffset":
                properties.set_scaleoffset(h5py.h5z.SO_FLOAT_DSCALE, 2)
            else:
                properties.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((1024,))
        dataset = h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, space, dcpl=properties)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.zeros(1024, np.float32))

    with pytest.raises(ValueError, match="is not as Keras writes it, so it is not read"):
        read(stored(fill), (1024,))


def test_an_array_without_values():
    reader = stored(lambda group: group.create_dataset("0", data=h5py.Empty("f4")))
    with pytest.raises(ValueError, match="weight 'dense/kernel' is an array without values"):
        read(reader, ())


def packed_again(path, changes, compression):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)


@pytest.mark.parametrize("text", [b"[" + b"{}," * 20_000_000 + b"{}]", b"[" + b"1," * 400_000 + b"1]"], ids=len)
def test_a_configuration_of_far_more_things_than_layers(saved, text):
    packed_again(saved, {"config.json": text}, zipfile.ZIP_DEFLATED)
    assert saved.stat().st_size < 150_000
    with pytest.raises(ValueError, match="is not as Keras writes it, so it is not read"):
        load_model(saved)


def test_a_configuration_of_many_layers_is_not_one(saved, model):
    """1,000 layers, packed: the densest that Keras writes."""
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    layers = config["config"]["layers"]
    flatten = layers[-2]
    names = [f"again_{number}" for number in range(1000)]
    layers[-2:-2] = [{**flatten, "config": {**flatten["config"], "name": name}} for name in names]
    packed_again(saved, {"config.json": json.dumps(config).encode()}, zipfile.ZIP_DEFLATED)
    assert len(load_model(saved).layers) == len(model.layers) + 1000


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_grow_without_bounds(saved, compression):
    packed_again(saved, {}, compression)
    with pytest.raises(
        ValueError, match=r"is not as Keras writes it, so it is not read\n  received: config\.json packed"
    ):
        load_model(saved)


def test_a_zip_of_an_unknown_version(saved):
    contents = bytearray(saved.read_bytes())
    at = contents.index(b"PK\x01\x02")
    while at >= 0:
        contents[at + 6] = 99  # "version needed to extract"
        at = contents.find(b"PK\x01\x02", at + 1)
    saved.write_bytes(contents)
    with pytest.raises(ValueError, match=r"model\.keras"):
        load_model(saved)


@pytest.mark.parametrize("depth", [*range(800, 1000, 10), 5000])
def test_things_inside_each_other(saved, depth):
    """Wherever Python's patience ends: in its JSON reader, in the look for code, or nowhere."""
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    text = json.dumps(config).replace('"build_config": ', f'"x": {"[" * depth}{"]" * depth}, "build_config": ', 1)
    packed_again(saved, {"config.json": text.encode()}, zipfile.ZIP_STORED)
    refused = r"nested too deep to be|config\.json in .* is damaged"
    with pytest.raises(ValueError, match=refused) if depth > 1000 else contextlib.suppress(ValueError):
        load_model(saved)


@pytest.mark.parametrize(
    "make",
    [lambda: AUC(num_thresholds=10**9), lambda: SensitivityAtSpecificity(0.5, num_thresholds=10**9)],
    ids=["AUC", "SensitivityAtSpecificity"],
)
def test_metrics_of_a_thousand_million_thresholds(make):
    with pytest.raises(ValueError, match=r"`num_thresholds` is not a number of thresholds\n  expected: .*1,000,000"):
        make()


def test_a_file_that_asks_for_such_a_metric(saved):
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    auc = {"module": "keras.metrics", "class_name": "AUC", "config": {"num_thresholds": 10**9}, "registered_name": None}
    config["compile_config"]["metrics"] = [auc]
    packed_again(saved, {"config.json": json.dumps(config).encode()}, zipfile.ZIP_STORED)
    with pytest.raises(ValueError, match="`num_thresholds`"):
        load_model(saved)


def test_a_metric_of_a_thousand_million_labels():
    with pytest.raises(ValueError, match="a metric would hold 200,000,000,000 numbers"):
        AUC(multi_label=True, num_labels=10**9)


@pytest.mark.parametrize("read", [load_model, kind_of])
def test_a_zip_of_a_hundred_thousand_members(tmp_path, read):
    path = tmp_path / "x.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        info = archive.infolist()[0]
        archive.filelist.extend([info] * 100_000)
    assert read is not kind_of or read(path) is Kind.ZIP_DAMAGED
    if read is load_model:
        with pytest.raises(ValueError, match="is a zip file that is cut short or damaged"):
            load_model(path)


def heap(*items, size=None):
    """A heap of HDF5's texts: (number, size that it tells, contents) of each."""
    inside = b"".join(struct.pack("<HH4xQ", number, 1, told) + contents for number, told, contents in items)
    return b"GCOL\x01\0\0\0" + struct.pack("<Q", 16 + len(inside) if size is None else size) + inside


def look_at(contents):
    strings.TextsSeen()(Contents(io.BytesIO(contents)), 0, len(contents))


def test_a_text_that_is_said_to_be_longer_than_its_place(tmp_path, model):
    """HDF5's library takes the memory before it looks."""
    path = tmp_path / "x.h5"
    model.save(path)
    contents = path.read_bytes()
    heap = contents.index(b"GCOL")
    place = contents.index(struct.pack("<QI", heap, 1)) - 4
    path.write_bytes(contents[:place] + struct.pack("<I", 1 << 31) + contents[place + 4 :])
    with pytest.raises(ValueError, match=r"x\.h5' are damaged or cut short\n.*a text of 2,147,483,648 bytes"):
        load_model(path)


def test_heaps_inside_of_heaps_are_not_walked_through_again_and_again():
    count = 20_000
    items = [(1, 16, heap(size=32 * (count - number) - 16)) for number in range(count)]
    with pytest.raises(ValueError, match=r"heaps of texts are larger|does not add up"):
        look_at(heap(*items))
    look_at(heap((1, 16, bytes(16)), (0, 16, b"")))


@pytest.mark.parametrize(
    "contents",
    [
        heap((0, 0, bytes(100))),
        heap((0, 8, bytes(100))),
        heap((1, 2**64 - 8, bytes(100))),
        heap((1, 200, bytes(100))),
        heap((0, 2**63, b"")),
        heap(size=2**40),
        heap()[:12],
    ],
    ids=range(7),
)
def test_heaps_that_do_not_add_up(contents):
    """HDF5's library does not come back from some of them."""
    with pytest.raises(ValueError, match="a heap of texts"):
        look_at(contents)


def test_a_heap_that_leads_in_a_circle_is_damage(tmp_path, model):
    path = tmp_path / "x.h5"
    model.save(path)
    contents = path.read_bytes()
    place = contents.index(b"GCOL")
    path.write_bytes(contents[: place + 16] + bytes(16) + contents[place + 32 :])
    with pytest.raises(ValueError, match=r"x\.h5' are damaged or cut short\n.*a heap of texts"):
        load_model(path)


def test_a_list_of_files_that_repeats_one_reads_it_once(tmp_path, model, monkeypatch):
    path = tmp_path / "x.weights.json"
    model.save_weights(path, max_shard_size=1)
    found = json.loads(path.read_text())
    found["weight_map"] = {group: [name] * 1000 for group, name in found["weight_map"].items()}
    path.write_text(json.dumps(found))
    read, contents = [], regular_file.contents
    monkeypatch.setattr(regular_file, "contents", lambda *given: read.append(given) or contents(*given))
    model.load_weights(path)
    assert len(read) <= 3


def test_texts_that_are_not_utf_8_are_damage(tmp_path, model):
    path = tmp_path / "x.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"]
        del file.attrs["model_config"]
        file.attrs["model_config"] = (text if isinstance(text, bytes) else text.encode()).replace(b"Dense", b"D\xffnse")
    with pytest.raises(ValueError, match=r"model_config in .*x\.h5' is damaged"):
        load_model(path)
