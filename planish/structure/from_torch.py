"""A PyTorch module as a chain of layers. PyTorch is not imported here: whoever has a module has imported it."""

from __future__ import annotations

import importlib
from typing import Any

from planish.errors import explain
from planish.layers.layer import Layer
from planish.structure.blocks import Part, as_chain
from planish.structure.torch_calls import CONCATENATIONS, combination, layer_of_call
from planish.structure.torch_modules import is_known, layer_for


def is_module(value: Any) -> bool:
    """Whether it is a torch.nn.Module."""
    return any(
        class_.__name__ == "Module" and class_.__module__.startswith("torch.nn") for class_ in type(value).__mro__
    )


def layers_of(module: Any, name: str = "") -> list[Layer]:
    """What the module does to one image [channels, height, width], step by step.

    Sequentials are their children in order; torch.fx follows modules that have a `forward` of their own; branches that
    meet again become one layer. ValueError for what cannot be followed, and for layers without a counterpart.
    """
    kind = _kind(module)
    if _is_sequential(module):
        children = list(module.named_children())
        return [layer for child, inner in children for layer in layers_of(inner, f"{name}.{child}" if name else child)]
    if is_known(kind):
        return [layer_for(kind, name or kind.lower(), module)]
    if not list(module.children()) and type(module).__module__.startswith("torch.nn"):
        return [layer_for(kind, name or kind.lower(), module)]  # says which ones there are
    return _followed(module)


def _kind(module: Any) -> str:
    """The name of the class, or of the class of torch.nn that it is derived from."""
    return next(class_.__name__ for class_ in type(module).__mro__ if class_.__module__.startswith("torch.nn"))


def _is_sequential(module: Any) -> bool:
    return _kind(module) == "Sequential"


def _followed(module: Any) -> list[Layer]:
    """The layers of a module by what its `forward` does, as torch.fx sees it."""
    modules = dict(module.named_modules())
    sizes: set[Any] = set()  # what has shapes and no data
    inputs: list[Any] = []
    parts: list[Part] = []
    for node in _traced(module).graph.nodes:
        if node.op == "placeholder":
            inputs.append(node)
        elif node.op == "output":
            parts = _up_to(module, node, parts)
        elif _is_size(node, sizes):
            sizes.add(node)
        else:
            parts.append(_part(module, node, modules, sizes))
    if len(inputs) != 1:
        raise _no_chain(module, f"{len(inputs)} inputs: " + ", ".join(repr(node.name) for node in inputs))
    return as_chain(inputs[0].name, parts)


def _part(module: Any, node: Any, modules: dict[str, Any], sizes: set[Any]) -> Part:
    used = tuple(source.name for source in node.all_input_nodes if source not in sizes)
    if node.op == "get_attr" or not used:
        raise _no_chain(module, f"{node.name!r}, a tensor of the module's own")
    if node.op == "call_module":
        (layer,) = layers_of(modules[node.target], str(node.target))
        layer.name = node.name  # a module that is called twice is two layers
        return Part(_kind(modules[node.target]), node.name, used, layer)
    function = node.target if node.op == "call_method" else node.target.__name__
    if len(used) > 1 or function in CONCATENATIONS:
        return Part(function, node.name, used, combine=combination(function, node.name, node.args, node.kwargs))
    return Part(function, node.name, used, layer_of_call(function, node.name, _settings(node.args[1:]), node.kwargs))


def _up_to(module: Any, output: Any, parts: list[Part]) -> list[Part]:
    """The parts up to the one that the module returns."""
    returned = [source.name for source in output.all_input_nodes]
    if len(returned) != 1:
        raise _no_chain(module, f"{len(returned)} outputs: " + ", ".join(map(repr, returned)))
    places = [place for place, part in enumerate(parts) if part.name == returned[0]]
    return parts[: places[0] + 1] if places else []


def _traced(module: Any) -> Any:
    trace = importlib.import_module("torch.fx").symbolic_trace
    try:
        return trace(module)
    except Exception as error:  # anything that a user's forward may raise when it is run on symbols
        raise ValueError(
            explain(
                what=f"the forward of {type(module).__name__} cannot be followed by torch.fx",
                received=f"{type(error).__name__}: {error}",
                remedy="give the layers up to the Flatten as a Sequential",
            )
        ) from error


def _is_size(node: Any, sizes: set[Any]) -> bool:
    """`x.size(0)`, `x.shape`, and parts of them."""
    return (
        (node.op == "call_method" and node.target in ("size", "dim"))
        or (node.op == "call_function" and node.target is getattr and node.args[1] == "shape")
        or (node.op == "call_function" and any(argument is each for argument in node.args[:1] for each in sizes))
    )


def _no_chain(module: Any, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{type(module).__name__} cannot be followed",
            rule="planish follows PyTorch modules with one input, one output, and layers in between",
            received=received,
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


def _settings(arguments: Any) -> list[Any]:
    """Arguments with None for extents that are known only when the module runs, such as the batch's."""
    return [None if hasattr(argument, "all_input_nodes") else argument for argument in arguments]
