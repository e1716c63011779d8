"""Makes docs/files.md: which files planish reads and writes, what of them, and with which versions that was tried.

`python tools/make_files.py`. Versions are those of the files that the tests have recorded, and of
the libraries that the scripts of `make parity` compare with.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "parity")]

from planish import convert  # noqa: E402
from planish.convert.onnx_writer import file  # noqa: E402
from planish.saving import formats, opening, ways_out, weights_file  # noqa: E402
from planish.saving.formats import Kind  # noqa: E402

LIBRARIES = {"onnxruntime": "ONNX Runtime", "torch": "PyTorch"}
PAGE = ROOT / "docs" / "files.md"
RECORDED = ROOT / "tests" / "saving" / "data"

INTRODUCTION = """\
# Files

planish recognizes a file by its contents, whatever its name ends in: `load_model`, the commands and
`planish.structure` take all models of the first table, `load_weights` all weights. Nothing in a file is unpickled,
imported or run. `python tools/make_files.py` writes this page from the tables of the code and the files that the tests
have recorded, and a test compares both.

| format | read | written | what of it | tried with |
| --- | --- | --- | --- | --- |
"""

OTHERS = """
## Everything else

Other files are recognized, too, and the error says what to type. For a file named `model.bin`, and a folder `model`:

| what it is | what to do |
| --- | --- |
"""


@dataclass(frozen=True)
class Row:
    """A format. `kinds` are what `formats.kind_of` calls its files."""

    name: str
    kinds: tuple[Kind, ...]
    read: str
    written: str
    covered: str
    tried: str


def keras_versions(ending: str) -> list[str]:
    """The versions of Keras that wrote the recorded files with this ending, the oldest first."""
    found = {path.name.partition("_")[0] for path in (RECORDED / "versions").glob(f"*{ending}.xz")}
    if ending == ".keras":
        for path in RECORDED.glob("*.keras.xz"):
            with zipfile.ZipFile(io.BytesIO(lzma.decompress(path.read_bytes()))) as archive:
                found.add(json.loads(archive.read("metadata.json"))["keras_version"])
    return sorted(found, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])


def tfjs_version() -> str:
    """The version of TensorFlow.js that made the recorded model."""
    document = json.loads((RECORDED / "tfjs" / "model.json").read_text(encoding="utf-8"))
    return document["generatedBy"].replace(" tfjs-layers", "")


def rows() -> Iterable[Row]:
    import compare_tfjs

    of_keras, of_h5 = keras_versions(".keras"), keras_versions(".h5")
    yield Row(
        "`.keras`",
        (Kind.KERAS,),
        "`load_model`, `load_weights`",
        "`model.save`",
        "whole models: Sequential, functional, nested, shared layers, several inputs and outputs, operations, layers "
        "of one's own by `custom_objects`; compile settings; the optimizer's state",
        listed("Keras", of_keras),
    )
    yield Row(
        "`.h5`, `.hdf5`: a whole model",
        (Kind.KERAS_H5,),
        "`load_model`, `load_weights`",
        "`model.save`",
        "the same, as Keras 1 and 2 had it, and Keras 3 still reads it; operations that only Keras 3 has are not "
        "written",
        listed("Keras", of_h5),
    )
    yield Row(
        "`.weights.h5`",
        (Kind.KERAS_WEIGHTS,),
        "`load_weights`",
        "`model.save_weights`",
        "weights, and the optimizer's state",
        listed("Keras", of_keras[-1:]),
    )
    yield Row(
        "`.weights.json`, and the files that it names",
        (Kind.WEIGHTS_INDEX,),
        "`load_weights`",
        "`model.save_weights(path, max_shard_size=...)`",
        "the same, in several files",
        listed("Keras", of_keras[-1:]),
    )
    yield Row(
        "`.h5`, `.hdf5`: weights",
        (Kind.KERAS_H5_WEIGHTS,),
        "`load_weights`, also `by_name`",
        "`model.save_weights`",
        "weights of Keras before Keras 3",
        listed("Keras", of_h5),
    )
    yield Row(
        "`.safetensors`",
        (Kind.SAFETENSORS,),
        "`load_weights`",
        "`model.save_weights`",
        "weights by their paths, `conv2d/kernel`; extra `safetensors`",
        f"safetensors {lowest('safetensors')} and later",
    )
    yield Row(
        "TensorFlow.js: a folder, or its `model.json`",
        (Kind.TFJS_LAYERS,),
        "`load_model`",
        "",
        "layers models, as Keras 2, Keras 3 and TensorFlow.js describe them; compile settings; arrays as uint8, uint16 "
        "and float16, too",
        f"{tfjs_version()}; {compare_tfjs.PACKAGE} of npm, made with Keras {compare_tfjs.KERAS}",
    )
    yield Row(
        "`.onnx`",
        (Kind.ONNX,),
        "`planish.load_onnx`, `load_model`" if Kind.ONNX in opening.READERS else "",
        "`model.export(path, format='onnx')`, `planish export`",
        "what a model predicts: [convert.md](convert.md); extra `onnx`",
        f"operators of versions {file.OLDEST} to {file.NEWEST}; {required('onnxruntime', 'onnxruntime')}",
    )
    readers = [name for name in convert.__all__ if name in ("from_torch", "from_state_dict")]
    yield Row(
        "PyTorch: what is loaded already",
        (),
        ", ".join(f"`planish.convert.{name}`" for name in readers),
        "`planish.convert.to_torch_state_dict`",
        "modules and their `state_dict`s, whose rows behind a Flatten are in the order of channels-first images",
        required("torch", "torch"),
    )


def required(home: str, package: str) -> str:
    """The version that `make parity` and `make bench` install."""
    lines = (ROOT / "benchmarks" / "requirements" / f"{home}.txt").read_text(encoding="utf-8").splitlines()
    (version,) = [line.partition("==")[2] for line in lines if line.startswith(f"{package}==")]
    return f"{LIBRARIES[package]} {version}"


def lowest(package: str) -> str:
    """The lowest version that pyproject.toml allows, with which `make test-lowest` runs the tests."""
    return re.findall(rf'"{package}>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[0]


def listed(library: str, versions: list[str]) -> str:
    return f"{library} {', '.join(versions)}" if versions else ""


def page() -> str:
    made = [*rows()]
    table = "".join(f"| {row.name} | {row.read} | {row.written} | {row.covered} | {row.tried} |\n" for row in made)
    others = [kind for kind in formats.Kind if kind not in {kind for row in made for kind in row.kinds}]
    return INTRODUCTION + table + OTHERS + "".join(f"| {kind.value} | {way(kind)} |\n" for kind in others)


def way(kind: Kind) -> str:
    folder = kind in (Kind.FOLDER, Kind.SAVED_MODEL, Kind.KERAS_FOLDER, Kind.TFJS_GRAPH, Kind.TF_CHECKPOINT)
    text = ways_out.way_out(kind, "model" if folder else "model.bin")
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", "<br>")


def readable() -> set[Kind]:
    return {*opening.READERS, *weights_file.READERS}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
