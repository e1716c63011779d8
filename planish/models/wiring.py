"""A network as a configuration, in Keras's form: its layers, and for each the calls on what other layers gave."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from planish import naming, serialization, structures
from planish.errors import explain
from planish.layers.base.layer import Layer
from planish.layers.base.operation import Operation
from planish.models.networks.equal_names import refuse_taken
from planish.models.networks.network import Network
from planish.symbolic import LayerCall, SymbolicTensor, any_symbolic

_TENSOR = "__keras_tensor__"
_SLICE = "__slice__"
_ELLIPSIS = "__ellipsis__"

Given = dict[str, list[list[SymbolicTensor]]]
"""What each call of each layer gave, by the layer's name: it also keeps calls that nothing was made of yet."""

# -- writing -----------------------------------------------------------------------------------------------------------


def configuration(network: Network) -> dict[str, Any]:
    """`layers`, `input_layers` and `output_layers` of the network."""
    calls = _calls(network)
    places = {call: place for of_layer in calls.values() for place, call in enumerate(of_layer)}
    layers = [_layer_config(layer, of_layer, places) for layer, of_layer in calls.items()]

    def end(tensor: SymbolicTensor) -> list[Any]:
        return [tensor.layer.name, places[tensor.call] + _first_place(tensor.layer), tensor.place]

    return {
        "layers": layers,
        "input_layers": structures.mapped(end, network.inputs),
        "output_layers": structures.mapped(end, network.outputs),
    }


def _calls(network: Network) -> dict[Layer, list[LayerCall]]:
    """The network's calls of each of its layers, in the order in which they were made."""
    ours = {*network.calls, *(tensor.call for tensor in network.input_tensors)}
    return {layer: [call for call in layer.calls if call in ours] for layer in network.layers}


def _first_place(layer: Layer) -> int:
    """Keras counts the calls of functional models from 1, where it names the ends of a model."""
    from planish.models.functional import Functional

    return 1 if isinstance(layer, Functional) else 0


def _layer_config(layer: Layer, calls: Sequence[LayerCall], places: Mapping[LayerCall, int]) -> dict[str, Any]:
    return {
        **(_operation_config(layer) if isinstance(layer, Operation) else serialization.serialize(layer)),
        "name": layer.name,
        "inbound_nodes": [_call_config(call, places) for call in calls if call.inputs],
    }


def _operation_config(layer: Operation) -> dict[str, Any]:
    return {
        "module": layer.operation.module,
        "class_name": layer.operation.class_name,
        "config": {name: _written(value, {}) for name, value in layer.get_config().items()},
        "registered_name": layer.operation.class_name,
    }


def _call_config(call: LayerCall, places: Mapping[LayerCall, int]) -> dict[str, Any]:
    arguments = call.record.arguments
    if isinstance(call.layer, Operation) and _takes_any_number(call.layer) and len(arguments) == 1:
        (arguments,) = arguments
    return {
        "args": [_written(argument, places) for argument in arguments],
        "kwargs": {name: _written(value, places) for name, value in call.record.keywords.items()},
    }


def _takes_any_number(layer: Operation) -> bool:
    """Whether the operation is called as `einsum` is: Keras's files have each of its operands by itself."""
    parameters = inspect.signature(layer.operation.function).parameters
    return any(parameters[name].kind is inspect.Parameter.VAR_POSITIONAL for name in layer.values)


def _written(value: Any, places: Mapping[LayerCall, int]) -> Any:
    if isinstance(value, SymbolicTensor):
        history = [value.layer.name, places[value.call], value.place]
        config = {"shape": [*value.shape], "dtype": value.dtype, "keras_history": history}
        return {"class_name": _TENSOR, "config": config}
    if isinstance(value, slice):
        return {"class_name": _SLICE, "config": {"start": value.start, "stop": value.stop, "step": value.step}}
    if value is Ellipsis:
        return {"class_name": _ELLIPSIS, "config": {}}
    if isinstance(value, Mapping):
        return {key: _written(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_written(item, places) for item in value]
    return serialization.serialize(value)


# -- reading -----------------------------------------------------------------------------------------------------------


def network_ends(config: Mapping[str, Any], label: str) -> tuple[Any, Any]:
    """Inputs and outputs of the network that a configuration describes: fresh layers, called as it says.

    ValueError if it is not the configuration of a network.
    """
    layers: dict[str, Layer] = {}
    waiting: dict[str, deque[Any]] = {}
    for item in config["layers"]:
        layer, name = _made(item), str(item.get("name", item["config"].get("name")))
        refuse_taken(label, name, layers)
        layers[name], waiting[name] = layer, deque(item.get("inbound_nodes", ()))
        naming.count_on(layer.class_name, layer.name)
    given = _call_all(layers, waiting, label)

    def tensor(history: Sequence[Any]) -> SymbolicTensor:
        name, place, output = history[:3]
        found: SymbolicTensor = given[name][place - _first_place(layers[name])][output]
        return found

    return _mapped_ends(tensor, config["input_layers"]), _mapped_ends(tensor, config["output_layers"])


def _made(item: Mapping[str, Any]) -> Layer:
    from planish import ops

    record = ops.operation_named(str(item.get("module")), str(item.get("class_name")))
    if record is None:
        layer: Layer = serialization.deserialize({key: item[key] for key in item if key != "inbound_nodes"})
        return layer
    settings = {name: _read(value, {}) for name, value in item["config"].items() if name in record.settings}
    return Operation(record, record.values, settings, name=item["config"].get("name"))


def _call_all(layers: Mapping[str, Layer], waiting: dict[str, deque[Any]], label: str) -> Given:
    """Makes the calls, each as soon as what it needs is there: a shared layer is called at several places.

    A layer whose next call lacks something is looked at again when that is there, and at no other time."""
    given = {name: [call.outputs for call in layer.calls] for name, layer in layers.items()}
    lacking: dict[tuple[str, int], list[str]] = {}
    needed: dict[str, list[tuple[str, int]]] = {}
    ready = deque(layers)
    while ready:
        name = ready.popleft()
        while waiting[name]:
            missing = needed.setdefault(name, _needed(waiting[name][0]))
            while missing and _is_there(*missing[-1], given):
                missing.pop()
            if missing:
                lacking.setdefault(missing[-1], []).append(name)
                break
            del needed[name]
            given[name].append(_call(layers[name], waiting[name].popleft(), given))
            ready.extend(lacking.pop((name, len(given[name]) - 1), ()))
    stuck = ", ".join(repr(name) for name, calls in waiting.items() if calls)
    if stuck:
        raise ValueError(
            explain(
                what=f"{label} cannot be put together",
                rule="each layer is called on what layers before it gave",
                received=f"layers that wait for each other, or for one that is missing: {stuck}",
            )
        )
    return given


def _histories(value: Any) -> list[Sequence[Any]]:
    """Where the tensors of a call come from: [name of the layer, which of its calls, which output]."""
    if isinstance(value, Mapping):
        if value.get("class_name") == _TENSOR:
            return [value["config"]["keras_history"]]
        return [found for item in value.values() for found in _histories(item)]
    return [found for item in value for found in _histories(item)] if isinstance(value, list | tuple) else []


def _needed(call: Any) -> list[tuple[str, int]]:
    """What a call is made of: names of layers, and which of their calls."""
    return [(name, place) for name, place, _ in _histories(_as_call(call))]


def _is_there(name: str, place: int, given: Given) -> bool:
    return name in given and place < len(given[name])


def _as_call(call: Any) -> Mapping[str, Any]:
    """A call in Keras 3's form; Keras 2 wrote a list of [layer, call, output, keywords]."""
    if isinstance(call, Mapping):
        return {"args": (), "kwargs": {}, **call}
    tensors = [{"class_name": _TENSOR, "config": {"keras_history": entry[:3]}} for entry in call]
    keywords: Mapping[str, Any] = next((entry[3] for entry in call if len(entry) > 3), {})
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": keywords}


def _call(layer: Layer, call: Any, given: Given) -> list[SymbolicTensor]:
    form = _as_call(call)
    arguments = tuple(_read(value, given) for value in form["args"])
    keywords: dict[str, Any] = {name: _read(value, given) for name, value in form["kwargs"].items()}
    if not any_symbolic(arguments, keywords):
        raise ValueError(
            explain(
                layer=layer.label,
                what="a call of the layer names nothing that another layer gave",
                expected=f"args or kwargs with {_TENSOR!r}",
                received=f"args {form['args']!r}"[:200],
            )
        )
    if isinstance(layer, Operation):
        return structures.leaves(layer.symbolic_call(_operands(layer, arguments, keywords), {}))
    return structures.leaves(layer.symbolic_call(arguments, keywords))


def _operands(layer: Operation, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
    """What the operation is called with, by position; names that it is not called with are left out of `values`."""
    if _takes_any_number(layer) and not (len(arguments) == 1 and isinstance(arguments[0], list)):
        arguments = ([*arguments],)
    given: dict[str, Any] = {**dict(zip(layer.values, arguments, strict=False)), **keywords}
    if layer.operation.class_name == "GetItem" and isinstance(given.get("key"), list):
        given["key"] = tuple(given["key"])
    layer.values = tuple(name for name in inspect.signature(layer.operation.function).parameters if name in given)
    return tuple(given[name] for name in layer.values)


def _read(value: Any, given: Given) -> Any:
    if isinstance(value, list | tuple):
        return [_read(item, given) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == _TENSOR:
        name, place, output = value["config"]["keras_history"][:3]
        return given[name][place][output]
    if value.get("class_name") == _SLICE:
        return slice(*(value["config"][end] for end in ("start", "stop", "step")))
    if value.get("class_name") == _ELLIPSIS:
        return Ellipsis
    if serialization.is_serialized_object(value):
        return serialization.deserialize(value)
    return {key: _read(item, given) for key, item in value.items()}


def _mapped_ends(tensor: Callable[[Sequence[Any]], SymbolicTensor], ends: Any) -> Any:
    if isinstance(ends, Mapping):
        return {key: _mapped_ends(tensor, item) for key, item in ends.items()}
    if len(ends) in (3, 4) and isinstance(ends[0], str):
        return tensor(ends)
    return [_mapped_ends(tensor, item) for item in ends]
