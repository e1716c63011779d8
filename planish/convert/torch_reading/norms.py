"""Normalizations.

Where PyTorch has no scale, or no shift, the operator's is not given either.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.convert.torch_reading.calls import function
from planish.convert.torch_reading.values import Value
from planish.convert.torch_reading.writing import Writer


@function("batch_norm")
def batch_norm(
    writer: Writer,
    input: Value,
    running_mean: Value | None,
    running_var: Value | None,
    weight: Value | None = None,
    bias: Value | None = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Value:
    """PyTorch's momentum is the weight of what is new, ONNX's and Keras's that of what there was."""
    if training or running_mean is None or running_var is None:
        raise writer.refuse(
            "the images of a batch are normalized together, also in eval mode",
            expected="running statistics",
            received="none",
            remedy="track_running_stats=True, and the module trained with it",
        )
    kept = {} if momentum is None else {"momentum": 1.0 - momentum}
    return writer.emit("BatchNormalization", input, weight, bias, running_mean, running_var, epsilon=eps, **kept)


@function("instance_norm")
def instance_norm(
    writer: Writer,
    input: Value,
    running_mean: Value | None = None,
    running_var: Value | None = None,
    weight: Value | None = None,
    bias: Value | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Value:
    if not use_input_stats and running_mean is not None:
        return batch_norm(writer, input, running_mean, running_var, weight, bias, False, momentum, eps)
    return writer.emit("InstanceNormalization", input, weight, bias, epsilon=eps)


@function("group_norm")
def group_norm(
    writer: Writer,
    input: Value,
    num_groups: int,
    weight: Value | None = None,
    bias: Value | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Value:
    return writer.emit("GroupNormalization", input, weight, bias, num_groups=num_groups, epsilon=eps)


@function("layer_norm")
def layer_norm(
    writer: Writer,
    input: Value,
    normalized_shape: Sequence[int],
    weight: Value | None = None,
    bias: Value | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Value:
    return writer.emit("LayerNormalization", input, weight, bias, axis=-len(normalized_shape), epsilon=eps)


@function("rms_norm")
def rms_norm(
    writer: Writer,
    input: Value,
    normalized_shape: Sequence[int],
    weight: Value | None = None,
    eps: float | None = None,
) -> Value:
    return writer.emit(
        "RMSNormalization",
        input,
        weight,
        axis=-len(normalized_shape),
        epsilon=1.1920929e-07 if eps is None else eps,
    )


@function("local_response_norm")
def local_response_norm(
    writer: Writer, input: Value, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Value:
    return writer.emit("LRN", input, size=size, alpha=alpha, beta=beta, bias=k)


@function("normalize")
def normalize(
    writer: Writer, input: Value, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None
) -> Value:
    if p not in (1, 2):
        raise writer.unsupported("p", "1 or 2", p)
    axes = writer.integers([dim])
    length = writer.emit("ReduceL2" if p == 2 else "ReduceL1", input, axes, keepdims=1)
    return writer.emit("Div", input, writer.emit("Max", length, writer.number(eps)))
