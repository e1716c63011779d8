"""A model on its way to workers: pickled once, named by its digest, and unpacked once in each process."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import planish
from planish.distributed.libraries import dask_module
from planish.errors import explain
from planish_runtime import forking

if TYPE_CHECKING:
    from planish.models.model import Model

_MOST_KEPT = 4
_NOT_FOR_PREDICTIONS = ("_settings", "_metric_set", "history")
"""What training needs: an optimizer's slots are twice as large as the weights."""


@dataclass(frozen=True)
class ModelCopy:
    """A model as it was when it was packed, without what training needs. `buffers` are the arrays of its weights."""

    digest: str
    version: str
    head: bytes
    buffers: tuple[bytes, ...]

    @classmethod
    def of(cls, model: Model) -> ModelCopy:
        """TypeError for a model that cannot be pickled, with the reason."""
        for weight in model.weights:
            weight.numpy()  # a weight that was never read has no value yet, and would get another one in each process
        head, buffers = _pickled(model)
        digest = hashlib.sha256(head)
        for buffer in buffers:
            digest.update(buffer)
        return cls(digest.hexdigest()[:32], planish.__version__, head, buffers)

    @property
    def nbytes(self) -> int:
        """Of its weights."""
        return sum(map(len, self.buffers))

    @property
    def is_unpacked(self) -> bool:
        """Whether `model` has been called in this process, so that it takes no more memory."""
        return self.digest in _kept

    def model(self) -> Model:
        """The model: the same object for all that ask in this process, so that it is compiled once.

        RuntimeError if planish has another version here.
        """
        with _held.lock:
            if self.digest not in _kept:
                self._check_version()
                _kept[self.digest] = pickle.loads(self.head, buffers=self.buffers)
            _kept.move_to_end(self.digest)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
            return _kept[self.digest]

    def _check_version(self) -> None:
        if self.version != planish.__version__:
            raise RuntimeError(other_version(self.version, "this worker", planish.__version__))

    def __reduce_ex__(self, protocol: Any) -> tuple[Callable[..., ModelCopy], tuple[Any, ...]]:
        """The arrays stay outside of the pickle, where they are not copied on their way."""
        buffers: tuple[Any, ...] = self.buffers
        if protocol >= 5:
            buffers = tuple(pickle.PickleBuffer(buffer) for buffer in self.buffers)
        return ModelCopy, (self.digest, self.version, self.head, buffers)

    def __dask_tokenize__(self) -> str:
        return self.digest


_held = forking.Lock()
_kept: OrderedDict[str, Model] = OrderedDict()


def other_version(here: str, place: str, there: str) -> str:
    return explain(
        what=f"planish has another version on {place} than here",
        rule="a model is sent as planish's own objects, and versions compute with different rounding",
        expected=here,
        received=there,
        remedy=f"pip install 'planish=={here}' on all workers, and restart them",
    )


def _pickled(model: Model) -> tuple[bytes, tuple[bytes, ...]]:
    cloudpickle: Any = dask_module("cloudpickle")
    buffers: list[pickle.PickleBuffer] = []
    settings = model._settings
    eager = settings is not None and settings.run_eagerly

    class Packer(cloudpickle.Pickler):  # type: ignore[misc]
        """Classes and functions of the user's own script are pickled as a whole, those of modules by name."""

        def reducer_override(self, value: Any) -> Any:
            if value is not model or eager:
                return super().reducer_override(value)
            reduced: Any = value.__reduce_ex__(5)
            make, arguments, state, *rest = reduced
            kept = {name: held for name, held in state.items() if name not in _NOT_FOR_PREDICTIONS}
            return make, arguments, kept, *rest

    file = io.BytesIO()
    try:
        Packer(file, protocol=5, buffer_callback=buffers.append).dump(model)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise TypeError(
            explain(
                layer=model.label,
                what="the model cannot be sent to workers",
                received=str(error),
                remedy="a layer that keeps neither files, locks nor threads among its attributes",
            )
        ) from error
    return file.getvalue(), tuple(bytes(buffer.raw()) for buffer in buffers)
