"""Whether a training step waits for the images of a folder: `python benchmarks/loading.py`.

JPEG files that look somewhat like photographs are made, and a net is trained on their folder, with each number of
`--threads` for decoding and for the steps. The table has the share of an epoch in which the step waits for its batch,
how many images are decoded in a second if nothing else is done, and an epoch on the same images in memory. The first
batch, for which every epoch waits, does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from report import machine_line, save, table

CLASSES = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--net", default="MobileNetV2", help="a name in keras.applications, or 'pool' for next to no step"
    )
    parser.add_argument("--size", type=int, default=224, help="of the images that the net takes")
    parser.add_argument("--file-size", type=int, default=224, help="of the images in the files")
    parser.add_argument("--images", type=int, default=320)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, nargs="+", default=range(1, (os.cpu_count() or 1) + 1))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows, found = [], {}
    with tempfile.TemporaryDirectory() as folder:
        _make_files(Path(folder), arguments.images, arguments.file_size)
        for threads in arguments.threads:
            cell = found[str(threads)] = _measured(folder, threads, arguments)
            rows.append(
                [
                    str(threads),
                    f"{cell['decoded']:,.0f}",
                    f"{cell['memory']:.2f} s",
                    f"{cell['folder']:.2f} s",
                    f"{cell['waiting'] / cell['folder']:.1%}",
                ]
            )
    about = f"{arguments.net} at {arguments.size}, {arguments.images} JPEGs of {arguments.file_size}: threads"
    print(table([about, "decoded a second", "an epoch in memory", "of the folder", "of that, waiting"], rows))
    print(f"\n{machine_line()}")
    save(arguments.json, found=found)
    return 0


def _make_files(folder: Path, count: int, side: int) -> None:
    """Smooth shapes with some noise: of about the size in bytes that photographs have."""
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize(
            (side, side), Image.BICUBIC
        )
        noisy = np.asarray(coarse, np.float32) + random.normal(0, 12, (side, side, 3))
        place = folder / f"class{number % CLASSES}"
        place.mkdir(exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / f"{number}.jpg", quality=90)


def _measured(folder: str, threads: int, arguments: argparse.Namespace) -> dict[str, float]:
    import planish as keras
    from planish.models.data.read_ahead import ReadAhead

    keras.set_num_threads(threads)
    data = keras.utils.image_dataset_from_directory(
        folder, image_size=(arguments.size, arguments.size), batch_size=arguments.batch, seed=1, verbose=False
    )
    decoded = _seconds(lambda: sum(1 for _ in data))
    x, y = data.arrays()
    model = _model(arguments.net, arguments.size)
    model.fit(x[: arguments.batch], y[: arguments.batch], arguments.batch, verbose=0)  # compiles
    memory = _seconds(lambda: model.fit(x, y, arguments.batch, verbose=0))
    waits: list[float] = []
    take = ReadAhead.__next__

    def timed(self: Any) -> Any:
        began = time.perf_counter()
        try:
            return take(self)
        finally:
            waits.append(time.perf_counter() - began)

    ReadAhead.__next__ = timed  # type: ignore[method-assign]
    try:
        whole = _seconds(lambda: model.fit(data, verbose=0))
    finally:
        ReadAhead.__next__ = take  # type: ignore[method-assign]
    return {
        "decoded": arguments.images / decoded, "memory": memory,
        "folder": whole - waits[0], "waiting": sum(waits[1:]), "first": waits[0],
    }  # fmt: skip


def _model(net: str, size: int) -> Any:
    import planish as keras

    image = keras.Input((size, size, 3))
    x: Any = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    if net != "pool":
        base = getattr(keras.applications, net)
        x = base(include_top=False, weights=None, input_shape=(size, size, 3))(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(CLASSES, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
