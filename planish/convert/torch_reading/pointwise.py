"""What is computed for every number by itself: activations and arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish.convert.torch_reading.calls import function
from planish.convert.torch_reading.values import Extent, Value
from planish.convert.torch_reading.writing import Writer


def _plain(kind: str, **settings: float) -> Callable[..., Value]:
    def plain(writer: Writer, input: Value, inplace: bool = False) -> Value:
        return writer.emit(kind, input, **settings)

    return plain


_PLAIN = {
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softsign": "Softsign", "mish": "Mish",
    "hardswish": "HardSwish", "abs": "Abs", "absolute": "Abs", "neg": "Neg", "negative": "Neg", "exp": "Exp",
    "log": "Log", "sqrt": "Sqrt", "erf": "Erf", "floor": "Floor", "ceil": "Ceil", "round": "Round", "sign": "Sign",
    "sin": "Sin", "cos": "Cos", "reciprocal": "Reciprocal",
}  # fmt: skip
for _name, _kind in _PLAIN.items():
    function(_name)(_plain(_kind))
function("hardsigmoid")(_plain("HardSigmoid", alpha=1 / 6, beta=0.5))


@function("relu6")
def relu6(writer: Writer, input: Value, inplace: bool = False) -> Value:
    return hardtanh(writer, input, 0.0, 6.0)


@function("hardtanh")
def hardtanh(writer: Writer, input: Value, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Value:
    return clamp(writer, input, min_val, max_val)


@function("clamp", "clip")
def clamp(writer: Writer, input: Value, min: Any = None, max: Any = None) -> Value:
    least = None if min is None else _tensor(writer, min)
    most = None if max is None else _tensor(writer, max)
    return writer.emit("Clip", input, least, most)


@function("clamp_min")
def clamp_min(writer: Writer, input: Value, min: Any) -> Value:
    return clamp(writer, input, min)


@function("clamp_max")
def clamp_max(writer: Writer, input: Value, max: Any) -> Value:
    return clamp(writer, input, None, max)


@function("leaky_relu")
def leaky_relu(writer: Writer, input: Value, negative_slope: float = 0.01, inplace: bool = False) -> Value:
    return writer.emit("LeakyRelu", input, alpha=float(negative_slope))


@function("rrelu")
def rrelu(
    writer: Writer,
    input: Value,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Value:
    """In eval mode the slope is the middle one."""
    _refuse_random(writer, training)
    return leaky_relu(writer, input, (lower + upper) / 2)


@function("prelu")
def prelu(writer: Writer, input: Value, weight: Value) -> Value:
    """One slope for each channel, which ONNX broadcasts from the last axis on."""
    count = writer.numbers(weight.shape or ())
    if weight.array is None or count in ([], [1]) or input.rank in (None, 2):
        return writer.emit("PRelu", input, weight)
    shaped = weight.array.reshape(-1, *(1,) * ((input.rank or 4) - 2))
    return writer.emit("PRelu", input, writer.constant(shaped, f"{weight.name}:slopes"))


@function("elu")
def elu(writer: Writer, input: Value, alpha: float = 1.0, inplace: bool = False) -> Value:
    return writer.emit("Elu", input, alpha=float(alpha))


@function("selu")
def selu(writer: Writer, input: Value, inplace: bool = False) -> Value:
    return writer.emit("Selu", input)


@function("celu")
def celu(writer: Writer, input: Value, alpha: float = 1.0, inplace: bool = False) -> Value:
    return writer.emit("Celu", input, alpha=float(alpha))


@function("gelu")
def gelu(writer: Writer, input: Value, approximate: str = "none") -> Value:
    return writer.emit("Gelu", input, approximate=approximate)


@function("silu")
def silu(writer: Writer, input: Value, inplace: bool = False) -> Value:
    return writer.emit("Mul", input, writer.emit("Sigmoid", input))


@function("softplus")
def softplus(writer: Writer, input: Value, beta: float = 1.0, threshold: float = 20.0) -> Value:
    """Above the threshold PyTorch takes the number itself, which float32 cannot tell from the logarithm."""
    if beta == 1:
        return writer.emit("Softplus", input)
    scaled = writer.emit("Mul", input, writer.number(beta))
    return writer.emit("Div", writer.emit("Softplus", scaled), writer.number(beta))


@function("logsigmoid", "log_sigmoid")
def logsigmoid(writer: Writer, input: Value) -> Value:
    return writer.emit("Neg", writer.emit("Softplus", writer.emit("Neg", input)))


@function("tanhshrink")
def tanhshrink(writer: Writer, input: Value) -> Value:
    return writer.emit("Sub", input, writer.emit("Tanh", input))


@function("hardshrink")
def hardshrink(writer: Writer, input: Value, lambd: float = 0.5) -> Value:
    return writer.emit("Shrink", input, lambd=float(lambd), bias=0.0)


@function("softshrink")
def softshrink(writer: Writer, input: Value, lambd: float = 0.5) -> Value:
    return writer.emit("Shrink", input, lambd=float(lambd), bias=float(lambd))


@function("threshold")
def threshold(writer: Writer, input: Value, threshold: float, value: float, inplace: bool = False) -> Value:
    above = writer.emit("Greater", input, writer.number(threshold))
    return writer.emit("Where", above, input, writer.number(value))


@function("glu")
def glu(writer: Writer, input: Value, dim: int = -1) -> Value:
    first, second = writer.emit_several("Split", 2, input, axis=dim, num_outputs=2)
    return writer.emit("Mul", first, writer.emit("Sigmoid", second))


def _softmax(kind: str, sign: str = "") -> Callable[..., Value]:
    def softmax(writer: Writer, input: Value, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Value:
        axis = _implicit_axis(input) if dim is None else dim
        if axis == 0:
            raise writer.refuse("the softmax is along the batch", expected="dim=1, or another axis", received="dim=0")
        return writer.emit(kind, writer.emit(sign, input) if sign else input, axis=axis)

    return softmax


def _implicit_axis(input: Value) -> int:
    """What PyTorch takes if nobody says it."""
    return 0 if input.rank == 3 else 1


function("softmax")(_softmax("Softmax"))
function("log_softmax")(_softmax("LogSoftmax"))
function("softmin")(_softmax("Softmax", "Neg"))


# -- arithmetic --------------------------------------------------------------------------------------------------------


def _tensor(writer: Writer, value: Any) -> Value:
    """A number as a constant."""
    if isinstance(value, Extent):
        raise writer.refuse("the module computes with the number of images", expected="numbers", received="the batch")
    return value if isinstance(value, Value) else writer.number(value)


def _binary(kind: str) -> Callable[..., Value]:
    def binary(writer: Writer, input: Any, other: Any, *, alpha: float = 1, rounding_mode: str | None = None) -> Value:
        if rounding_mode is not None:
            raise writer.unsupported("rounding_mode", None, rounding_mode)
        second = _tensor(writer, other)
        if alpha != 1:
            second = writer.emit("Mul", second, writer.number(alpha))
        trained = kind == "Mul" and any(isinstance(each, Value) and each.trained for each in (input, other))
        return writer.emit(kind, _tensor(writer, input), second, trained=1 if trained else None)

    return binary


_BINARY = {
    "Add": ("add", "iadd"),
    "Sub": ("sub", "isub", "subtract"),
    "Mul": ("mul", "imul", "multiply"),
    "Div": ("div", "truediv", "itruediv", "divide", "true_divide"),
    "Pow": ("pow", "ipow"),
    "Max": ("maximum",),
    "Min": ("minimum",),
    "Greater": ("gt",),
    "GreaterOrEqual": ("ge",),
    "Less": ("lt",),
    "LessOrEqual": ("le",),
    "Equal": ("eq",),
}
for _kind, _names in _BINARY.items():
    function(*_names)(_binary(_kind))


@function("rsub")
def rsub(writer: Writer, input: Any, other: Any, alpha: float = 1) -> Value:
    return writer.emit("Sub", _tensor(writer, other), _tensor(writer, input))


@function("square")
def square(writer: Writer, input: Value) -> Value:
    return writer.emit("Mul", input, input)


@function("rsqrt")
def rsqrt(writer: Writer, input: Value) -> Value:
    return writer.emit("Reciprocal", writer.emit("Sqrt", input))


@function("log1p")
def log1p(writer: Writer, input: Value) -> Value:
    return writer.emit("Log", writer.emit("Add", input, writer.number(1)))


@function("expm1")
def expm1(writer: Writer, input: Value) -> Value:
    return writer.emit("Sub", writer.emit("Exp", input), writer.number(1))


@function("lerp")
def lerp(writer: Writer, input: Value, end: Value, weight: Any) -> Value:
    share = writer.emit("Mul", writer.emit("Sub", end, input), _tensor(writer, weight))
    return writer.emit("Add", input, share)


def _with_share(kind: str) -> Callable[..., Value]:
    def with_share(writer: Writer, input: Value, tensor1: Value, tensor2: Value, *, value: float = 1) -> Value:
        share = writer.emit("Mul", writer.emit(kind, tensor1, tensor2), writer.number(value))
        return writer.emit("Add", input, share)

    return with_share


function("addcmul")(_with_share("Mul"))
function("addcdiv")(_with_share("Div"))


@function("where")
def where(writer: Writer, condition: Value, input: Any, other: Any) -> Value:
    return writer.emit("Where", condition, _tensor(writer, input), _tensor(writer, other))


# -- what is nothing in eval mode --------------------------------------------------------------------------------------


@function(
    *("contiguous", "to", "type_as", "float", "double", "half", "detach", "detach_", "clone", "cpu", "positive"),
    *("identity", "alias", "lift_fresh_copy", "requires_grad_", "_to_copy"),
)
def identity(writer: Writer, input: Value, *arguments: Any, **options: Any) -> Value:
    return writer.emit("Identity", input)


@function("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "feature_dropout")
def dropout(writer: Writer, input: Value, p: float = 0.5, training: bool = True, inplace: bool = False) -> Value:
    """The function drops numbers in eval mode too, unless it is told that the module is not trained."""
    _refuse_random(writer, training)
    return writer.emit("Dropout", input)


@function("stochastic_depth")
def stochastic_depth(writer: Writer, input: Value, p: float, mode: str, training: bool = True) -> Value:
    _refuse_random(writer, training)
    return writer.emit("Dropout", input)


def _refuse_random(writer: Writer, training: bool) -> None:
    if training:
        raise writer.refuse(
            "the module draws random numbers in eval mode too",
            received="training=True, which is the function's default",
            remedy=f"F.{writer.called}(x, training=self.training)",
        )
