"""Makes planish/datasets/digits.npz, the part of MNIST that comes with planish, from the whole.

    python tools/make_digits.py path/to/mnist.npz

The same source gives the same bytes. Of each digit, images are taken at equal distances over the whole of MNIST: its
two halves were written by different people, and the second half of the test images is the harder one.

Packed by deflate, the file has 1.13 MB and loads in 15 ms. LZMA would save 0.17 MB and take 55 ms; PNG's filters make
these images bigger (sharp strokes on exact zeros predict badly), by 19% and more.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planish.datasets import npz_file
from planish.datasets.splits import check_splits

TARGET = Path(__file__).parent.parent / "planish" / "datasets" / "digits.npz"
CLASSES = 10
TRAINING_PER_CLASS = 600
TEST_PER_CLASS = 100


def balanced_rows(labels: NDArray[np.uint8], per_class: int) -> NDArray[np.int64]:
    """Rows of `per_class` images of each class, evenly spread over each class, in ascending order."""
    chosen = []
    for digit in range(CLASSES):
        rows = np.flatnonzero(labels == digit)
        chosen.append(rows[np.linspace(0, len(rows) - 1, per_class).round().astype(np.int64)])
    return np.sort(np.concatenate(chosen))


def write_npz(path: Path, arrays: dict[str, NDArray[np.uint8]]) -> None:
    """An .npz file that does not contain the time of day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main(source: str) -> None:
    """Writes the file and says what it contains."""
    splits = check_splits(npz_file.read(source), (28, 28), CLASSES, source)
    arrays = {}
    for part, (images, labels), per_class in zip(
        ("train", "test"), splits, (TRAINING_PER_CLASS, TEST_PER_CLASS), strict=True
    ):
        rows = balanced_rows(labels, per_class)
        arrays[f"x_{part}"], arrays[f"y_{part}"] = images[rows], labels[rows]
    write_npz(TARGET, arrays)
    print(f"{TARGET}: {len(arrays['x_train'])} + {len(arrays['x_test'])} images, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/make_digits.py path/to/mnist.npz")
    main(sys.argv[1])
