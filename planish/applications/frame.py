"""What all nets of `keras.applications` share: the image they begin with, how they end, and their weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from planish import activations, config, layers, warned
from planish.applications import pretrained
from planish.applications.pretrained import Files
from planish.errors import explain, unknown_name
from planish.models import Model
from planish.symbolic import SymbolicTensor

Weights = str | os.PathLike[str] | None
Tensor = Any
"""A symbolic tensor as a layer's call gives it, whose type may be any structure."""
ImageShape = tuple[int | None, ...]

IMAGENET = "imagenet"
IMAGENET_CLASSES = 1000
_POOLINGS = ("avg", "max")


class Arguments(NamedTuple):
    """What every function of `keras.applications` is given, in the order that most of them have."""

    include_top: bool
    weights: Weights
    input_tensor: Any
    input_shape: ImageShape | None
    pooling: str | None
    classes: int
    classifier_activation: Any


class Net:
    """A net while it is built: its arguments, checked, and `image`, the symbolic tensor that its first layer takes.

    `size` is the height and width of the images that its weights were learnt on, `least_size` the smallest that leaves
    a pixel at its end. ValueError, naming the argument, for arguments that do not fit.
    """

    def __init__(
        self, label: str, arguments: Arguments, *, size: int, least_size: int = 32, sizes_are_open: bool = False
    ) -> None:
        """`sizes_are_open`: the classifier takes maps of any size."""
        self.label = label
        self.given = arguments
        self._needs_size = arguments.include_top and not sizes_are_open
        self._check_weights()
        self._check_end()
        self.input_shape = self._input_shape(size, least_size)
        self.image = self._image()

    @property
    def learnt_on_imagenet(self) -> bool:
        return self.given.weights == IMAGENET

    @property
    def sides(self) -> tuple[int | None, int | None]:
        """Height and width of the images."""
        height, width = self.input_shape[:2] if _channels_are_last() else self.input_shape[1:]
        return height, width

    def end(self, x: Tensor, top: Callable[[Tensor], Tensor], avg: str | None, maximum: str | None) -> Tensor:
        """The features of the last layer through the classifier `top`, or pooled, or as they are, as was asked for.

        `avg`, `maximum`: the names of the two pooling layers.
        """
        if self.given.include_top:
            return top(x)
        if self.given.pooling == "avg":
            x = layers.GlobalAveragePooling2D(name=avg)(x)
        elif self.given.pooling == "max":
            x = layers.GlobalMaxPooling2D(name=maximum)(x)
        return x

    def classifier(self, **options: Any) -> layers.Dense:
        """The dense layer of most nets that gives a number for each class."""
        activation = self.given.classifier_activation
        return layers.Dense(self.given.classes, activation=activation, **{"name": "predictions", **options})

    def model(self, outputs: Tensor, name: str, files: Callable[[], Files]) -> Model:
        """The model, with the weights that were asked for. `files` says which ones hold those of ImageNet."""
        inputs = self.image if self.given.input_tensor is None else sources(self.given.input_tensor)
        model = Model(inputs, outputs, name=name)
        if self.learnt_on_imagenet:
            pretrained.load(model, files()[not self.given.include_top])
        elif self.given.weights is not None:
            pretrained.load(model, self.given.weights)
        return model

    def mistake(self, argument: str, expected: str, received: object, remedy: str | None = None) -> ValueError:
        return ValueError(
            explain(
                what=f"{self.label}: {argument} does not fit",
                expected=expected,
                received=f"{argument}={received!r}",
                remedy=remedy,
            )
        )

    def _check_weights(self) -> None:
        weights, classes = self.given.weights, self.given.classes
        if weights is not None and weights != IMAGENET and not os.path.exists(os.path.expanduser(os.fspath(weights))):
            expected = "'imagenet', None, or the path of a file of weights"
            raise self.mistake("weights", expected, weights, "weights=None, for random weights")
        if self.learnt_on_imagenet and self.given.include_top and classes != IMAGENET_CLASSES:
            remedy = f"include_top=False, and a Dense({classes}) of your own on what the model gives; or weights=None"
            raise self.mistake("classes", "1000, the classes of ImageNet, with weights='imagenet'", classes, remedy)

    def _check_end(self) -> None:
        given = self.given
        if not given.include_top and given.pooling is not None and given.pooling not in _POOLINGS:
            raise ValueError(unknown_name(f"{self.label} pooling", given.pooling, _POOLINGS))
        if given.include_top and given.weights is not None:
            activation = activations.get(given.classifier_activation)
            if activation not in (activations.get("softmax"), activations.get(None)):
                expected = "'softmax' or None, for weights that were learnt with it"
                raise self.mistake("classifier_activation", expected, given.classifier_activation)

    def _input_shape(self, size: int, least_size: int) -> ImageShape:
        shape = self.given.input_shape
        channels = 3 if shape is None or self.learnt_on_imagenet else self._channels(shape)
        default = oriented(size, size, channels)
        if self.learnt_on_imagenet and self._needs_size:
            if shape is not None:
                self._require_three(shape)
            if shape is not None and tuple(shape) != default:
                remedy = "leave it out, or include_top=False"
                raise self.mistake("input_shape", f"{default}, with weights='imagenet' and a classifier", shape, remedy)
            return default
        if shape is None:
            return default if self._needs_size else oriented(None, None, 3)
        self._check_shape(shape, least_size)
        return tuple(shape)

    def _channels(self, shape: Any) -> int:
        """The channels of an image of `shape`, with a warning if there are unusually many."""
        self._require_three(shape)
        channels: int = shape[-1] if _channels_are_last() else shape[0]
        if channels not in (1, 3):
            warned.warn(f"{self.label} usually takes images of 1 or 3 channels; received input_shape={tuple(shape)}")
        return channels

    def _require_three(self, shape: Any) -> None:
        numbers = isinstance(shape, tuple | list) and all(side is None or isinstance(side, int) for side in shape)
        if not numbers or len(shape) != 3:
            raise self.mistake("input_shape", "three numbers: (height, width, channels)", shape, "(224, 224, 3)")

    def _check_shape(self, shape: ImageShape, least_size: int) -> None:
        self._require_three(shape)
        last = _channels_are_last()
        sides, channels = (shape[:2], shape[2]) if last else (shape[1:], shape[0])
        if self.learnt_on_imagenet and channels != 3:
            raise self.mistake("input_shape", "3 channels, with weights='imagenet'", shape)
        if any(side is not None and side < least_size for side in sides):
            remedy = f"input_shape={(least_size, least_size, channels)}, and images of this size, or larger"
            raise self.mistake("input_shape", f"images of at least {least_size}x{least_size}", shape, remedy)
        if self._needs_size and None in shape:
            remedy = "a size, such as (224, 224, 3); or include_top=False"
            raise self.mistake("input_shape", "numbers without None, with include_top=True", shape, remedy)

    def _image(self) -> Tensor:
        tensor = self.given.input_tensor
        if tensor is None:
            return layers.Input(shape=self.input_shape)
        if not isinstance(tensor, SymbolicTensor):
            remedy = "input_tensor=planish.Input(shape=(224, 224, 3))"
            raise self.mistake("input_tensor", "what Input(...) or a layer gives", type(tensor).__name__, remedy)
        return tensor


class Application(Protocol):
    """A function of `keras.applications`, with the arguments that most of them have."""

    def __call__(
        self,
        include_top: bool = True,
        weights: Weights = IMAGENET,
        input_tensor: Any = None,
        input_shape: ImageShape | None = None,
        pooling: str | None = None,
        classes: int = IMAGENET_CLASSES,
        classifier_activation: Any = "softmax",
        name: str = "",
    ) -> Model: ...


def application(
    default_name: str, files: Files, *, size: int, least_size: int = 32
) -> Callable[[Callable[[Net], Tensor]], Application]:
    """Makes Keras's function of the layers of a net, which the decorated function calls from `net.image` to the end."""

    def decorated(build: Callable[[Net], Tensor]) -> Application:
        def function(
            include_top: bool = True,
            weights: Weights = IMAGENET,
            input_tensor: Any = None,
            input_shape: ImageShape | None = None,
            pooling: str | None = None,
            classes: int = IMAGENET_CLASSES,
            classifier_activation: Any = "softmax",
            name: str = default_name,
        ) -> Model:
            given = Arguments(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
            net = Net(build.__name__, given, size=size, least_size=least_size)
            return net.model(build(net), name, lambda: files)

        return named_as(function, build)

    return decorated


_Function = TypeVar("_Function", bound=Callable[..., Any])


def named_as(function: _Function, build: Callable[..., Any]) -> _Function:
    """The function with the name, module and documentation of the one that calls the layers."""
    function.__name__ = function.__qualname__ = build.__name__
    function.__module__ = build.__module__
    function.__doc__ = f"{build.__doc__}\n{ARGUMENTS}"
    return function


ARGUMENTS = """
    `include_top`: with the classifier for `classes` classes. Without it, `pooling` is 'avg', 'max' or None, which gives
    the last layer's maps. `weights`: 'imagenet' (from Keras's cache, else downloaded), the path of a file, or None for
    random ones. `input_tensor`: what the first layer takes instead of an input of its own. `input_shape` has no batch
    axis. `classifier_activation`: None gives logits.

    ValueError, naming the argument, for arguments that do not fit. OSError, naming the file and where to place it, if
    weights cannot be downloaded.
    """


def square_size(shape: ImageShape | None, learnt: tuple[int, ...]) -> int:
    """The size of images that weights were learnt on which fits `shape`: its own if it is one of `learnt`, or 224."""
    if shape is None or len(shape) != 3:
        return 224
    rows, columns = shape[:2] if _channels_are_last() else shape[1:]
    return rows if rows is not None and rows == columns and rows in learnt else 224


def shape_of_image(tensor: Any) -> ImageShape | None:
    """The shape of a symbolic tensor, without the batch axis; None without one."""
    return tuple(tensor.shape[1:]) if isinstance(tensor, SymbolicTensor) else None


def _channels_are_last() -> bool:
    return config.image_data_format() == "channels_last"


def oriented(height: int | None, width: int | None, channels: int) -> ImageShape:
    """The shape of an image in the data format that is set for all layers."""
    return (height, width, channels) if _channels_are_last() else (channels, height, width)


def channel_axis(channels_last: int = 3) -> int:
    """The axis of the channels in a batch of images. `channels_last`: how a net counts it in that format, 3 or -1."""
    return channels_last if _channels_are_last() else 1


def channels_of(x: Tensor) -> int:
    channels: int = x.shape[channel_axis()]
    return channels


def border_for(x: Tensor, kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The border that makes 'valid' with strides of 2 count pixels as the nets' weights were learnt: even sizes get a
    row and a column less at the beginning."""
    first = 1 if _channels_are_last() else 2
    height, width = x.shape[first : first + 2]
    rows, columns = (1, 1) if height is None or width is None else (1 - height % 2, 1 - width % 2)
    half = kernel // 2
    return (half - rows, half), (half - columns, half)


def divisible_by_8(channels: float) -> int:
    """The multiple of 8 nearest to a number of channels that was scaled; at most a tenth is lost."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def sources(tensor: SymbolicTensor) -> list[SymbolicTensor]:
    """The inputs that a symbolic tensor was computed from, in the order in which its layers read them."""
    found: dict[int, SymbolicTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        before = each.call.inputs
        if not before:
            found.setdefault(id(each), each)
        waiting.extend(reversed(before))
    return list(found.values())
