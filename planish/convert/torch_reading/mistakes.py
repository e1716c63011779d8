"""What is said of modules that cannot be followed, or do not run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish.convert.torch_reading import modules, tracing
from planish.convert.torch_reading.writing import REMEDY
from planish.errors import explain


def told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def does_not_run(module: Any, tensors: Sequence[Any], error: Exception) -> ValueError:
    return ValueError(
        explain(
            what=f"PyTorch cannot run {type(module).__name__} on images of this shape",
            expected="input_shape without the batch axis, with the channels first",
            received=f"{', '.join(str(tuple(each.shape[1:])) for each in tensors)}: {told(error)}",
            remedy=_fitting(module, [tuple(each.shape[1:]) for each in tensors]),
        )
    )


def _fitting(module: Any, shapes: Sequence[tuple[int, ...]]) -> str:
    """The shapes that were meant, as far as the module's first kernel and its `forward` tell."""
    wanted = tracing.required_inputs(module)
    if wanted > len(shapes):
        return f"from_torch(module, [{', '.join([str(shapes[0])] * wanted)}]), with the shape of each input"
    kernel = next((each for each in module.parameters() if each.dim() > 2), None)
    if kernel is None:
        return "input_shape=shape, such that module(torch.zeros(1, *shape)) runs"
    rank, channels, shape = kernel.dim() - 2, int(kernel.shape[1]), shapes[0]
    if len(shape) == rank + 1 and shape[-1] == channels != shape[0]:
        return f"input_shape={(channels, *shape[:-1])}"
    if len(shape) == rank + 2:
        return f"input_shape={shape[1:]}"
    if len(shape) == rank:
        return f"input_shape={(channels, *shape)}"
    return "input_shape=shape, such that module(torch.zeros(1, *shape)) runs"


def unknown_module(module: Any, name: str) -> ValueError:
    kind = modules.kind_of(module)
    if ".quantized" in type(module).__module__:
        return ValueError(
            explain(
                what=f"module {name!r}: the network is quantized",
                rule="planish computes with floats",
                received=type(module).__name__,
                remedy="from_torch(module, input_shape), with the module that it was quantized from",
            )
        )
    return ValueError(
        explain(
            what=f"module {name!r}: unknown PyTorch module {kind!r}",
            rule="planish has convolutions, pools, normalizations, activations, and what gives values other shapes",
            remedy=REMEDY,
        )
    )


def not_followed(module: Any, received: str) -> ValueError:
    return ValueError(explain(what=f"{type(module).__name__} cannot be followed", received=received, remedy=REMEDY))
