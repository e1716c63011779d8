"""The start of a model: the shape of its images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import dtype_policies, precision
from planish.errors import explain, unknown_name
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import InputShapes
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer
from planish.layers.base.records import Records
from planish.symbolic import Record, Spec, SymbolicTensor

Extents = Sequence[int | None]


class InputLayer(Layer):
    """`shape` is without the batch axis, `batch_shape` with it. Arrays may have any type, whatever `dtype` is.

    `batch_size` may be given beside `shape`. `sparse`, `ragged`, `input_tensor` and `optional` are not supported.

    >>> keras.layers.InputLayer((28, 28, 1)).batch_shape
    (None, 28, 28, 1)
    """

    def __init__(
        self,
        shape: Extents | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Extents | None = None,
        input_tensor: None = None,
        optional: bool = False,
        name: str | None = None,
        **options: Unpack[InputShapes],
    ) -> None:
        super().__init__(name=name, **options)
        arguments.unsupported(self.label, sparse=sparse, ragged=ragged, input_tensor=input_tensor, optional=optional)
        if isinstance(shape, int) and isinstance(dtype, int):
            raise TypeError(_without_brackets(self.label, shape, batch_size, dtype))
        self.dtype = self._checked_dtype(dtype)
        self.batch_shape = self._checked_shape(shape, batch_size, batch_shape)
        self.built = True
        self.begin_with(Record((), {}, Spec(self.batch_shape, self.dtype, self.name)))

    def _checked_dtype(self, dtype: Any) -> str:
        name = precision.dtype_name(dtype) or dtype_policies.floatx()
        if name not in precision.READABLE:
            raise ValueError(unknown_name(f"dtype of {self.label}", name, precision.READABLE))
        return name

    def _checked_shape(self, shape: Any, batch_size: Any, batch_shape: Any) -> tuple[int | None, ...]:
        whole = self.declared_shape if batch_shape is None else batch_shape
        if (shape is None) == (whole is None):
            received = "neither" if shape is None else "both"
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the input's shape",
                    expected="either shape or batch_shape",
                    received=received,
                )
            )
        if whole is None:
            whole = (batch_size, *((shape,) if isinstance(shape, int) else shape))
        images, *extents = whole
        return (
            None if images is None else arguments.integer(self.label, "batch_size", images),
            *(self._checked_extent(extent) for extent in extents),
        )

    def _checked_extent(self, extent: Any) -> int | None:
        return None if extent is None else arguments.integer(self.label, "shape", extent)

    def begin_with(self, record: Record) -> None:
        """Makes the record the one that the layer's tensor comes from."""
        self._start = record
        self._records = Records(record)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self)}

    def forget_build(self) -> None:
        """An input waits for nothing: it stays as it is."""

    @property
    def tensor(self) -> SymbolicTensor:
        """What layers are called on."""
        return SymbolicTensor(self._start.outputs, self, self._start)

    def call(self, x: Node, context: CallContext) -> Node:
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
        }


def _without_brackets(label: str, *numbers: Any) -> str:
    return explain(
        layer=label,
        what="the shape was given as several arguments",
        expected=f"Input({numbers})",
        received=f"Input{numbers}: of shape, batch_size and dtype",
        remedy=f"Input({numbers})",
    )


def Input(  # noqa: N802 (Keras's name)
    shape: Extents | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Extents | None = None,
    name: str | None = None,
    tensor: None = None,
    optional: bool = False,
) -> SymbolicTensor:
    """What a model takes: a symbolic tensor to call layers on, or the first item of a Sequential model.

    `shape`: of one image, without the batch axis; `batch_shape`: with it. `batch_size` may be given beside `shape`.
    `dtype` is that of the data, which may have any number type. `sparse`, `ragged`, `tensor` and `optional` are not
    supported. Sizes that come with the data are None.

    >>> keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()]).output_shape
    (None, 784)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.tensor
