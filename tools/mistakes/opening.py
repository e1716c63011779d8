"""Mistakes in opening files: other libraries' models, files without a model, files that did not arrive whole."""

from __future__ import annotations

from cases import Mistake, Stage


def _opening(title: str, name: str, contents: str, torch: str | None = None) -> Mistake:
    """`load_model` of a file with these contents, an expression."""
    code = f"(folder / {name!r}).write_bytes({contents})\nkeras.models.load_model(folder / {name!r})\n"
    return Mistake(title, code, torch)


OPENING = Stage(
    "Opening",
    (
        Mistake(
            "A PyTorch checkpoint",
            """\
import zipfile
with zipfile.ZipFile(folder / "model.pt", "w") as archive:
    archive.writestr("model/data.pkl", b"")
keras.models.load_model(folder / "model.pt")
""",
            """\
(folder / "model.keras").write_bytes(b"PK\\3\\4")
torch.load(folder / "model.keras")
""",
        ),
        _opening(
            "A pickle",
            "model.keras",
            "__import__('pickle').dumps({'weights': [1.0]})",
            """\
import pickle
(folder / "model.pt").write_bytes(pickle.dumps(cnn))
torch.load(folder / "model.pt")
""",
        ),
        _opening("A TensorFlow Lite model", "model.tflite", "b'\\x1c\\0\\0\\0TFL3' + bytes(100)"),
        Mistake(
            "A TensorFlow SavedModel",
            """\
(folder / "saved").mkdir()
(folder / "saved" / "saved_model.pb").write_bytes(b"\\x08\\x01\\x12\\x02\\x0a\\x00")
keras.models.load_model(folder / "saved")
""",
            None,
        ),
        Mistake(
            "A TensorFlow.js graph model",
            """\
(folder / "js").mkdir()
(folder / "js" / "model.json").write_text('{"format": "graph-model", "modelTopology": {}, "weightsManifest": []}')
keras.models.load_model(folder / "js")
""",
            None,
        ),
        Mistake(
            "Weights where a model is wanted",
            """\
cnn().save_weights(folder / "cnn.weights.h5")
keras.models.load_model(folder / "cnn.weights.h5")
""",
            """\
torch.save(cnn().state_dict(), folder / "cnn.pt")
torch.load(folder / "cnn.pt")(x)
""",
        ),
        Mistake(
            "The folder that the model is in",
            """\
cnn().save(folder / "cnn.keras")
keras.models.load_model(folder)
""",
            """\
torch.save(cnn().state_dict(), folder / "cnn.pt")
torch.load(folder)
""",
        ),
        Mistake(
            "A file that was cut short",
            """\
cnn().save(folder / "cnn.keras")
contents = (folder / "cnn.keras").read_bytes()
(folder / "cnn.keras").write_bytes(contents[:50_000])
keras.models.load_model(folder / "cnn.keras")
""",
            """\
torch.save(cnn().state_dict(), folder / "cnn.pt")
contents = (folder / "cnn.pt").read_bytes()
(folder / "cnn.pt").write_bytes(contents[:50_000])
torch.load(folder / "cnn.pt")
""",
        ),
        _opening(
            "A pointer of Git LFS",
            "model.keras",
            "b'version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 100\\n'",
            """\
(folder / "model.pt").write_bytes(b"version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 100\\n")
torch.load(folder / "model.pt")
""",
        ),
        _opening("A picture", "cat.png", "b'\\x89PNG\\r\\n\\x1a\\n' + bytes(100)"),
        Mistake(
            "Weights of PyTorch's names",
            """\
import json
header = json.dumps({"0.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
(folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
cnn().load_weights(folder / "model.safetensors")
""",
            None,
        ),
    ),
)
