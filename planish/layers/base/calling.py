"""Calls a layer's own `build` and `call`: in planish's way, and in Keras's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from planish import structures
from planish.errors import explain, is_explained, kind_with_article
from planish.graph.node import Node, seen_as_in_keras
from planish.layers.base import chain
from planish.layers.base.context import CallContext
from planish.layers.base.weight_owner import WeightOwner
from planish.symbolic import BatchShape, SymbolicTensor
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer


_TENSORS = Node, SymbolicTensor
_GIVEN_BY_PLANISH = "training", "context", "mask"


class Convention(NamedTuple):
    """What a class's `call` takes besides the inputs."""

    context: bool
    training: bool
    place_of_training: int
    """Its place among the arguments, which may be given by position."""
    usual: bool | None = None
    """How the layer behaves if nobody says whether it is trained."""


def result_of(layer: Layer, inputs: tuple[Any, ...], keywords: Mapping[str, Any], context: CallContext) -> Any:
    """What the layer's `call` returns: a node, or lists, tuples and dictionaries of nodes. TypeError otherwise."""
    class_: Any = type(layer)
    convention = convention_of(class_)
    extra: dict[str, Any] = {**keywords}
    if convention.context:
        extra["context"] = context
    if convention.training and (context.told or convention.usual is None):
        extra["training"] = context.training
    try:
        with seen_as_in_keras(not convention.context):
            y = layer.call(*inputs, **extra)
    except AttributeError as error:
        if error.obj is not layer or is_explained(error):
            raise
        raise _missing_attribute(layer, error) from error
    if isinstance(y, Node):
        return y
    y = structures.mapped(_node_of_variable, y)
    returned = structures.leaves(y)
    wrong = [leaf for leaf in returned if not isinstance(leaf, Node)]
    if wrong or not returned:
        raise TypeError(
            explain(
                layer=layer.label,
                what="call did not return a node",
                rule="a layer computes with planish.ops, and with other layers",
                expected="one node, or a list, tuple or dictionary of nodes",
                received=kind_with_article(wrong[0]) if wrong else f"an empty {type(y).__name__}",
                remedy="return y as the last line of call" if y is None else None,
            )
        )
    return y


def _node_of_variable(leaf: Any) -> Any:
    """A layer may return a variable: the value that it has then."""
    return leaf.node if isinstance(leaf, Variable) else leaf


@functools.lru_cache(maxsize=1024)
def convention_of(class_: Any) -> Convention:
    """Whether `call` takes planish's context, or Keras's `training`."""
    _, *others = inspect.signature(class_.call).parameters.values() or (None,)
    names = [parameter.name for parameter in others]
    if any(each.name == "context" and each.default is each.empty for each in others):
        return Convention(True, False, names.index("context"), class_.if_untold)
    if "context" in names:  # of a layer of planish, which can be called in either way
        return Convention(False, True, names.index("context"), class_.if_untold)
    if "training" not in names:
        return Convention(False, False, len(names))
    usual = others[names.index("training")].default
    return Convention(False, True, names.index("training"), usual if isinstance(usual, bool) else None)


def without_training(
    class_: Any, given: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, with `training` among the keywords if it was given by position; None is left out."""
    place = convention_of(class_).place_of_training
    named = {name: value for name, value in keywords.items() if not (name in ("mask", "training") and value is None)}
    if len(given) > place and (given[place] is None or isinstance(given[place], bool)):
        named.setdefault("training", given[place])
        given = given[:place]
    return given, named


def takes_context(call: Any) -> bool:
    """Whether it is a function of (self, x, context), and `context` has to be given."""
    if not inspect.isfunction(call):
        return False
    _, _, *others = inspect.signature(call).parameters.values() or (None, None)
    return [(parameter.name, parameter.default) for parameter in others] == [("context", inspect.Parameter.empty)]


def either_way(call: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `call(self, x, context)`, which its subclasses may also call in Keras's way, without a context:
    `super().call(x)`, or with `training`.
    """

    @functools.wraps(call)
    def call_either_way(layer: Layer, x: Any, context: Any = None, training: bool | None = None) -> Any:
        with seen_as_in_keras(False):
            return call(layer, x, CallContext.current(training) if context is None else context)

    return call_either_way


def noted(build: Callable[..., None]) -> Callable[..., None]:
    """A subclass's `build`, after which the layer is `built`; if it fails, the layer is unchanged."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def build_and_note(layer: Layer, *given: Any, **named: Any) -> None:
        if layer.holds_model_layers:
            build(layer, *given, **named)
            layer.finish_build(next(iter((*given, *named.values())), None))
            return
        _, *arguments = signature.bind(layer, *given, **named).arguments.items()
        first = arguments[0][1] if arguments else None
        with layer.scope(first), layer.forgetting_failures():
            build(layer, *given, **named)
            layer.note_build(first, dict(arguments) if len(arguments) > 1 else None)

    return build_and_note


def is_own(class_: Any, method: str) -> bool:
    """Whether the class's method of that name was written by a user."""
    found = next((each for each in class_.__mro__ if method in vars(each)), class_)
    return str(found.__module__).partition(".")[0] != "planish"


def shape_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes of a call's arguments by the names that `build` has for them."""
    return {f"{name}_shape": shape for name, shape in given.items()}


def shapes_by_name(
    class_: Any, given: tuple[Any, ...], keywords: Mapping[str, Any], shape_of: Callable[[Any], BatchShape]
) -> dict[str, Any]:
    """The shapes of what a layer is called with, by the names of its `call`'s arguments, masks and settings left out.

    TypeError if `call` does not take these arguments, or needs more.
    """
    if len(given) == 1 and not keywords and (only := _only_argument(class_)) is not None:
        return {only: structures.mapped(shape_of, given[0])} if _has_tensor(given[0]) else {}
    signature = _of_call(class_)
    try:
        bound = signature.bind_partial(*given, **keywords).arguments
    except TypeError as error:
        raise TypeError(_other_arguments(class_, signature, given, keywords)) from error
    _require_all(class_, signature, bound)
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            bound |= bound.pop(parameter.name, {})
    return {
        name: structures.mapped(shape_of, value)
        for name, value in bound.items()
        if name != "mask" and not name.endswith("_mask") and _has_tensor(value)
    }


def _has_tensor(value: Any) -> bool:
    return isinstance(value, _TENSORS) or any(map(_is_tensor, structures.leaves(value)))


@functools.lru_cache(maxsize=1024)
def _only_argument(class_: Any) -> str | None:
    """The name of the argument that is enough for a call; None if there is none, or it may be a mask."""
    first, *others = _of_call(class_).parameters.values() or (None,)
    if first is None or first.kind is not first.POSITIONAL_OR_KEYWORD or first.name.endswith("mask"):
        return None
    needed = [each for each in others if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    return first.name if all(each.name in _GIVEN_BY_PLANISH for each in needed) else None


@functools.lru_cache(maxsize=1024)
def _of_call(class_: Any) -> inspect.Signature:
    signature = inspect.signature(class_.call)
    _, *others = signature.parameters.values() or (None,)
    return signature.replace(parameters=[each for each in others if each is not None])


def arranged(class_: Any, named: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of `call` by position and by keyword, given all of them by name."""
    bound = _of_call(class_).bind_partial()
    bound.arguments.update({name: value for name, value in named.items() if name in bound.signature.parameters})
    return bound.args, {**bound.kwargs, **{name: named[name] for name in named if name not in bound.arguments}}


def _require_all(class_: Any, signature: inspect.Signature, bound: Mapping[str, Any]) -> None:
    """TypeError if an argument that `call` needs is not given; planish itself gives `training` and `context`."""
    without_default = [each for each in signature.parameters.values() if each.default is each.empty]
    needed = [each.name for each in without_default if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    missing = [name for name in needed if name not in (*bound, *_GIVEN_BY_PLANISH)]
    if missing:
        is_model = class_.holds_model_layers
        raise TypeError(
            explain(
                what=f"{class_.__name__} was called without {', '.join(f'`{name}`' for name in missing)}",
                rule="fit, evaluate, predict and build give one argument to a model's `call`: x" if is_model else None,
                expected=f"call{signature}",
                received=f"call({', '.join(f'{name}=...' for name in bound)})",
                remedy=separate_remedy(class_) if is_model else None,
            )
        )


def separate_remedy(class_: Any) -> str:
    """What to write for a class of models whose `call` takes several inputs as separate arguments."""
    names = [name for name in _of_call(class_).parameters if name not in ("training", "context", "mask")]
    listed = ", ".join(names)
    return (
        f"model({listed})\nfor fit and predict: def call(self, inputs): {listed} = inputs\n"
        f"or, with symbolic inputs, Model([{listed}], model({listed}))"
    )


def _missing_attribute(layer: Layer, error: AttributeError) -> AttributeError:
    """An attribute that `call` asks the layer for in vain is most often a weight or a layer that was never made."""
    text = explain(
        layer=layer.label,
        what=f"call uses `self.{error.name}`, which does not exist",
        rule="what call uses is made in __init__, or in build, which knows the shape of the input",
        remedy=f"self.{error.name} = self.add_weight(shape=..., initializer=...) in build(self, input_shape)",
    )
    return AttributeError(text, name=error.name, obj=layer)


def _other_arguments(
    class_: Any, signature: inspect.Signature, given: tuple[Any, ...], keywords: Mapping[str, Any]
) -> str:
    named = [f"{name}=..." for name in keywords]
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    several = len(given) > 1 and all(map(_is_tensor, given))
    if "mask" in keywords and "mask" not in signature.parameters:
        return explain(
            what=f"{class_.__name__} was called with a mask",
            rule="Keras's masks are for the steps of sequences; planish's layers compute every number",
            expected="a call without `mask`",
            remedy="x = ops.where(mask, x, 0.0) before the layer",
        )
    return explain(
        what=f"{class_.__name__} was called with arguments that its `call` does not take",
        expected=f"call{inspect.Signature(bare)}",
        received=f"call({', '.join([*('...' for _ in given), *named])})",
        remedy=f"a list, if it takes several tensors: {class_.__name__}(...)([a, b])" if several else None,
    )


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, _TENSORS)


def for_build(layer: Layer, shapes: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the layer's `build`: as in Keras, the shape of the first input, or those that its arguments
    name. ValueError if they name inputs that `call` does not have.
    """
    class_: Any = type(layer)
    _, *parameters = inspect.signature(class_.build).parameters.values() or (None,)
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return shape_names(shapes)
    if len(parameters) <= 1:
        return {each.name: next(iter(shapes.values())) for each in parameters}
    suffixed = shape_names(shapes)
    missing = [each.name for each in parameters if each.default is each.empty and each.name not in suffixed]
    if missing:
        raise ValueError(
            explain(
                layer=layer.label,
                what="`build` takes shapes of inputs that `call` does not have",
                rule="each argument of `build` is called as one of `call`, with _shape behind it",
                expected="some of " + ", ".join(suffixed),
                received=", ".join(missing),
                remedy=f"def build(self, {', '.join(suffixed)}):",
            )
        )
    return {each.name: suffixed[each.name] for each in parameters if each.name in suffixed}


def require_owned(layer: Layer) -> None:
    """ValueError if a layer with weights is called in the `call` of one that it does not belong to: nobody would train
    or save them.
    """
    owner = chain.owner()
    if not isinstance(owner, WeightOwner) or owner is layer or getattr(owner, "network", None) is not None:
        return
    if layer.weights and layer not in owner.flattened():
        raise ValueError(
            explain(
                layer=owner.label,
                what=f"`call` uses {layer.label}, which does not belong to the layer",
                rule="the weights of layers that are attributes are trained and saved; those of others are forgotten",
                remedy=f"self.inner = {type(layer).__name__}(...) in __init__, and self.inner(x) in call",
            )
        )
