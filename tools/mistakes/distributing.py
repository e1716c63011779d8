"""Mistakes in predicting with Dask, as far as they can be made without a cluster."""

from __future__ import annotations

from cases import Mistake, Stage


def _own(title: str, code: str) -> Mistake:
    """Keras and PyTorch have no such step."""
    return Mistake(title, code, None, own=True)


DISTRIBUTING = Stage(
    "Predicting with Dask",
    (
        _own(
            "Blocks of images of another size",
            """\
import dask.array
keras.distributed.predict(cnn(), dask.array.zeros((1000, 32, 32, 1), chunks=(100, 32, 32, 1)))
""",
        ),
        _own(
            "A Dask array that does not know how many images it has",
            """\
import dask.array
images = dask.array.zeros((1000, 28, 28, 1), chunks=(100, 28, 28, 1))
keras.distributed.predict(cnn(), images[images[:, 0, 0, 0] == 0])
""",
        ),
        _own(
            "The address of a scheduler where a client belongs",
            """\
keras.distributed.predict(cnn(), x, "tcp://head:8786")
""",
        ),
        _own(
            "A folder without pictures",
            """\
(folder / "photos").mkdir()
keras.distributed.predict(cnn(), folder / "photos")
""",
        ),
        _own(
            "Arrays in an archive",
            """\
np.savez(folder / "images.npz", x=x)
keras.distributed.predict(cnn(), folder / "images.npz")
""",
        ),
        _own(
            "A table whose rows are too short",
            """\
import pyarrow.parquet
pyarrow.parquet.write_table(pyarrow.table({"image": [[0.5] * 784, [0.5] * 783]}), folder / "images.parquet")
keras.distributed.predict(cnn(), folder / "images.parquet").compute()
""",
        ),
        _own(
            "Outputs in a format that there is not",
            """\
keras.distributed.predict(cnn(), x, to="scores.csv")
""",
        ),
        _own(
            "Flattening blocks of unknown length",
            """\
import dask.array
images = dask.array.zeros((10, 28, 28), chunks=(5, 28, 28))
keras.flatten(images[images[:, 0, 0] == 0], 0)
""",
        ),
    ),
)
