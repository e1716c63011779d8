"""Event files have what Keras's TensorBoard writes, under the same names; they are read back record by record."""

import builtins
import struct

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from planish.callbacks import TensorBoard
from planish.layers import Conv2D, Dense, Flatten, Input
from planish.metrics import F1Score
from planish.models import Sequential

RANDOM = np.random.default_rng(0)
X = RANDOM.random((12, 5, 4, 1), dtype=np.float32)
Y = np.eye(3, dtype=np.float32)[RANDOM.integers(0, 3, 12)]


def events(folder):
    """All events of the files in a folder, in order."""
    for path in sorted(folder.glob("events.out.tfevents.*")):
        left = path.read_bytes()
        while left:
            (length,) = struct.unpack("<Q", left[:8])
            yield Event.FromString(left[12 : 12 + length])
            left = left[16 + length :]


def values(folder):
    """{name: [(step, value)]} of the scalars; other kinds of values have None."""
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            number = value.simple_value if value.HasField("simple_value") else None
            found.setdefault(value.tag, []).append((event.step, number))
    return found


def trained(board, epochs=3, **options):
    model = Sequential([Input((5, 4, 1)), Conv2D(2, 3), Flatten(), Dense(3, "softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", F1Score()])
    history = model.fit(X, Y, batch_size=5, epochs=epochs, callbacks=[board], verbose=0, **options)
    return model, history.history


def test_metrics_of_epochs(tmp_path):
    _, history = trained(TensorBoard(tmp_path / "logs"), validation_data=(X, Y))
    train, validation = values(tmp_path / "logs" / "train"), values(tmp_path / "logs" / "validation")
    scores = {f"epoch_f1_score_{number}" for number in range(3)}
    assert set(train) == {"keras", "epoch_accuracy", "epoch_loss", "epoch_learning_rate", *scores}
    assert train["epoch_loss"] == [(epoch, pytest.approx(value)) for epoch, value in enumerate(history["loss"])]
    assert train["epoch_learning_rate"] == [(epoch, pytest.approx(0.001)) for epoch in range(3)]
    expected = [(epoch, pytest.approx(value)) for epoch, value in enumerate(history["val_accuracy"])]
    assert validation["epoch_accuracy"] == expected
    assert [step for step, _ in validation["evaluation_loss_vs_iterations"]] == [3, 6, 9]


def test_the_graph_is_the_configuration_of_the_model(tmp_path):
    model, _ = trained(TensorBoard(tmp_path), epochs=1)
    (graph,) = [value for event in events(tmp_path / "train") for value in event.summary.value if value.tag == "keras"]
    assert graph.metadata.plugin_data.plugin_name == "graph_keras_model"
    assert graph.tensor.string_val[0].decode() == model.to_json()
    trained(TensorBoard(tmp_path / "none", write_graph=False), epochs=1)
    assert "keras" not in values(tmp_path / "none" / "train")


def test_histograms_and_images_of_weights(tmp_path):
    model, _ = trained(TensorBoard(tmp_path, histogram_freq=2, write_images=True))
    found = values(tmp_path / "train")
    for weight in model.weights:
        assert [step for step, _ in found[f"{weight.path}/histogram"]] == [0, 2]
    histograms = {value.tag: value.histo for event in events(tmp_path / "train") for value in event.summary.value}
    kernel = model.layers[-1].weights[0]
    last = histograms[f"{kernel.path}/histogram"]
    assert (last.num, last.min, last.max) == (kernel.size, kernel.value.min(), kernel.value.max())
    assert f"{kernel.path}/image/0" in found


@pytest.mark.parametrize(("frequency", "steps"), [("batch", list(range(1, 7))), (4, [4])])
def test_metrics_of_batches(tmp_path, frequency, steps):
    trained(TensorBoard(tmp_path, update_freq=frequency, write_steps_per_second=True), epochs=2)
    found = values(tmp_path / "train")
    assert [step for step, _ in found["batch_loss"]] == steps
    assert all(value > 0 for _, value in found["batch_steps_per_second"] + found["epoch_steps_per_second"])


def test_evaluations_are_written_where_validations_are(tmp_path):
    board = TensorBoard(tmp_path)
    model, _ = trained(TensorBoard(tmp_path / "other"), epochs=1)
    for _ in range(2):
        model.evaluate(X, Y, callbacks=[board], verbose=0)
    assert [step for step, _ in values(tmp_path / "validation")["evaluation_loss_vs_iterations"]] == [3, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"histogram_freq": -1}, "`histogram_freq` is not a number of epochs\n  expected: an integer, 0 or more"),
        ({"update_freq": "step"}, "`update_freq` is not a number of batches\n  expected: epoch, batch, or an integer"),
        ({"profile_batch": (2, 4)}, r"`profile_batch` is not supported\n  received: \(2, 4\)\n  remedy: "),
        ({"embeddings_freq": 1}, "`embeddings_freq` is not supported"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(ValueError, match=f"TensorBoard: {message}"):
        TensorBoard("logs", **arguments)


def test_a_folder_that_cannot_be_made_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="TensorBoard: "):
        trained(TensorBoard(tmp_path / "file"))


def test_without_tensorboardx_the_command_that_installs_it_is_told(monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name == "tensorboardX":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"which is missing\n  remedy: pip install 'planish\[tensorboard\]'"):
        TensorBoard("logs")
