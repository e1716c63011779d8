"""Writes metrics, weights and the model's layers for TensorBoard, by tensorboardX."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.callbacks.arguments import checked_path
from planish.callbacks.callback import Callback, Logs
from planish.callbacks.coming_run import ComingRun
from planish.callbacks.places import check_writable
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model

_BUCKETS = 30  # of a histogram, as in Keras
_MOST_IMAGES = 3  # of a weight, as in TensorFlow

INSTALL = "pip install 'planish[tensorboard]'"


class TensorBoard(Callback):
    """Writes event files into `log_dir`/train and `log_dir`/validation; `tensorboard --logdir logs` shows them.

    After each epoch: metrics and the learning rate. `histogram_freq`: weights as histograms every so many epochs, and
    with `write_images` also as images. `write_graph`: the model's layers. `write_steps_per_second`: the speed.
    `update_freq`: 'epoch', 'batch', or a number of batches, after which metrics are written, too. `profile_batch`,
    `embeddings_freq` and `embeddings_metadata` stay as they are: planish has no profiler of TensorFlow's, and no
    Embedding layers. ImportError without tensorboardX.

    >>> board = keras.callbacks.TensorBoard("logs", histogram_freq=1)
    """

    writes = True

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        _require_writer()
        self.log_dir = checked_path(self, "log_dir", log_dir)
        self.histogram_freq = self._frequency("histogram_freq", histogram_freq or 0, least=0)
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = (
            "epoch"
            if update_freq == "epoch"
            else self._frequency("update_freq", 1 if update_freq == "batch" else update_freq, least=1)
        )
        self._refuse("profile_batch", profile_batch)
        self._refuse("embeddings_freq", embeddings_freq)
        self._refuse("embeddings_metadata", embeddings_metadata)
        self._files: dict[str, _Events] = {}
        self._train_batch = 0
        self._begun = self._batch_begun = 0.0
        self._steps_before = 0

    def _frequency(self, name: str, value: Any, least: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            what = f"TensorBoard: `{name}` is not a number of {'batches' if least else 'epochs'}"
            expected = f"{'epoch, batch, or ' if least else ''}an integer, {least} or more"
            raise ValueError(explain(what=what, expected=expected, received=repr(value)))
        return value

    def _refuse(self, name: str, value: Any) -> None:
        """ValueError for an argument that has no meaning here, if it is used."""
        if value in (0, None):
            return
        raise ValueError(
            explain(
                what=f"TensorBoard: `{name}` is not supported",
                received=repr(value),
                remedy="leave it out: model.program(emit='plan', training=True) says what takes the time"
                if name == "profile_batch"
                else "leave it out: planish has no Embedding layers",
            )
        )

    def check_before_training(self, run: ComingRun) -> None:
        """OSError if no files can be written in the folder."""
        check_writable(self, os.path.join(self.log_dir, "train", "events"), makes_folders=True)

    def wants_batches(self, mode: str) -> bool:
        return mode == "train" and self.update_freq != "epoch"

    def set_model(self, model: Model) -> None:
        super().set_model(model)
        self._close()

    # ------------------------------------------------------------------ writing
    def _events(self, place: str) -> _Events:
        """Those of 'train' or 'validation'; the file is made when something is written."""
        if place not in self._files:
            self._files[place] = _Events(os.path.join(self.log_dir, place))
        return self._files[place]

    def _write(self, place: str, logs: dict[str, Any], step: int) -> None:
        """Numbers by name; several values of one metric get a number each."""
        from tensorboardX.summary import scalar

        for name, value in logs.items():
            values = np.asarray(value, np.float64)
            for number, each in enumerate(values.ravel()):
                self._events(place).add(scalar(f"{name}_{number}" if values.ndim else name, float(each)), step)

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    # ------------------------------------------------------------------ hooks
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._train_batch = 0
        if self.write_graph and self.model.network is not None:
            self._events("train").add(_layers(self.model), 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begun, self._steps_before = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._train_batch += 1
        self._batch_begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not isinstance(self.update_freq, int) or self._train_batch % self.update_freq:
            return
        values = {f"batch_{name}": value for name, value in (logs or {}).items()}
        if self.write_steps_per_second:
            values["batch_steps_per_second"] = 1 / max(time.perf_counter() - self._batch_begun, 1e-9)
        self._write("train", values, self._train_batch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        values = logs or {}
        own = {f"epoch_{name}": value for name, value in values.items() if not name.startswith("val_")}
        own["epoch_learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._steps_before
            own["epoch_steps_per_second"] = steps / max(time.perf_counter() - self._begun, 1e-9)
        self._write("train", own, epoch)
        validated = {f"epoch_{name[4:]}": value for name, value in values.items() if name.startswith("val_")}
        if validated:
            self._write("validation", validated, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for file in self._files.values():
            file.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        steps = int(getattr(self.model.optimizer, "iterations", 0))
        values = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
        if values:
            self._write("validation", values, steps)
            self._events("validation").flush()

    def _write_weights(self, epoch: int) -> None:
        from tensorboardX.summary import histogram, image

        for weight in self.model.weights:
            finite = weight.value[np.isfinite(weight.value)]
            if finite.size:
                self._events("train").add(histogram(f"{weight.path}/histogram", finite, _BUCKETS), epoch)
            for number, picture in enumerate(_as_images(weight.value) if self.write_images else ()):
                self._events("train").add(image(f"{weight.path}/image/{number}", picture, dataformats="HWC"), epoch)


class _Events:
    """A file of events in a folder; no other has its name."""

    _made = itertools.count()

    def __init__(self, folder: str) -> None:
        from tensorboardX.event_file_writer import EventsWriter

        os.makedirs(folder, exist_ok=True)
        self._file = EventsWriter(os.path.join(folder, "events"), f".{os.getpid()}.{next(self._made)}")

    def add(self, summary: Any, step: int) -> None:
        from tensorboardX.proto.event_pb2 import Event

        self._file.write_event(Event(summary=summary, step=step, wall_time=time.time()))

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _require_writer() -> None:
    """ImportError, with what to install, if there is no tensorboardX."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise ImportError(
            explain(what="TensorBoard: event files are written by tensorboardX, which is missing", remedy=INSTALL)
        ) from None


def _layers(model: Model) -> Any:
    """The model's configuration, as TensorBoard's page of graphs reads it."""
    from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboardX.proto.tensor_pb2 import TensorProto

    plugin = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
    text = TensorProto(dtype="DT_STRING", string_val=[model.to_json().encode()])
    return Summary(value=[Summary.Value(tag="keras", metadata=SummaryMetadata(plugin_data=plugin), tensor=text)])


def _as_images(weight: np.ndarray[Any, Any]) -> Sequence[Any]:
    """The first images [h, w, channels], 0 to 1, as Keras lays weights out; none for those that are not images."""
    array = np.squeeze(weight)
    if array.ndim == 1:
        array = array.reshape(1, -1, 1, 1)
    elif array.ndim == 2:
        array = (array.T if array.shape[0] > array.shape[1] else array)[None, :, :, None]
    elif array.ndim == 3:
        array = array.transpose(2, 0, 1)[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3, 4) or not np.isfinite(array).all():
        return ()
    low, high = float(array.min()), float(array.max())
    return list((array[:_MOST_IMAGES] - low) / (high - low if high > low else 1.0))
