"""The process in which `planish bench` runs another library: `python -m planish.cli.bench_worker JOB`.

The job is JSON: the library's name, the files of the model and of the data, threads and batch size. The last line that
is printed is the timing, as JSON.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from typing import Any

import numpy as np

from planish.cli.bench_timing import Array, KerasSubject, Subject, measure
from planish.cli.torch_model import torch_model

BATCH_OF_PREDICTING = 256  # faster for every library than Keras's 32


class TorchSubject:
    """PyTorch with images in channels_last, trained by Adam on the cross entropy of logits."""

    def __init__(self, model: Any) -> None:
        self._torch = importlib.import_module("torch")
        self._net = torch_model(model).to(memory_format=self._torch.channels_last)
        self._optimizer = self._torch.optim.Adam(self._net.parameters(), 0.001, eps=1e-7)
        self._loss = self._torch.nn.CrossEntropyLoss()

    def one(self, x: Array) -> Array:
        return self.many(x)

    def many(self, x: Array) -> Array:
        torch = self._torch
        self._net.eval()
        with torch.inference_mode():
            parts = [
                torch.softmax(self._net(self._images(x[start : start + BATCH_OF_PREDICTING])), 1).numpy()
                for start in range(0, len(x), BATCH_OF_PREDICTING)
            ]
        return np.concatenate(parts)

    def fit(self, x: Array, y: Array, batch_size: int) -> object:
        torch = self._torch
        self._net.train()
        images, labels, order = self._images(x), torch.from_numpy(y.astype(np.int64)), torch.randperm(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            self._optimizer.zero_grad(set_to_none=True)
            self._loss(self._net(images[rows].contiguous(memory_format=torch.channels_last)), labels[rows]).backward()
            self._optimizer.step()
        return None

    def _images(self, x: Array) -> Any:
        return self._torch.from_numpy(x).permute(0, 3, 1, 2)


def subject_of(library: str, model_file: str, threads: int) -> Subject:
    """The model of the file in another library: "torch", or "keras-BACKEND" as KERAS_BACKEND says."""
    if library == "torch":
        import planish

        importlib.import_module("torch").set_num_threads(threads)
        return TorchSubject(planish.models.load_model(model_file))
    if library == "keras-tensorflow":
        threading = importlib.import_module("tensorflow").config.threading
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(threads)
    if library == "keras-torch":
        importlib.import_module("torch").set_num_threads(threads)
    return KerasSubject(importlib.import_module("keras").models.load_model(model_file), BATCH_OF_PREDICTING)


def main(job: str) -> None:
    given = json.loads(job)
    with np.load(given["data"]) as data:
        x, y = data["x"], data["y"]
    subject = subject_of(given["library"], given["model"], given["threads"])
    print(json.dumps(dataclasses.asdict(measure(subject, x, y, given["batch_size"]))))


if __name__ == "__main__":
    main(sys.argv[1])
