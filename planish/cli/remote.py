"""Images that the workers of a Dask cluster read and classify: `planish predict MODEL IMAGES --dask ADDRESS`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from planish.cli import image_input, model_files
from planish.distributed import clients, worker
from planish.distributed.model_copy import ModelCopy
from planish.distributed.writing import killed
from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model

_LOCAL = "local"
_SECONDS_TO_CONNECT = 10


def parts(
    model: Model, paths: Sequence[str], read: image_input.Read, scale: float, address: str, at_once: int
) -> Iterator[image_input.Part]:
    """The outputs for files, in their order, `at_once` of them in a task."""
    with _connected(address) as client, killed():
        copy = clients.sent(ModelCopy.of(model), client)
        starts = range(0, len(paths), at_once)
        asked = [
            client.submit(_part, copy, read, scale, paths[start : start + at_once], os.getcwd(), pure=False)
            for start in starts
        ]
        while asked:
            yield asked.pop(0).result()


def _part(copy: ModelCopy, read: image_input.Read, scale: float, paths: Sequence[str], folder: str) -> image_input.Part:
    """Runs on a worker, which has another working directory: `folder` is the one in which the paths were given."""
    found = {path: _as_given(image_input.tried(read, os.path.join(folder, path)), folder, path) for path in paths}

    def outputs(images: model_files.Array) -> model_files.Array:
        return worker.answers(model_files.as_input(copy.model(), images, scale), copy=copy)[0]

    return image_input.part(found, outputs)


def _as_given(image: Any, folder: str, path: str) -> Any:
    """An error names the file as its user did."""
    if isinstance(image, OSError):
        return type(image)(image.errno, image.strerror, path) if image.errno else image
    if isinstance(image, ValueError):
        return ValueError(str(image).replace(repr(os.path.join(folder, path)), repr(path)))
    return image


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of the cluster at the address. OSError if nobody answers there."""
    distributed = clients.distributed()
    if address == _LOCAL:
        with distributed.LocalCluster(dashboard_address=None) as cluster, distributed.Client(cluster) as client:
            yield clients.checked(client)
        return
    try:
        distributed.comm.resolve_address(address)  # a client that cannot even ask ends late, and noisily
        client = distributed.Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(
            explain(
                what=f"there is no Dask scheduler at {address!r}",
                expected="an address such as tcp://HOST:8786, which `dask scheduler` shows, or 'local'",
                received=str(error).splitlines()[0] if str(error) else None,
            )
        ) from error
    with client:
        yield clients.checked(client)
