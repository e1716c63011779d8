"""What Keras has for models that are larger than a machine; planish's are not."""

from __future__ import annotations

from typing import Any, NoReturn

from planish.errors import explain


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        explain(
            what=f"planish.distribution.{name} is not supported: a model is not cut into parts",
            rule="every rank has the whole model, and computes its share of each batch",
            remedy="keras.distribution.set_distribution(keras.distribution.DataParallel())",
        )
    )


class ModelParallel:
    """Not supported: a model is not cut into parts. NotImplementedError says what to use."""

    def __init__(
        self,
        *,
        layout_map: Any = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **kwargs: Any,
    ) -> None:
        _refuse("ModelParallel")


class LayoutMap:
    """Not supported: a model is not cut into parts. NotImplementedError says what to use."""

    def __init__(self, device_mesh: Any) -> None:
        _refuse("LayoutMap")


class TensorLayout:
    """Not supported: a model is not cut into parts. NotImplementedError says what to use."""

    def __init__(self, axes: Any, device_mesh: Any = None) -> None:
        _refuse("TensorLayout")


def distribute_tensor(tensor: Any, layout: Any) -> NoReturn:
    """Not supported: a model is not cut into parts. NotImplementedError says what to use."""
    _refuse("distribute_tensor")
