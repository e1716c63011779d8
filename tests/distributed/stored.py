"""Images in files of every kind, in the working directory; each function gives the path."""

import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zarr
from PIL import Image


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def as_npy(images):
    np.save("x.npy", images)
    return "x.npy"


def as_npy_in_columns(images):
    np.save("f.npy", np.asfortranarray(images))
    return "f.npy"


def as_zarr(images):
    zarr.create_array("x.zarr", shape=images.shape, chunks=(6, 4, 9), dtype=images.dtype)[:] = images
    return "x.zarr"


def fixed_lists(images):
    return pa.FixedSizeListArray.from_arrays(pa.array(images.reshape(-1)), images[0].size)


def as_parquet(images):
    """Groups of 20 rows, cut where parts have fewer."""
    pq.write_table(
        pa.table({"image": fixed_lists(images), "label": range(len(images))}), "x.parquet", row_group_size=20
    )
    return "x.parquet"


def as_parquet_of_small_groups(images):
    pq.write_table(pa.table({"pixels": [image.tolist() for image in images]}), "s.parquet", row_group_size=3)
    return "s.parquet"


def as_folder_of_parquet(images):
    os.mkdir("many")
    for place in range(5):
        rows = images[10 * place : 10 * place + 10]
        pq.write_table(pa.table({"image": fixed_lists(rows)}), f"many/part-{place}.parquet")
    return "many"


def folder_of(images):
    for place, image in enumerate(images):
        os.makedirs(f"pictures/{place % 2}", exist_ok=True)
        with open(f"pictures/{place % 2}/{place:02}.png", "wb") as file:
            file.write(png(image))
    return "pictures"
